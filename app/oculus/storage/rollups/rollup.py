"""Rollups: what every minute, hour and day of a symbol came to, in `metrics_1m`, `metrics_1h`, `metrics_1d`.

A mark says until when the numbers are rolled up. It follows the clock by GRACE_MS, in one transaction with
the rows that it makes: minutes from the numbers, hours from minutes, days from hours. So in every state of
the file, after every crash, the rollups before the mark are those of the stored numbers, and what lies
behind it, a few minutes as a rule, is made good by the next rolling. Numbers that come later than the mark
are entered in the transaction that stores them (rollups_late.py).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

import duckdb

from oculus.core.clock import Clock
from oculus.core.metric import Metric
from oculus.storage.file.connection import first_line, one
from oculus.storage.file.transaction import transaction
from oculus.storage.rollups.check import first_missing
from oculus.storage.rollups.late import MOST_NUMBERS, enter_late
from oculus.storage.rollups.marks import RAW, Marks
from oculus.storage.rollups.sql import LEVELS, MINUTE_MS, Level, floor, redo

log = logging.getLogger(__name__)

GRACE_MS = 2 * MINUTE_MS  # most sources give times that are no older than this
SLICE_ROWS = 200_000  # rolled up in one transaction: some ten milliseconds
FIRST_SPAN_MS = 60 * MINUTE_MS
LONGEST_SPAN_MS = 2**20 * FIRST_SPAN_MS
BACK_MS = 10 * MINUTE_MS  # a mark so far ahead of the clock was set while the clock was wrong
REST_S = 60.0  # after a failure
SETTLE_S = 5.0  # after thousands of late numbers: more follow, and each rolling would be undone by them

OLDEST = "SELECT epoch_ms(min(ts)) FROM metrics"
COUNT = "SELECT count(*) FROM metrics WHERE ts >= make_timestamptz(?) AND ts < make_timestamptz(?)"


class Rollups:
    """The writer's part, used on its thread alone."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._mark_ms: int | None = None  # never below the file's, so that no late number is overlooked
        self._behind = True
        self._checked = False  # whether what the file has is all there
        self._span_ms = FIRST_SPAN_MS  # how much time a slice covers
        self._rest_until = 0.0

    def keep_up(self, cursor: duckdb.DuckDBPyConnection) -> bool:
        """Roll up the next slice, if there is one, in a transaction of its own. Whether another is due."""
        if not self._due():
            return False
        self._rest_until = self._clock.monotonic() + REST_S
        try:
            with transaction(cursor):
                self.roll(cursor)
        except duckdb.Error as error:
            log.error("writer: rolling up failed: %s", first_line(error))
            return False
        self._rest_until = 0.0
        return self._behind

    def roll(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Roll up the next slice, within a transaction."""
        marks = Marks.read(cursor)
        goal = self._goal()
        begin = self._begin(cursor, marks, goal)
        end = self._end(cursor, begin, goal)
        for level in LEVELS:
            bring_up(cursor, level, begin, end, marks)
        marks.set_rolled(cursor, end)
        self._mark_ms = end
        self._behind = end < goal

    def enter(self, cursor: duckdb.DuckDBPyConnection, metrics: Sequence[Metric]) -> None:
        """Enter those of `metrics` that came late, in the transaction that stores them."""
        if self._mark_ms is None:
            self._mark_ms = Marks.read(cursor).rolled_ms
        mark = self._mark_ms
        late = [metric for metric in metrics if mark is not None and metric.ts_ms < mark]
        if late and enter_late(cursor, late):
            self._behind = True
            if len(late) > MOST_NUMBERS:
                self._rest_until = self._clock.monotonic() + SETTLE_S

    def _due(self) -> bool:
        late = self._behind or self._mark_ms is None or self._goal() > self._mark_ms
        return late and self._clock.monotonic() >= self._rest_until

    def _goal(self) -> int:
        return floor(self._clock.now_ms() - GRACE_MS, MINUTE_MS)

    def _begin(self, cursor: duckdb.DuckDBPyConnection, marks: Marks, goal: int) -> int:
        """Where the mark stands, or must be set back to."""
        if not self._checked:
            self._checked = True
            missing = first_missing(cursor, marks)
            if missing is not None:
                return missing
        if marks.rolled_ms is None:
            oldest = one(cursor, OLDEST)[0]
            return goal if oldest is None else min(floor(oldest, LEVELS[-1].span_ms), goal)
        if goal < marks.rolled_ms - BACK_MS:
            return max(goal, marks.all_kept_ms())
        return marks.rolled_ms

    def _end(self, cursor: duckdb.DuckDBPyConnection, begin: int, goal: int) -> int:
        """The end of a slice of about SLICE_ROWS."""
        while True:
            end = max(begin, min(begin + self._span_ms, goal))
            rows = one(cursor, COUNT, [begin * 1000, end * 1000])[0]
            if rows <= SLICE_ROWS or self._span_ms <= MINUTE_MS:
                break
            self._span_ms = max(MINUTE_MS, floor(self._span_ms // 2, MINUTE_MS))
        if rows < SLICE_ROWS // 4:
            self._span_ms = min(self._span_ms * 2, LONGEST_SPAN_MS)
        return end


def bring_up(cursor: duckdb.DuckDBPyConnection, level: Level, begin: int, end: int, marks: Marks) -> None:
    """Make the rows of `level` whose time the mark passes on its way from `begin` to `end`."""
    if floor(end, level.every_ms) <= floor(begin, level.every_ms):
        return
    first = floor(begin, level.span_ms)
    kept = marks.kept_ms(level.source)
    if level.source != RAW and first < kept:
        first = -floor(-kept, level.span_ms)  # what it would be made of is gone in part: it stays as it is
    if first < end:
        redo(cursor, level, first, end)
