"""The pages of large libraries: those that only the start needed go back to the system.

Opening the database and bringing it up to date runs through 40 MB of DuckDB. What an idle Oculus does again
and again needs half of that, but Linux counts all of it as ours until somebody else wants the memory. They
are clean pages of a file: to let go of them takes a millisecond, and the next statement, which finds those
it runs in the page cache, another one.
"""

from __future__ import annotations

import ctypes
import logging
import os
from collections.abc import Iterable
from pathlib import Path

from oculus.core.worker import Worker

log = logging.getLogger(__name__)

SMAPS = Path("/proc/self/smaps")  # Linux has it, and nobody else
SETTLED_S = 20.0  # after the start; by then every collector has asked once or soon will
DONTNEED = 4  # of madvise
# How their names begin. Only those that are never unloaded: where one has been, something else may lie later.
LASTING = ("_duckdb.", "libcrypto.", "libpython", "libstdc++.")
KINDS = ("r-xp", "r--p")  # code and constants, of this process alone

Span = tuple[int, int]  # the first address, and how many bytes


class PageReleaser(Worker):
    """Lets go of what is not in use once all has settled, and again every ten minutes: people look meanwhile.

    What cannot be done is left as it is.
    """

    pause_s = 600.0

    def __init__(self, settled_s: float = SETTLED_S) -> None:
        super().__init__("page-releaser")
        self._settled_s = settled_s
        self._spans: list[Span] | None = None

    def start(self) -> None:
        if SMAPS.exists():
            super().start()

    def step(self) -> None:
        if self._spans is None and self.stopping.wait(self._settled_s):
            return
        try:
            release(self.spans())
        except OSError as error:
            log.debug("page-releaser: the libraries stay in memory as they are: %s", error)

    def spans(self) -> list[Span]:
        """Where they lie; that never changes. Raises OSError."""
        if self._spans is None:
            self._spans = untouched(read_smaps())
        return self._spans


def read_smaps() -> list[str]:
    """What lies in this process' memory, as Linux tells it. Raises OSError."""
    return SMAPS.read_text("utf-8", "replace").splitlines()


def untouched(smaps: Iterable[str], names: tuple[str, ...] = LASTING) -> list[Span]:
    """The mappings of libraries, by how their names begin, that hold nothing but what is in their files.

    One that was written to, as the loader does with its tables of addresses, could not be read anew.
    """
    found: list[Span] = []
    head: list[str] = []
    for line in smaps:
        words = line.split(maxsplit=5)
        if not words[0].endswith(":"):
            head = words
        elif words[:2] == ["Anonymous:", "0"] and is_of(head, names):
            begin, end = (int(edge, 16) for edge in head[0].split("-"))
            found.append((begin, end - begin))
    return found


def is_of(head: list[str], names: tuple[str, ...]) -> bool:
    """Whether a mapping, by the first line about it, is one of the code or constants of such a library."""
    _, slash, name = head[-1].rpartition("/")
    return bool(slash) and head[1] in KINDS and name.startswith(names)


def release(spans: Iterable[Span]) -> None:
    """Have them read from their file again when they are next used. Raises OSError."""
    system = ctypes.CDLL(None, use_errno=True)
    for begin, size in spans:
        if system.madvise(ctypes.c_void_p(begin), ctypes.c_size_t(size), DONTNEED):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
