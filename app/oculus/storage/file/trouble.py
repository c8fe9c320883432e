"""What a failed commit means: is it the machine, or is it what was to be written?"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable

import duckdb

from oculus.core.durations import doubled
from oculus.core.errors import StorageError

log = logging.getLogger(__name__)

GENERAL = (
    duckdb.FatalException,
    duckdb.InternalException,
    duckdb.IOException,
    duckdb.OutOfMemoryException,
    duckdb.ConnectionException,
    duckdb.InterruptException,
    MemoryError,
    StorageError,  # of reopening
)
SHORT = re.compile(  # of disk or memory
    r"(Could not|Cannot) (write|sync|open|truncate|create)|No space left|fsync|File too large"
    r"|Permission denied|Read-only file system|Input/output error|Disk quota|Too many open files"
    r"|Out of Memory",
    re.IGNORECASE,
)
REMEDIES = {
    r"No space left|Disk quota|File too large": "free some disk space",
    r"Permission denied|not permitted|Read-only file system": "make the data folder writable for its owner",
    r"Too many open files": "this account may open too few files at a time (`ulimit -n`)",
    r"Input/output error": "the disk may be failing: copy the data folder to another one",
    r"Out of Memory": "give storage.memory_limit more",
}
USELESS = (duckdb.FatalException, duckdb.InternalException, duckdb.ConnectionException)
SHORTEST_S, LONGEST_S = 0.1, 5.0


def is_general(error: BaseException) -> bool:
    """Whether anything else would have failed as well. If not, what was written is to blame."""
    if isinstance(error, GENERAL):
        return True
    return isinstance(error, duckdb.TransactionException) and bool(SHORT.search(str(error)))


def remedy(said: str) -> str:
    """What a person can do about it, from what DuckDB said."""
    found = (advice for pattern, advice in REMEDIES.items() if re.search(pattern, said, re.IGNORECASE))
    return next(found, "it is tried again until it can be")


def must_reopen(error: BaseException) -> bool:
    """Whether DuckDB will do nothing more until the file is opened afresh."""
    return isinstance(error, USELESS) or "has been invalidated" in str(error)


class Backoff:
    """Waits that double. Once Oculus stops, short ones, until `last_tries_s` are over."""

    def __init__(self, stopping: threading.Event, last_tries_s: float) -> None:
        self._stopping = stopping
        self._last_tries_s = last_tries_s
        self._give_up_at: float | None = None
        self.tries = 0

    def wait(self) -> bool:
        """False when there is no time for another try."""
        self.tries += 1
        if not self._stopping.wait(doubled(SHORTEST_S, LONGEST_S, self.tries)):
            return True
        now = time.monotonic()
        self._give_up_at = self._give_up_at or now + self._last_tries_s
        if now >= self._give_up_at:
            return False
        time.sleep(SHORTEST_S)  # the stop has been asked for: nothing is left to wait on
        return True

    def reset(self) -> None:
        self.tries = 0


def attempt(what: str, call: Callable[..., object], *given: object) -> None:
    """Call somebody who is told of a commit. Who fails at it harms nobody else."""
    try:
        call(*given)
    except Exception:
        log.exception("writer: %s failed", what)
