"""Pins and saved queries, kept in the database so that the window and every browser show the same."""

from __future__ import annotations

import threading

import msgspec
from msgspec import Struct

from oculus.core.errors import OculusError
from oculus.pins import keep, pinned
from oculus.runtime import Oculus

QUERIES = "web.queries"
MOST_PINS = 100
MOST_QUERIES = 200
LONGEST_NAME = 100
LONGEST_SQL = 65_536


class SavedQuery(Struct, frozen=True):
    name: str
    sql: str


class ShelfError(OculusError):
    """It cannot be kept."""


class Shelf:
    """Holds both. Any thread may ask. Each list is in the order in which it was made."""

    def __init__(self, oculus: Oculus) -> None:
        self._memory = oculus.memory
        self._lock = threading.Lock()

    def pins(self) -> tuple[str, ...]:
        return pinned(self._memory)

    def pin(self, symbol: str) -> None:
        """Raises ShelfError when there are too many. What is pinned already stays where it is."""
        with self._lock:
            kept = self.pins()
            if symbol not in kept:
                check(len(kept) < MOST_PINS, f"{MOST_PINS} symbols are pinned already", "Unpin one first.")
                keep(self._memory, [*kept, symbol])

    def unpin(self, symbol: str) -> None:
        with self._lock:
            keep(self._memory, [each for each in self.pins() if each != symbol])

    def queries(self) -> list[SavedQuery]:
        return msgspec.convert(self._memory.load(QUERIES) or [], list[SavedQuery])

    def save(self, query: SavedQuery) -> None:
        """A query of the same name is replaced. Raises ShelfError."""
        name = query.name.strip()
        check(0 < len(name) <= LONGEST_NAME and name.isprintable(), "The name does not do",
              f"Use 1 to {LONGEST_NAME} printable characters.")  # fmt: skip
        check(0 < len(query.sql) <= LONGEST_SQL, "The query is empty or too long", "At most 64 kB.")
        with self._lock:
            others = [each for each in self.queries() if each.name != name]
            check(len(others) < MOST_QUERIES, f"{MOST_QUERIES} queries are saved already", "Delete one.")
            self._keep([*others, SavedQuery(name, query.sql)])

    def remove(self, name: str) -> bool:
        """Whether there was one of that name."""
        with self._lock:
            before = self.queries()
            left = [each for each in before if each.name != name]
            self._keep(left)
            return len(left) < len(before)

    def _keep(self, queries: list[SavedQuery]) -> None:
        self._memory.save(QUERIES, msgspec.to_builtins(queries))


def check(holds: bool, what: str, hint: str) -> None:
    if not holds:
        raise ShelfError(what, hint)
