"""What channels remember of their messages, so that an end finds its beginning after a restart too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb

from oculus.core.clock import Clock
from oculus.core.errors import StorageError
from oculus.storage.file.connection import first_line
from oculus.storage.file.database import Database
from oculus.storage.writing.writer import Writer

KEEP_DAYS = 90  # an alert that fires longer loses its thread, nothing more
FORGET = "DELETE FROM channel_notes WHERE kept_at < make_timestamptz(?) - to_days(?)"
KEEP = """
    INSERT OR REPLACE INTO channel_notes (channel, alert_id, note, kept_at)
    SELECT $channel, unnest($ids::BIGINT[]), unnest($notes::VARCHAR[]), make_timestamptz($now)
"""
RECALL = """
    SELECT alert_id, note FROM channel_notes
    WHERE channel = ? AND alert_id IN (SELECT unnest(?::BIGINT[]))
"""


def keep(cursor: duckdb.DuckDBPyConnection, channel: str, notes: Mapping[int, str], now_ms: int) -> None:
    """Write notes, by alert, over those before, and let go of the oldest. On the writer's thread."""
    cursor.execute(FORGET, [now_ms * 1000, KEEP_DAYS])
    given = {"channel": channel, "ids": list(notes), "notes": list(notes.values()), "now": now_ms * 1000}
    cursor.execute(KEEP, given)


def recall(cursor: duckdb.DuckDBPyConnection, channel: str, alert_ids: Sequence[int]) -> dict[int, str]:
    """The notes of those alerts that have one. Raises StorageError."""
    try:
        return dict(cursor.execute(RECALL, [channel, list(alert_ids)]).fetchall())
    except duckdb.Error as error:
        raise StorageError(f"The channels' notes cannot be read: {first_line(error)}") from error


class Notes:
    """The same for any thread but the writer's own."""

    def __init__(self, database: Database, writer: Writer, clock: Clock) -> None:
        self._database = database
        self._writer = writer
        self._clock = clock

    def recall(self, channel: str, alert_ids: Sequence[int]) -> dict[int, str]:
        """The notes of those alerts that have one. Raises StorageError."""
        return recall(self._database.cursor(), channel, alert_ids)

    def remember(self, channel: str, notes: Mapping[int, str], timeout_s: float = 30.0) -> None:
        """Returns once they are committed. Raises StorageError."""
        now_ms = self._clock.now_ms()
        written = self._writer.change(lambda cursor: keep(cursor, channel, notes, now_ms))
        try:
            written.result(timeout_s)
        except (TimeoutError, duckdb.Error) as error:
            raise StorageError("What a channel remembers could not be written") from error
