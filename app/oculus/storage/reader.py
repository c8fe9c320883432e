"""The reader: every question that pages, the API and commands ask. Any thread may; it holds up nobody."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar

import duckdb

from oculus.core.alert import Alert, Delivery
from oculus.core.counters import Counters
from oculus.core.errors import StorageError
from oculus.core.gap import Gap
from oculus.core.metric import Metric
from oculus.core.windowstats import WindowStats
from oculus.storage.file.connection import first_line, one
from oculus.storage.file.copies import copy_database
from oculus.storage.file.database import Database
from oculus.storage.file.trouble import must_reopen
from oculus.storage.live import AHEAD_MS, HOUR_MS, STEP_MS
from oculus.storage.reading import history, metrics, moved, past, series, uptime, windows
from oculus.storage.reading.export import export
from oculus.storage.reading.history import AlertFilter, AlertRecord, EventFilter, StoredEvent
from oculus.storage.reading.metrics import MetricFilter, MetricPage
from oculus.storage.reading.moved import Moved
from oculus.storage.reading.series import Drawn, Span, Stats
from oculus.storage.records import gaps
from oculus.storage.statements.answer import QueryResult
from oculus.storage.statements.parser import Parser
from oculus.storage.statements.query import Params, Queries

T = TypeVar("T")
RULE_S = 5.0  # longest run of a rule's SQL
SEED_MS = 7 * 24 * HOUR_MS  # a daily number must be there after a restart, too


class Reader:
    """All times are ms since 1970, UTC. Every method raises StorageError when the file cannot be read."""

    def __init__(self, database: Database, counters: Counters) -> None:
        self._database = database
        self._counters = counters
        parser = Parser()
        self._queries = Queries(database, parser)
        self._rule_queries = Queries(database, parser)

    def metrics(self, wanted: MetricFilter) -> MetricPage:
        """One page of stored metrics. Raises QueryError for a cursor that is none."""
        return self._ask(lambda cursor: metrics.page(cursor, wanted))

    def series(self, symbol: str, since_ms: int, until_ms: int, step_ms: int) -> list[list[float]]:
        """[ms, average, lowest, highest] for each step in which there was something, oldest first."""
        return self._ask(lambda cursor: series.series(cursor, Span(symbol, since_ms, until_ms), step_ms))

    def candles(self, symbol: str, since_ms: int, until_ms: int, step_ms: int) -> list[list[float]]:
        """[ms, first, highest, lowest, last] for each step in which there was something, oldest first."""
        return self._ask(lambda cursor: series.candles(cursor, Span(symbol, since_ms, until_ms), step_ms))

    def stats(self, symbol: str, since_ms: int, until_ms: int | None = None) -> Stats:
        """Over the samples from `since_ms` on, before `until_ms` if that is given."""
        return self._ask(lambda cursor: series.stats(cursor, symbol, since_ms, until_ms))

    def drawn(self, symbol: str, since_ms: int, until_ms: int, step_ms: int) -> Drawn:
        """`series` and `stats` of one state of the file, sooner than one after the other."""
        return self._ask(lambda cursor: series.drawn(cursor, Span(symbol, since_ms, until_ms), step_ms))

    def latest_all(self, since_ms: int) -> list[Metric]:
        """The newest metric of every symbol heard of since then, by symbol."""
        return self._ask(lambda cursor: metrics.latest_all(cursor, since_ms))

    def seeds(self, now_ms: int) -> list[Metric]:
        """What the live cache needs at the start: the last hour's trails, then the latest of all symbols.

        Nothing that was stored while the clock was ahead.
        """
        until_ms = now_ms + AHEAD_MS
        trails = self._ask(lambda cursor: metrics.recent(cursor, now_ms - HOUR_MS, until_ms, STEP_MS))
        return trails + self._ask(lambda cursor: metrics.latest_all(cursor, now_ms - SEED_MS, until_ms))

    def events(
        self,
        *,
        since_ms: int | None = None,
        until_ms: int | None = None,
        source: str = "",
        type: str = "",  # noqa: A002
        severity: str = "",
        limit: int = 100,
    ) -> list[StoredEvent]:
        """Newest first."""
        wanted = EventFilter(
            since_ms=since_ms, until_ms=until_ms, source=source, type=type, severity=severity, limit=limit
        )
        return self._ask(lambda cursor: history.events(cursor, wanted))

    def report(self, name: str) -> StoredEvent | None:
        """The last report of that name; None when there was none yet."""
        return self._ask(lambda cursor: history.report(cursor, name))

    def last_report(self, name: str) -> int | None:
        """When Oculus last made the report of that name; until there is one, when it first ran."""
        return self._ask(lambda cursor: history.last_report(cursor, name))

    def alerts(
        self,
        *,
        since_ms: int | None = None,
        until_ms: int | None = None,
        severity: str = "",
        rule: str = "",
        state: Literal["", "firing", "resolved"] = "",
        limit: int = 100,
    ) -> list[AlertRecord]:
        """(alert, its deliveries), newest first by the time they fired."""
        wanted = AlertFilter(
            since_ms=since_ms, until_ms=until_ms, severity=severity, rule=rule, state=state, limit=limit
        )
        return self._ask(lambda cursor: history.alerts(cursor, wanted))

    def firings(self, wanted: AlertFilter) -> list[Alert]:
        """The alerts alone, newest first by the time they fired."""
        return self._ask(lambda cursor: history.firings(cursor, wanted))

    def deliveries(self, limit: int) -> list[Delivery]:
        """The newest of all channels, newest first."""
        return self._ask(lambda cursor: history.deliveries(cursor, limit))

    def rule_history(self, name: str, limit: int = 100) -> list[AlertRecord]:
        """The alerts of one rule, newest first."""
        return self.alerts(rule=name, limit=limit)

    def query(
        self, sql: str, params: Params = None, max_rows: int = 1000, timeout_s: float = 5.0
    ) -> QueryResult:
        """Read-only SQL from outside. Raises QueryError; returns within `timeout_s` and half a second."""
        begun = time.perf_counter()
        try:
            return self._queries.run(sql, params, max_rows, timeout_s)
        finally:
            self._counters.time("reader.query", time.perf_counter() - begun)

    def judge(self, sql: str, params: Params, max_rows: int) -> QueryResult:
        """`query` for rules: they have places of their own, so that neither waits for the other."""
        return self._rule_queries.run(sql, params, max_rows, RULE_S)

    def judge_as_of(self, ms: int, sql: str, params: Params, max_rows: int) -> QueryResult:
        """`judge` as it would have been answered at some moment, UTC ms. Raises NoPastError, QueryError."""
        return self._rule_queries.run(sql, params, max_rows, RULE_S, ms)

    def samples(self, symbols: Sequence[str], since_ms: int) -> list[tuple[str, int, float]]:
        """(symbol, ms, value) of all samples after a moment, and of the last one before, in no order."""
        return self._ask(lambda cursor: windows.samples(cursor, symbols, since_ms))

    def windows(
        self, symbols: Sequence[str], since_ms: int, until_ms: int, functions: Collection[str]
    ) -> dict[str, WindowStats]:
        """What the samples of a window come to, by symbol; see storage.windows."""
        return self._ask(lambda cursor: windows.stats(cursor, symbols, since_ms, until_ms, functions))

    def gaps(self, since_ms: int, until_ms: int, limit: int = 1000) -> list[Gap]:
        """When nobody was watching: the gaps that touch a span of time, newest first."""
        return self._ask(lambda cursor: gaps.find(cursor, since_ms, until_ms, limit))

    def uptime(self, symbol: str, since_ms: int, until_ms: int) -> float | None:
        """The share of answered probes, from 0 to 1, by the values of a `.up`; gaps are left out."""
        return self._ask(lambda cursor: uptime.uptime(cursor, symbol, since_ms, until_ms))

    def moved(self, now_ms: int, limit: int) -> list[Moved]:
        """The series that depart most from how they usually are at this hour."""
        return self._ask(lambda cursor: moved.moved(cursor, now_ms, limit))

    def moved_with(self, alert: Alert) -> list[Moved]:
        """What else moved when an alert fired; empty when that is not known."""
        return self._ask(lambda cursor: moved.of_alert(cursor, alert))

    def alert(self, alert_id: int) -> AlertRecord | None:
        return self._ask(lambda cursor: history.alert(cursor, alert_id))

    def played(self, symbols: Sequence[str], pattern: str, since_ms: int, until_ms: int) -> Iterator[Metric]:
        """The samples of `symbols`, and of those that match the pattern, in the order of their times.

        Raw where they are kept, rollups before that.
        """
        for begin_ms, end_ms in past.days(since_ms, until_ms):
            yield from self._ask(_day(symbols, pattern, begin_ms, end_ms))

    def active_queries(self) -> int:
        """Statements from outside that run now."""
        return self._queries.active() + self._rule_queries.active()

    def export(self, target: Path, symbol: str = "*", since_ms: int = 0) -> Path:
        """Write metrics to a .csv or .parquet file. `symbol` may be a glob."""
        return self._apart(lambda cursor: export(cursor, self._database.path, target, symbol, since_ms))

    def backup(self, target: Path) -> Path:
        """Write a consistent copy of the whole database while it runs."""
        return self._apart(lambda cursor: copy_database(cursor, self._database.path, target))

    def close(self, within_s: float) -> bool:
        """Interrupt whatever statements run. False when one is deaf to it."""
        asked, judged = self._queries.close(within_s / 2), self._rule_queries.close(within_s / 2)
        return asked and judged

    def ping(self) -> None:
        """Raises StorageError when the database does not answer."""
        self._ask(lambda cursor: one(cursor, "SELECT 1"))

    def _ask(self, question: Callable[[duckdb.DuckDBPyConnection], T]) -> T:
        """The answer, on the calling thread's cursor."""
        try:
            return question(self._database.cursor())
        except duckdb.Error as error:
            if not must_reopen(error):
                raise unreadable(error) from error
        try:  # the writer has opened the file afresh meanwhile
            return question(self._database.cursor())
        except duckdb.Error as error:
            raise unreadable(error) from error

    def _apart(self, work: Callable[[duckdb.DuckDBPyConnection], Path]) -> Path:
        """On a cursor of its own, because it takes long and the thread's own must stay free."""
        cursor: Any = self._database.fresh_cursor()
        try:
            return work(cursor)
        finally:
            cursor.close()


def _day(
    symbols: Sequence[str], pattern: str, since_ms: int, until_ms: int
) -> Callable[[duckdb.DuckDBPyConnection], list[Metric]]:
    return lambda cursor: past.day(cursor, symbols, pattern, since_ms, until_ms)


def unreadable(error: duckdb.Error) -> StorageError:
    return StorageError(f"The database cannot be read: {first_line(error)}")
