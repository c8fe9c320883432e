"""How far back each table of numbers reaches, and until when they are rolled up: the table `rollup_marks`."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

RAW = "metrics"
NEVER_MS = -(10**14)  # before anything that is stored
READ = """
    SELECT name, epoch_ms(kept_from_at), epoch_ms(rolled_until_at), (SELECT count(*) FROM metrics)
    FROM rollup_marks
"""
SET_ROLLED = "UPDATE rollup_marks SET rolled_until_at = make_timestamptz($1) WHERE name = 'metrics'"
SET_KEPT = """
    UPDATE rollup_marks SET kept_from_at = greatest(kept_from_at, make_timestamptz($1)) WHERE name = $2
"""


class Marks:
    """As they stand in one state of the file; times are UTC ms."""

    def __init__(self, rolled_ms: int | None, kept: Mapping[str, int | None], numbers: int) -> None:
        self.rolled_ms = rolled_ms  # the numbers before this are rolled up; None: nothing is yet
        self.numbers = numbers  # how many there are
        self._kept = kept

    @classmethod
    def read(cls, cursor: duckdb.DuckDBPyConnection) -> Marks:
        rows = cursor.execute(READ).fetchall()
        rolled = next((until for name, _, until, _ in rows if name == RAW), None)
        return cls(rolled, {name: kept for name, kept, _, _ in rows}, next((n for *_, n in rows), 0))

    def kept_ms(self, table: str) -> int:
        """From when on a table is whole: what is older may have been deleted."""
        kept = self._kept.get(table)
        return NEVER_MS if kept is None else kept

    def all_kept_ms(self) -> int:
        """From when on all of them are whole."""
        return max(self.kept_ms(table) for table in self._kept)

    @staticmethod
    def set_rolled(cursor: duckdb.DuckDBPyConnection, until_ms: int) -> None:
        cursor.execute(SET_ROLLED, [until_ms * 1000])

    @staticmethod
    def set_kept(cursor: duckdb.DuckDBPyConnection, table: str, from_ms: int) -> None:
        cursor.execute(SET_KEPT, [from_ms * 1000, table])
