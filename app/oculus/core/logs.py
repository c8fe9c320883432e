"""The log: JSON lines in a file of its own for each day, and short lines on stderr for people.

Whoever logs only puts a record into a bounded queue; a thread behind it writes. So a full disk, a hung
network drive or a terminal stopped with Ctrl-S never holds up a probe or an alert. Registered secrets
come out masked. A traceback goes into the file only, and only where the logger is at debug.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, TextIO

from oculus.core.errors import ConfigError
from oculus.core.logfile import DailyFile
from oculus.core.loglines import LEVELS, TRACE, JsonLines, PlainLines
from oculus.core.logqueue import Background
from oculus.core.masking import hide, mask
from oculus.core.nearest import did_you_mean

__all__ = ["TRACE", "Logs", "hide", "mask", "parse_levels", "set_levels", "setup_logging"]

PARTS = (
    "alerts", "cli", "collectors", "core", "desktop", "notify", "rules", "runtime", "settings", "storage",
    "web",
)  # fmt: skip

logging.addLevelName(TRACE, "TRACE")


def setup_logging(
    folder: Path | None,
    level_spec: str = "info",
    keep_days: int = 14,
    form: Literal["json", "text"] = "json",
    stream: TextIO | None = None,
    *,
    calm: bool = False,
) -> Logs:
    """Send the log to <folder>/oculus.log and, shortly, to `stream` (stderr); either may be None.

    With `calm` the stream gets only alerts and warnings. A second call takes the place of the first.
    Raises ConfigError when `level_spec` cannot be read. A folder that cannot be written is said on `stream`
    and does not keep Oculus from running.
    """
    levels = parse_levels(level_spec)
    handlers: list[logging.Handler] = []
    if folder is not None:
        file = DailyFile(folder / "oculus.log", keep_days)
        file.setFormatter(JsonLines() if form == "json" else PlainLines(whole=True))
        handlers.append(file)
    if stream is not None:
        terminal = logging.StreamHandler(stream)
        terminal.setFormatter(PlainLines())
        handlers.append(terminal)
    behind = [Background(handler) for handler in handlers]
    if stream is not None and calm:
        behind[-1].addFilter(worth_saying)
    logs = Logs(behind)
    logs.open()
    set_levels(levels)
    return logs


def worth_saying(record: logging.LogRecord) -> bool:
    """What a person at a terminal wants to see unasked: alerts, that a change counts, and what went wrong."""
    return record.levelno >= logging.WARNING or record.name.startswith(("oculus.alerts", "oculus.settings"))


def parse_levels(spec: str, where: str = "OCULUS_LOG") -> dict[str, int]:
    """Read "info" or "info,rules=debug" into {part: level}; the part "" is everything.

    Raises ConfigError with every mistake, each with the nearest name that would have worked.
    """
    levels, problems = {"": logging.INFO}, []
    for entry in filter(None, (piece.strip() for piece in spec.split(","))):
        part, equals, word = (piece.strip().lower() for piece in entry.rpartition("="))
        if equals and part.partition(".")[0] not in PARTS:
            problems.append(f"{where}: {_unknown(part, 'part of Oculus', PARTS)}")
        if word not in LEVELS:
            problems.append(f"{where}: {_unknown(word, 'level', tuple(LEVELS))}")
        levels[part] = LEVELS.get(word, logging.INFO)
    if problems:
        raise ConfigError(problems)
    return levels


def set_levels(levels: Mapping[str, int]) -> None:
    """Let each part speak from its level on; parts not named follow the whole."""
    # The log channel writes here. Only `alerts=...` may silence what a rule was asked to tell.
    wanted = {"alerts": min(logging.INFO, levels[""]), **levels}
    known = [name for name in logging.root.manager.loggerDict if name.startswith("oculus.")]
    for name in {*known, *(f"oculus.{part}" for part in wanted if part)}:
        logging.getLogger(name).setLevel(wanted.get(name.removeprefix("oculus."), logging.NOTSET))
    logging.getLogger("oculus").setLevel(levels[""])
    logging.root.setLevel(logging.WARNING)
    # Its warnings quote whole addresses, and an address may hold a token.
    logging.getLogger("urllib3").setLevel(logging.ERROR)


class Logs:
    """The log of this process, open until `stop`."""

    current: Logs | None = None

    def __init__(self, handlers: list[Background]) -> None:
        self.handlers = handlers

    def open(self) -> None:
        if Logs.current:
            Logs.current.stop()
        Logs.current = self
        for handler in self.handlers:
            logging.root.addHandler(handler)
        logging.captureWarnings(True)
        logging.raiseExceptions = False  # or a broken terminal gets tracebacks about itself

    def stop(self) -> None:
        """Write what is still in the queues, at most 5 s each, and close the file."""
        for handler in self.handlers:
            logging.root.removeHandler(handler)
            handler.close()
        logging.captureWarnings(False)
        if Logs.current is self:
            Logs.current = None

    @property
    def dropped(self) -> int:
        """Records that found a full queue."""
        return sum(handler.dropped for handler in self.handlers)


def _unknown(name: str, what: str, known: tuple[str, ...]) -> str:
    better = did_you_mean(name, known) or f"write one of {', '.join(known)}."
    return f"{name!r} is no {what}; {better} For example: info,rules=debug"
