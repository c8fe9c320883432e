"""A log file that begins anew each day: oculus.log, yesterday's as oculus.log.2026-11-24."""

from __future__ import annotations

import errno
import logging
import os
import re
import stat
from collections.abc import Callable
from datetime import date, datetime, timedelta
from io import FileIO
from pathlib import Path

from oculus.core.paths import private_folder


def local_today() -> date:
    """The person's own date: that is where they expect a day to end."""
    return datetime.now().astimezone().date()


class DailyFile(logging.Handler):
    """Appends lines, readable by their owner only. Its `emit` raises OSError: whoever calls it must care.

    Days are told apart by `today`, so a test can let them pass.
    """

    def __init__(self, path: Path, keep_days: int, today: Callable[[], date] = local_today) -> None:
        super().__init__()
        self.path = path
        self.keep_days = keep_days
        self._today = today
        self._day = today()
        self._file: FileIO | None = None
        self._torn = False  # a full disk cut a line; the next one must not be glued to it

    def emit(self, record: logging.LogRecord) -> None:
        line = self.format(record).encode("utf-8", "backslashreplace") + b"\n"
        file = self._open_today()
        data = b"\n" + line if self._torn else line
        written = file.write(data) or 0
        self._torn = written < len(data)
        if self._torn:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def close(self) -> None:
        if self._file:
            self._file.close()
            self._file = None
        super().close()

    def _open_today(self) -> FileIO:
        if self._file is None:
            private_folder(self.path.parent)
            self._day = day_of(self.path) or self._today()
        if self._day != self._today():
            self._turn_over()
        if self._file is None:
            self._file = open_private(self.path)
        return self._file

    def _turn_over(self) -> None:
        if self._file:
            self._file.close()  # Windows renames no open file
            self._file = None
        if day_of(self.path):
            self.path.rename(free_name(self.path, self._day))
        self._day = self._today()
        for old in outdated(self.path, self._day - timedelta(days=self.keep_days)):
            old.unlink(missing_ok=True)


def open_private(path: Path) -> FileIO:
    """Open for appending without a buffer, so that a full disk shows at the line it hits."""
    file = FileIO(path, "ab", opener=lambda name, flags: os.open(name, flags, 0o600))
    if os.name == "posix" and stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        os.fchmod(file.fileno(), 0o600)  # one that was there before may have been open to all
    return file


def day_of(path: Path) -> date | None:
    """The day of the last line in a log file; None when there is no such file."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return None
    return datetime.fromtimestamp(found.st_mtime).astimezone().date() if stat.S_ISREG(found.st_mode) else None


def free_name(path: Path, day: date) -> Path:
    """oculus.log.2026-11-24, or with .1, .2 ... behind it where a clock set back has used that up."""
    name = path.with_name(f"{path.name}.{day.isoformat()}")
    number = 0
    while name.exists():
        number += 1
        name = path.with_name(f"{path.name}.{day.isoformat()}.{number}")
    return name


def outdated(path: Path, oldest: date) -> list[Path]:
    """The files of days before `oldest`."""
    pattern = re.compile(re.escape(path.name) + r"\.(\d{4}-\d{2}-\d{2})(\.\d+)?")
    found = ((other, pattern.fullmatch(other.name)) for other in path.parent.iterdir())
    return [other for other, match in found if match and match[1] < oldest.isoformat()]
