"""Opening a file that may be damaged. Nothing is ever deleted: what cannot be read is kept aside.

Tried in this order: the file without its write-ahead log (everything up to the last checkpoint),
the daily backup, the copies made before migrations, and at last an empty database.

A note beside the file says that this is going on. A start that finds it goes on where the last one was
killed: what lies in the file's place by then is a copy that may be taken away.

Promised: after a start either all that was committed is there, or a notice says what is not. Two things a
start cannot see: damage deep in the large tables, which the daily backup and `oculus doctor --deep` find, and
a log that was cut between two commits, which looks like one that never was longer.
"""

from __future__ import annotations

import contextlib
import logging
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from oculus.core.clock import Clock, to_datetime
from oculus.core.errors import StorageError
from oculus.core.event import Event, EventType, Severity
from oculus.storage.file.connection import Damaged

log = logging.getLogger(__name__)
T = TypeVar("T")


def daily_backup(path: Path) -> Path:
    return path.with_name(f"{path.name}.daily.bak")


def migration_backup(path: Path, version: int) -> Path:
    return path.with_name(f"{path.name}.v{version}.bak")


def open_or_recover(path: Path, attempt: Callable[[], T], clock: Clock) -> tuple[T, list[Event]]:
    """`attempt` opens `path`. Returns what it opened, and what a person must be told about it.

    Raises whatever `attempt` raises, except Damaged, which is dealt with here.
    """
    if note_of(path).exists():
        kept, reason = read_note(path)
        return recover(path, kept, f"{reason}; the start that found it did not end", attempt, clock)
    notices = [] if path.exists() else missing(path, clock)
    try:
        return attempt(), notices
    except Damaged as error:
        reason = error.what
    log.error("%s is damaged: %s", path.name, reason)
    kept = free_name(path, clock)
    write_note(path, kept, reason)
    opened, told = recover(path, kept, reason, attempt, clock)
    return opened, [*notices, *told]


def missing(path: Path, clock: Clock) -> list[Event]:
    """There is no file. What is left of one that was there is kept where nothing will overwrite it."""
    told = []
    if logs_of(path):
        kept = free_name(path, clock)
        put_aside(path, kept)
        told.append(notice(f"{path.name} was missing", kept, "", clock))
    if (backup := daily_backup(path)).exists():
        kept = path.with_name(f"{free_name(path, clock, 'kept').name}.bak")
        backup.rename(kept)
        told.append(begun_anew(path, kept, clock))
    return told


def begun_anew(path: Path, kept: Path, clock: Clock) -> Event:
    made = to_datetime(round(kept.stat().st_mtime * 1000))
    message = (
        f"{path.name} was missing; Oculus has begun an empty one. {kept.name} is a copy of "
        f"{made:%Y-%m-%d %H:%M} UTC: to go back to it, stop Oculus and name it {path.name}."
    )
    log.error("%s", message)
    return event(message, clock, kept=kept.name)


def recover(
    path: Path, kept: Path, reason: str, attempt: Callable[[], T], clock: Clock
) -> tuple[T, list[Event]]:
    """Move the damaged file to `kept`, if that is not done yet, and open the best that is left."""
    put_aside(path, kept)
    opened, words = restore(path, kept, attempt)
    note_of(path).unlink(missing_ok=True)
    return opened, [notice(reason, kept, words, clock)]


def restore(path: Path, kept: Path, attempt: Callable[[], T]) -> tuple[T, str]:
    """Open the best that is left. Returns it with the words for what it is; none means empty."""
    for source, words in candidates(path, kept):
        copy(source, path)
        try:
            return attempt(), words
        except StorageError as error:
            log.warning("%s cannot be used instead: %s", source.name, error)
            forget(path)
    return attempt(), ""


def candidates(path: Path, kept: Path) -> Iterator[tuple[Path, str]]:
    if kept.exists() and logs_of(kept):
        yield kept, "everything up to its last checkpoint"
    backups = [daily_backup(path), *path.parent.glob(f"{path.name}.v*.bak")]
    for backup in sorted(filter(Path.exists, backups), key=lambda file: file.stat().st_mtime, reverse=True):
        made = to_datetime(round(backup.stat().st_mtime * 1000))
        yield backup, f"the backup of {made:%Y-%m-%d %H:%M} UTC"


def free_name(path: Path, clock: Clock, what: str = "damaged") -> Path:
    stamp = f"{to_datetime(clock.now_ms()):%Y%m%dT%H%M%SZ}"
    kept = path.with_name(f"{path.name}.{what}-{stamp}")
    count = 1
    while kept.exists() or logs_of(kept):
        count += 1
        kept = path.with_name(f"{path.name}.{what}-{stamp}-{count}")
    return kept


def put_aside(path: Path, kept: Path) -> None:
    """Give the file and its logs another name, under which DuckDB would find them together. The file goes
    last: once it is there, whatever has the old name is not ours to keep.
    """
    if kept.exists():
        forget(path)
        return
    for file in (*logs_of(path), path):
        if file.exists():
            file.rename(kept.with_name(kept.name + file.name.removeprefix(path.name)))


def note_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.recovering")


def write_note(path: Path, kept: Path, reason: str) -> None:
    with contextlib.suppress(OSError):  # it only helps the next start, should this one be killed
        fresh = path.with_name(f"{note_of(path).name}.part")
        fresh.write_text(f"{kept.name}\n{reason}", "utf-8")
        fresh.replace(note_of(path))


def read_note(path: Path) -> tuple[Path, str]:
    kept, _, reason = note_of(path).read_text("utf-8", "replace").partition("\n")
    return path.with_name(kept), reason


def logs_of(path: Path) -> list[Path]:
    return sorted(path.parent.glob(f"{path.name}.wal*"))


def copy(source: Path, path: Path) -> None:
    part = path.with_name(f"{path.name}.part")
    shutil.copyfile(source, part)
    part.replace(path)


def forget(path: Path) -> None:
    """Take away a copy that was of no use; its original stays where it was."""
    for file in (path, *logs_of(path)):
        file.unlink(missing_ok=True)


def notice(reason: str, kept: Path, words: str, clock: Clock) -> Event:
    message = (
        f"The database could not be read ({reason}). It is kept as {kept.name}; "
        f"Oculus went on with {words or 'an empty database'}."
    )
    log.error("%s", message)
    return event(message, clock, reason=reason, kept=kept.name, went_on_with=words or "empty")


def event(message: str, clock: Clock, **payload: str) -> Event:
    return Event(
        ts_ms=clock.now_ms(),
        source="oculus",
        type=EventType.ERROR,
        severity=Severity.CRITICAL,
        message=message,
        payload=payload,
    )
