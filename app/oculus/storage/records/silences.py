"""Snoozes that a restart must not lose: which rule, or all of them, is silent until when."""

from __future__ import annotations

import duckdb

from oculus.core.errors import StorageError
from oculus.storage.file.connection import first_line

KEEP = """
    INSERT OR REPLACE INTO silences (rule, until_at, made_at)
    VALUES ($rule, make_timestamptz($until), make_timestamptz($now))
"""
FORGET = "DELETE FROM silences WHERE rule = $rule OR until_at <= make_timestamptz($now)"
LOAD = "SELECT rule, epoch_ms(until_at) FROM silences"


def keep(cursor: duckdb.DuckDBPyConnection, rule: str, until_ms: int, now_ms: int) -> None:
    """Write one; "" as the rule stands for all. On the writer's thread."""
    lift(cursor, rule, now_ms)
    cursor.execute(KEEP, {"rule": rule, "until": until_ms * 1000, "now": now_ms * 1000})


def lift(cursor: duckdb.DuckDBPyConnection, rule: str, now_ms: int) -> None:
    """End one by hand, and let go of those that have ended by themselves. On the writer's thread."""
    cursor.execute(FORGET, {"rule": rule, "now": now_ms * 1000})


def load(cursor: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Until when, in ms, by rule. Raises StorageError."""
    try:
        return dict(cursor.execute(LOAD).fetchall())
    except duckdb.Error as error:
        raise StorageError(f"The snoozes cannot be read: {first_line(error)}") from error
