"""One copy of Oculus at a time: a lock beside the file, and a note that says who holds it.

The lock is the operating system's, so it ends with its process, however that ends. The note
(`<name>.owner`) is only for reading: on Windows a locked file cannot be read by others.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import filelock
import msgspec

from oculus.core.errors import LockedError, StorageError

PATIENCE_S = 0.3  # `holder` takes a lock for a moment, too


class Owner(msgspec.Struct):
    pid: int = 0
    address: str = ""  # where its pages are; empty until they are served


class Lock:
    """Held from the moment it is made until `release`. Raises LockedError or StorageError."""

    def __init__(self, path: Path) -> None:
        self._note = path.with_name(f"{path.name}.owner")
        self._lock = filelock.FileLock(f"{path}.lock", timeout=PATIENCE_S, mode=0o600, thread_local=False)
        try:
            self._lock.acquire()
        except filelock.Timeout as error:
            raise held_by(read(self._note), path) from error
        except OSError as error:
            raise StorageError(
                f"the folder {path.parent} cannot be written: {error.strerror or error}",
                "Check who owns it and that the disk is not full, or choose another with --data.",
            ) from error
        self.announce("")

    def announce(self, address: str) -> None:
        """Note where this copy serves its pages, for whoever finds the lock held."""
        fresh = self._note.with_name(f"{self._note.name}.new")
        # The note only makes a message clearer: a full disk must not keep Oculus from starting.
        with contextlib.suppress(OSError):
            fresh.touch(mode=0o600)
            fresh.write_bytes(msgspec.json.encode(Owner(os.getpid(), address)))
            fresh.replace(self._note)

    def release(self) -> None:
        with contextlib.suppress(OSError):
            self._note.unlink(missing_ok=True)
        self._lock.release()


def holder(data: Path) -> Owner | None:
    """Who holds the database in the folder `data` now; None when nobody does."""
    for note in data.glob("*.owner"):
        lock = f"{str(note).removesuffix('.owner')}.lock"
        probe = filelock.FileLock(lock, timeout=0, mode=0o600, thread_local=False)
        try:
            probe.acquire()
        except filelock.Timeout:
            return read(note)
        probe.release()
    return None


def read(note: Path) -> Owner:
    try:
        return msgspec.json.decode(note.read_bytes(), type=Owner)
    except (OSError, msgspec.MsgspecError):
        return Owner()


def held_by(owner: Owner, path: Path) -> LockedError:
    where = f"process {owner.pid}" if owner.pid else "its process is unknown"
    where += f", {owner.address}" if owner.address else ""
    return LockedError(
        f"{path.name} is in use by another copy of Oculus ({where})",
        "Close that one, or give this one its own folder with --data.",
        pid=owner.pid,
        address=owner.address,
    )
