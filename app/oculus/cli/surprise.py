"""A failure that nobody foresaw, in words. The traceback is for the log, if somebody asked for that much."""

from __future__ import annotations

import argparse
import contextlib
import logging
import os

from oculus.cli.place import place
from oculus.cli.settings import read_settings
from oculus.core.errors import OculusError, in_words
from oculus.core.logs import setup_logging

log = logging.getLogger(__name__)


def told(error: Exception, args: argparse.Namespace) -> OculusError:
    """What a person is told. At the level debug the log of the data folder gets the traceback."""
    with contextlib.suppress(OculusError):  # a folder or a level that cannot be: then there is no log either
        logs = setup_logging(place(args).data / "logs", level(args))
        log.debug("%s failed", args.module, exc_info=error)
        logs.stop()
    return OculusError(said(error), "With `--log-level debug` the log in the data folder tells more.")


def level(args: argparse.Namespace) -> str:
    """As the person set it, in the settings file too; but that may be the very thing that failed."""
    if asked := args.log_level or os.environ.get("OCULUS_LOG"):
        return str(asked)
    with contextlib.suppress(Exception):
        return read_settings(args, place(args)).logging.level
    return "info"


def said(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return in_words(error)
    return f"This should not have happened: {type(error).__name__}: {error}".rstrip(": .")
