"""What channels remember of their messages, so that an end finds its beginning after a restart too."""

from __future__ import annotations

import duckdb

from oculus.core.errors import StorageError
from oculus.storage.connection import first_line

KEEP_DAYS = 90  # an alert that fires longer loses its thread, nothing more
FORGET = "DELETE FROM channel_notes WHERE kept_at < make_timestamptz(?) - to_days(?)"
KEEP = """
    INSERT OR REPLACE INTO channel_notes (channel, alert_id, note, kept_at)
    VALUES (?, ?, ?, make_timestamptz(?))
"""
RECALL = "SELECT note FROM channel_notes WHERE channel = ? AND alert_id = ?"


def keep(cursor: duckdb.DuckDBPyConnection, channel: str, alert_id: int, note: str, now_ms: int) -> None:
    """Write one note over the one before, and let go of the oldest. On the writer's thread."""
    cursor.execute(FORGET, [now_ms * 1000, KEEP_DAYS])
    cursor.execute(KEEP, [channel, alert_id, note, now_ms * 1000])


def recall(cursor: duckdb.DuckDBPyConnection, channel: str, alert_id: int) -> str:
    """The note; "" when there is none. Raises StorageError."""
    try:
        row = cursor.execute(RECALL, [channel, alert_id]).fetchone()
    except duckdb.Error as error:
        raise StorageError(f"The channels' notes cannot be read: {first_line(error)}") from error
    return str(row[0]) if row else ""
