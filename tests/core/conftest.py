"""What the tests of the ground floor share."""

import json
import logging

import pytest

from oculus.core import masking
from oculus.core.logs import setup_logging


@pytest.fixture
def log_of(tmp_path):
    """Start the log with the given settings; afterwards everything is as it was."""
    raising, levels = logging.raiseExceptions, {"": logging.root.level}
    started = []

    def start(*args, **kwargs):
        started.append(setup_logging(tmp_path, *args, **kwargs))
        return started[-1]

    yield start
    for logs in started:
        logs.stop()
    logging.raiseExceptions = raising
    logging.root.setLevel(levels[""])
    for name in list(logging.root.manager.loggerDict):
        if name.startswith("oculus"):
            logging.getLogger(name).setLevel(logging.NOTSET)


@pytest.fixture
def lines(tmp_path):
    """What the log file holds, line by line, once everything is written."""

    def read():
        for handler in logging.root.handlers:
            handler.flush()
        return [json.loads(line) for line in (tmp_path / "oculus.log").read_text("utf-8").splitlines()]

    return read


@pytest.fixture(autouse=True)
def nothing_hidden(monkeypatch):
    """Secrets of one test do not mask another's lines."""
    monkeypatch.setattr(masking, "_hidden", {})
    monkeypatch.setattr(masking, "_pattern", None)
