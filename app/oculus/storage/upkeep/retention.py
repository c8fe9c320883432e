"""What is old goes: numbers, rollups, events, alerts, gaps. In slices through the writer, which go by the
time they take and hold so many rows at the most, so that whatever else is to be written waits for one of them
and for less than 250 ms (tests/bench/bench_cleaning.py).

Nothing goes that the next coarser rollup has not yet taken in.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Any

import duckdb

from oculus.core.durations import parse_duration
from oculus.core.errors import StorageError
from oculus.storage.file.connection import one
from oculus.storage.rollups.marks import NEVER_MS, RAW, Marks
from oculus.storage.rollups.sql import DAY_MS, HOUR_MS, LEVELS, MINUTE_MS, floor
from oculus.storage.settings import StorageSettings
from oculus.storage.writing.writer import Writer

log = logging.getLogger(__name__)

LONGEST_S = 0.060  # of a slice; one that took longer makes the next one shorter
SLICE_ROWS = 200_000  # some 20 ms; more may lie close together behind a time when little came
LEAST_ROWS = 20_000  # what takes long with so few does so for another reason: a busy machine, a slow disk
FIRST_SPAN_MS, SHORTEST_SPAN_MS = 600_000, 1_000
PAUSE_S = 0.05  # between slices
SHARE = 0.05  # of a table that goes at once when the file is too large; and up to
MOST_SHARE = 0.8  # of what it is too large by, for each time the room is given back costs a checkpoint
MOST_ROUNDS = 100
# Deleted rows of a table whose room a long question may keep from being given back: deleting more would then
# not make the file smaller. DuckDB gives back whole groups of 122,880 rows.
MOST_HELD = 200_000
EVENTS_MS = 365 * DAY_MS  # and alerts that ended, with their deliveries, and what collectors remembered
SLICE_EVENTS = 2_000

# A rollup's last rows stay until the next one has taken them in.
TAKEN_IN = {RAW: MINUTE_MS, "metrics_1m": HOUR_MS, "metrics_1h": DAY_MS, "metrics_1d": DAY_MS}
STORED = {RAW: RAW} | {level.table: level.stored for level in LEVELS}
OLDEST = "SELECT epoch_ms(min(ts)), epoch_ms(max(ts)) FROM {table}"
NEWEST_OF = "SELECT epoch_ms(max(ts)) FROM {table} WHERE ts < make_timestamptz(?)"
COUNT = "SELECT count(*) FROM {table} WHERE ts < make_timestamptz(?)"
DELETE = "DELETE FROM {table} WHERE ts < make_timestamptz(?)"
HELD = """
    SELECT (SELECT estimated_size FROM duckdb_tables()
        WHERE table_name = ? AND database_name = current_database()) - (SELECT count(*) FROM {table})
"""
USED = "SELECT (block_size * used_blocks)::BIGINT FROM pragma_database_size()"
OLD = {
    "deliveries": "created_at < make_timestamptz($1) "
    "AND alert_id NOT IN (SELECT id FROM alerts WHERE state = 'firing')",
    "alerts": "state <> 'firing' AND ended_at < make_timestamptz($1)",
    "events": "ts < make_timestamptz($1)",
    "remembered": "kept_at < make_timestamptz($1)",
}
OLD_GAPS = "to_at < make_timestamptz($1)"
GAPS_IN = (RAW, "metrics_1m", "metrics_1h")  # a chart of days hardly shows a gap

Wait = Callable[[Future[Any]], Any]


class Retention:
    """Used by the upkeep on its thread. `wait` gives a future's result, `pause` waits; both may raise."""

    def __init__(
        self, writer: Writer, settings: StorageSettings, wait: Wait, pause: Callable[[float], None]
    ) -> None:
        self._writer = writer
        self.settings = settings
        self._wait = wait
        self._pause = pause
        self._span_ms = FIRST_SPAN_MS  # how much time a slice covers

    def clean(self, now_ms: int) -> None:
        """Delete what is older than may be."""
        for table, kept_ms in kept(self.settings).items():
            deleted = self.delete_before(table, now_ms - kept_ms)
            if deleted:
                log.info("upkeep: %d rows of %s deleted, which are kept for %d s", deleted, table,
                         kept_ms // 1000)  # fmt: skip
        for table, old in OLD.items():
            self._forget(table, old, now_ms - EVENTS_MS)
        if (gaps_ms := gaps_kept(self.settings)) is not None:
            self._forget("gaps", OLD_GAPS, now_ms - gaps_ms)

    def shrink(self, now_ms: int, tell: Callable[[str, int], None]) -> bool:
        """While the file is larger than it may be, the oldest go: numbers first, then minutes, then hours.

        `tell` hears of what table until when. Whether the file fits now, or will once those end who still
        read what was deleted.
        """
        return any(self._shrink(table, now_ms, tell) for table in (RAW, "metrics_1m", "metrics_1h"))

    def _shrink(self, table: str, now_ms: int, tell: Callable[[str, int], None]) -> bool:
        """One table's part. Whether no other needs to follow."""
        gone_until = None
        most_held = self._held(table) + MOST_HELD
        for _ in range(MOST_ROUNDS):
            if done := self._fits() or self._held(table) > most_held:
                break
            until_ms = self._share_end(table, now_ms)
            if until_ms is None or not self.delete_before(table, until_ms):
                break
            gone_until = until_ms
            self._fold()
        if gone_until is not None:
            tell(table, gone_until)
        return done

    def _share_end(self, table: str, now_ms: int) -> int | None:
        """Until when the oldest share reaches: of the time, but of the rows at most twice that."""
        oldest, newest = self._stored(table)
        if oldest is None or newest is None:
            return None
        used = max(1, self._used())  # what was never folded in uses nothing yet
        share = max(SHARE, MOST_SHARE * (1 - self.settings.max_size / used))
        most_rows = 2 * share * self._rows(table, newest + 1)
        reach = round(max(0, min(newest, now_ms) - oldest) * share)  # rows of a wrong clock lie far ahead
        while reach > TAKEN_IN[table] and self._rows(table, oldest + reach) > most_rows:
            reach //= 2
        return oldest + max(TAKEN_IN[table], reach)

    def _fold(self) -> None:
        """Have the room of deleted rows given back."""
        try:
            self._wait(self._writer.checkpoint())
        except StorageError as error:
            log.warning("upkeep: %s", error)

    def _held(self, table: str) -> int:
        """Deleted rows whose room is not given back yet."""
        stored = STORED[table]
        return int(one(self._writer.database.cursor(), HELD.format(table=stored), [stored])[0])

    def delete_before(self, table: str, end_ms: int) -> int:
        """Returns how many rows went."""
        oldest, _ = self._stored(table)
        if oldest is None or oldest >= end_ms:
            return 0
        end_ms = min(floor(end_ms, MINUTE_MS), floor(self._rolled_up(end_ms), TAKEN_IN[table]))
        deleted = 0
        while oldest < end_ms:
            until = self._slice_end(table, oldest, end_ms)
            begun = time.perf_counter()
            gone = self._wait(self._writer.change(partial(delete, table=table, until_ms=until)))
            self._adapt(time.perf_counter() - begun, gone)
            deleted += gone
            if gone:
                self._pause(PAUSE_S)
            oldest = until
        return deleted

    def _slice_end(self, table: str, begin_ms: int, end_ms: int) -> int:
        while True:
            until = min(begin_ms + self._span_ms, end_ms)
            if self._rows(table, until) <= SLICE_ROWS or self._span_ms <= SHORTEST_SPAN_MS:
                return until
            self._span_ms = max(SHORTEST_SPAN_MS, self._span_ms // 2)

    def _adapt(self, seconds: float, rows: int) -> None:
        if seconds < LONGEST_S / 2:
            self._span_ms *= 2
        elif seconds > LONGEST_S and rows > LEAST_ROWS:
            self._span_ms = max(SHORTEST_SPAN_MS, self._span_ms // 2)

    def _forget(self, table: str, old: str, before_ms: int) -> None:
        def work(cursor: duckdb.DuckDBPyConnection) -> int:
            some = f"SELECT rowid FROM {table} WHERE {old} LIMIT {SLICE_EVENTS}"  # noqa: S608
            sql = f"DELETE FROM {table} WHERE rowid IN ({some})"  # noqa: S608
            return int(one(cursor, sql, [before_ms * 1000])[0])

        while self._wait(self._writer.change(work, None, False)) == SLICE_EVENTS:
            self._pause(PAUSE_S)

    def _rolled_up(self, end_ms: int) -> int:
        """Until when numbers are rolled up, once that reaches `end_ms` or does not move any more."""
        before, mark = None, self._mark()
        while mark < end_ms and mark != before:
            for _ in range(2):  # the first makes the writer look, the second comes after what it did
                self._wait(self._writer.change(Marks.read))
            before, mark = mark, self._mark()
        return mark

    def _mark(self) -> int:
        rolled = Marks.read(self._writer.database.cursor()).rolled_ms
        return NEVER_MS if rolled is None else rolled

    def _stored(self, table: str) -> tuple[int | None, int | None]:
        """The oldest and the newest row's time."""
        oldest, newest = one(self._writer.database.cursor(), OLDEST.format(table=table))
        return oldest, newest

    def _rows(self, table: str, until_ms: int) -> int:
        return int(one(self._writer.database.cursor(), COUNT.format(table=table), [until_ms * 1000])[0])

    def _used(self) -> int:
        return int(one(self._writer.database.cursor(), USED)[0])

    def _fits(self) -> bool:
        return self._used() <= self.settings.max_size


def kept(settings: StorageSettings) -> dict[str, int]:
    """How long the rows of each table are kept, ms; what is kept for ever is left out."""
    rollups = settings.rollups
    texts = {"metrics_1m": rollups.minutes, "metrics_1h": rollups.hours, "metrics_1d": rollups.days}
    rolled_up = {
        table: round(parse_duration(text).total_seconds() * 1000)
        for table, text in texts.items()
        if text.strip() != "forever"
    }
    return {RAW: settings.retention.ms} | rolled_up


def gaps_kept(settings: StorageSettings) -> int | None:
    """How long a gap is kept, ms: as long as any number that it is a hole in. None: for ever."""
    times = kept(settings)
    return max(times[table] for table in GAPS_IN) if times.keys() >= set(GAPS_IN) else None


def delete(cursor: duckdb.DuckDBPyConnection, table: str, until_ms: int) -> int:
    """In a transaction. Notes from when on the table is whole: by its rows, whatever the clock says."""
    newest = one(cursor, NEWEST_OF.format(table=table), [until_ms * 1000])[0]
    if newest is None:
        return 0
    Marks.set_kept(cursor, table, min(until_ms, floor(newest, MINUTE_MS) + MINUTE_MS))
    return int(one(cursor, DELETE.format(table=STORED[table]), [until_ms * 1000])[0])
