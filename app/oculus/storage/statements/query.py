"""Running SQL from outside: four statements at a time, each on a thread of its own.

The caller waits on its own thread and goes away when its time is over, whatever the statement does:
DuckDB cannot interrupt one long call of a single function. Such a statement keeps its place among the
four until it ends by itself, so there are never more than four.
"""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

import duckdb

from oculus.core.errors import OculusError, QueryError
from oculus.storage.file.connection import interrupt
from oculus.storage.file.database import Database
from oculus.storage.file.schema import tables
from oculus.storage.statements import asof
from oculus.storage.statements.answer import QueryResult, Values, as_text, is_plain
from oculus.storage.statements.errors import translated
from oculus.storage.statements.guard import check, check_params
from oculus.storage.statements.parser import Parser

AT_ONCE = 4
GRACE_S = 0.3  # after the interruption, for the statement to end by itself
CHUNK = 50  # rows fetched at a time: turning them into Python values holds up all other threads

Params = Sequence[Any] | Mapping[str, Any] | None


class Queries:
    """Any thread may ask."""

    def __init__(self, database: Database, parser: Parser) -> None:
        self._database = database
        self._parser = parser
        self._places = threading.BoundedSemaphore(AT_ONCE)
        self._idle = threading.Condition()  # guards what follows
        self._running: set[Statement] = set()
        self._closed = False
        self._way_back: tuple[str, str] | None = None

    def active(self) -> int:
        """Statements that run now, those that nobody waits for any more included."""
        return len(self._running)

    def run(
        self,
        sql: str,
        params: Params = None,
        max_rows: int = 1000,
        timeout_s: float = 5.0,
        as_of_ms: int | None = None,
    ) -> QueryResult:
        """With `as_of_ms` as it would have been answered then, see asof.py.

        Raises QueryError. Returns within `timeout_s` and half a second.
        """
        begun = time.monotonic()
        check_params(params)
        if not self._places.acquire(timeout=timeout_s):
            raise QueryError(
                "query_timeout",
                f"{AT_ONCE} other statements ran all the time",
                "Try again when they are done.",
            )
        statement = Statement(self, sql, params, max_rows, begun, as_of_ms)
        try:
            threading.Thread(target=statement.run, name="query", daemon=True).start()
        except RuntimeError as error:  # no more threads from the system
            self._places.release()
            raise QueryError(
                "query_timeout",
                "This machine lets Oculus start no more threads",
                "A plugin or another program may have too many; the events may say which.",
            ) from error
        return statement.wait(begun + timeout_s)

    def close(self, within_s: float) -> bool:
        """Take no more statements and interrupt those that run. False when one is deaf to it."""
        until = time.monotonic() + within_s
        with self._idle:
            self._closed = True
            while self._running and time.monotonic() < until:
                for statement in self._running:
                    statement.interrupt()
                self._idle.wait(0.05)
            return not self._running

    def begin(self, statement: Statement) -> tuple[duckdb.DuckDBPyConnection, duckdb.DuckDBPyConnection]:
        """Fresh cursors for one statement: the parser's and the database's."""
        with self._idle:
            if self._closed:
                raise QueryError("query_timeout", "Oculus is stopping")
            self._running.add(statement)
        return self._parser.cursor(), self._database.fresh_cursor()

    def way_back(self, parser: duckdb.DuckDBPyConnection, cursor: duckdb.DuckDBPyConnection, sql: str) -> str:
        """As in asof.py; the last one is known, for it is asked again and again."""
        last = self._way_back
        if last is None or last[0] != sql:
            last = self._way_back = (sql, asof.way_back(parser, cursor, sql))
        return last[1]

    def end(self, statement: Statement) -> None:
        with self._idle:
            self._running.discard(statement)
            self._idle.notify_all()
        self._places.release()


class Statement:
    """One statement on its way."""

    def __init__(
        self,
        owner: Queries,
        sql: str,
        params: Params,
        max_rows: int,
        begun: float,
        as_of_ms: int | None = None,
    ) -> None:
        self._owner = owner
        self._sql = sql
        self._params = params
        self._max_rows = max_rows
        self._begun = begun
        self._as_of_ms = as_of_ms
        self._done = threading.Event()
        self._late = False
        self._cursor: duckdb.DuckDBPyConnection | None = None
        self._result: QueryResult | None = None
        self._error: Exception | None = None

    def wait(self, until: float) -> QueryResult:
        """The answer; on the caller's thread."""
        if not self._done.wait(max(0.0, until - time.monotonic())):
            self._insist(until + GRACE_S)
            self._go_on()
        if self._done.is_set() and self._result and not self._late:
            return self._result
        if self._late or self._error is None:
            raise QueryError(
                "query_timeout",
                "The statement took too long",
                "Ask for less time or fewer symbols, or aggregate.",
            ) from self._error
        raise self._error

    def interrupt(self) -> None:
        self._late = True
        if self._cursor is not None:
            interrupt(self._cursor)

    def _insist(self, until: float) -> None:
        """Once is not enough: an interruption between two steps of DuckDB is forgotten."""
        while not self._done.wait(0.05) and time.monotonic() < until:
            self.interrupt()

    def _go_on(self) -> None:
        """Nobody waits any longer, but on a busy machine all those may have been forgotten."""
        if not self._done.is_set():
            ending = threading.Thread(target=self._insist, args=(math.inf,), name="query-end", daemon=True)
            with contextlib.suppress(RuntimeError):  # no more threads from the system
                ending.start()

    def run(self) -> None:
        """On the statement's own thread."""
        try:
            parser, self._cursor = self._owner.begin(self)
            try:
                self._result = self._ask(parser, self._cursor)
            finally:
                parser.close()
                self._cursor.close()
        except OculusError as error:
            self._error = error
        except Exception as error:
            self._error = translated(error)
        finally:
            self._done.set()
            self._owner.end(self)

    def _ask(self, parser: duckdb.DuckDBPyConnection, cursor: duckdb.DuckDBPyConnection) -> QueryResult:
        sql = check(parser, self._sql, tables(cursor), len(str(self._params or "")))
        if self._late:
            raise QueryError("query_timeout", "The statement took too long to read")
        if self._as_of_ms is not None:
            asof.go_back(cursor, self._owner.way_back(parser, cursor, sql), self._as_of_ms)
        cursor.execute("BEGIN TRANSACTION READ ONLY")
        try:
            return self._fetch(cursor, sql)
        finally:
            cursor.execute("ROLLBACK")

    def _fetch(self, cursor: duckdb.DuckDBPyConnection, sql: str) -> QueryResult:
        params: Any = self._params or None
        cursor.execute(sql, params)  # nothing is fetched yet, so little is computed yet
        columns = [(str(column[0]), str(column[1])) for column in cursor.description or []]
        kinds = [kind for _, kind in columns]
        if not all(is_plain(kind) for kind in kinds):
            cursor.execute(as_text(sql, kinds), params)
        values = Values(kinds)
        rows: list[list[Any]] = []
        while len(rows) <= self._max_rows and (found := cursor.fetchmany(CHUNK)):
            rows.extend(values.row(row) for row in found)
            if self._late:
                raise QueryError("query_timeout", "The statement took too long")
        elapsed_ms = round((time.monotonic() - self._begun) * 1000, 1)
        return QueryResult(columns, rows[: self._max_rows], len(rows) > self._max_rows, elapsed_ms)
