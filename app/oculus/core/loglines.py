"""How a log record becomes a line: JSON for the file, a few words for people. Secrets come out masked."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from oculus.core.clock import to_datetime, to_iso
from oculus.core.masking import mask

TRACE = 5
LEVELS = {"trace": TRACE, "debug": 10, "info": 20, "warn": 30, "error": 40, "critical": 50}
WORDS = {number: word for word, number in LEVELS.items()}
STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "ts", "level", "logger"}


class JsonLines(logging.Formatter):
    """One JSON object a line: ts, level, logger, message, whatever `extra` held, error, traceback."""

    def format(self, record: logging.LogRecord) -> str:
        head = {
            "ts": to_iso(round(record.created * 1000)),
            "level": level_word(record.levelno),
            "logger": record.name,
        }
        line: dict[str, Any] = {"message": record.getMessage()}
        line |= {key: value for key, value in vars(record).items() if key not in OWN}
        if record.exc_info and record.exc_info[1]:
            line["error"] = f"{type(record.exc_info[1]).__name__}: {record.exc_info[1]}"
        if wants_traceback(record) and record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        # The head stays as it is: a secret such as "rules" must not hide where a line comes from.
        return msgspec.json.encode(head | masked(line), enc_hook=str).decode()


class PlainLines(logging.Formatter):
    """18:30:01 warn  rules: what happened. Without control characters, so that nobody steers a terminal.

    `whole` is for a file: the date too, and the traceback at debug, which people on a terminal never get.
    """

    def __init__(self, *, whole: bool = False) -> None:
        super().__init__()
        self._whole = whole

    def format(self, record: logging.LogRecord) -> str:
        pattern = "%Y-%m-%d %H:%M:%S" if self._whole else "%H:%M:%S"
        moment = to_datetime(round(record.created * 1000)).astimezone().strftime(pattern)
        part = record.name.removeprefix("oculus.").partition(".")[0]
        text = record.getMessage()
        if self._whole and wants_traceback(record) and record.exc_info:
            text += "\n" + self.formatException(record.exc_info)
        lines = "\n    ".join(printable(line) for line in mask(text).split("\n"))
        return f"{moment} {level_word(record.levelno):5} {part}: {lines}"


def wants_traceback(record: logging.LogRecord) -> bool:
    """Whether there is one and its logger is at debug, where a developer is looking."""
    failed = bool(record.exc_info and record.exc_info[1])
    return failed and logging.getLogger(record.name).isEnabledFor(logging.DEBUG)


def level_word(number: int) -> str:
    """The nearest of our words at or below a level: 35 is "warn"."""
    return max((pair for pair in WORDS.items() if pair[0] <= number), default=(0, "trace"))[1]


def printable(text: str) -> str:
    """Without what would steer a terminal, or turn the rest of the line around."""
    return STEERING.sub("?", text)


def masked(value: Any) -> Any:
    """The same value with secrets hidden in every text of it."""
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, Mapping):
        return {str(key): masked(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set):
        return [masked(item) for item in value]
    return value
