"""What collectors keep beyond a run: small things by name, and daily closes.

Both are written on the writer's thread and never wait. What is saved several times before the writer
comes to it is written once. What nobody asks for or saves any more is forgotten after a year (retention.py).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from datetime import date
from typing import Any

import duckdb
import msgspec

from oculus.core.clock import Clock
from oculus.core.errors import StorageError
from oculus.core.metric import Close
from oculus.storage.file.connection import first_line
from oculus.storage.file.database import Database
from oculus.storage.writing.writer import Writer

log = logging.getLogger(__name__)

FRESH_MS = 30 * 86_400_000  # what is asked for later is noted anew as still wanted
RECALL = "SELECT name, body, epoch_ms(kept_at) FROM remembered"
KEEP = """
    INSERT OR REPLACE INTO remembered (name, body, kept_at)
    SELECT unnest($names::VARCHAR[]), unnest($bodies::VARCHAR[]), make_timestamptz($now_us)
"""
CLOSES = """
    SELECT symbol, day, close FROM daily_closes
    WHERE symbol IN (SELECT unnest($symbols::VARCHAR[])) AND day >= $since
    ORDER BY symbol, day
"""
KEEP_CLOSES = """
    INSERT OR REPLACE INTO daily_closes (symbol, day, close, source)
    SELECT unnest($symbols::VARCHAR[]), unnest($days::DATE[]), unnest($closes::DOUBLE[]),
           unnest($sources::VARCHAR[])
"""


class Remembered:
    """Small things by name, all of them in memory too. Any thread may call."""

    def __init__(self, database: Database, writer: Writer, clock: Clock) -> None:
        self._writer = writer
        self._clock = clock
        self._lock = threading.Lock()
        self._unwritten: dict[str, str] = {}
        self._under_way = False
        found = recall(database)
        self._texts = {name: text for name, text, _ in found}
        self._kept_ms = {name: kept_ms for name, _, kept_ms in found}
        self._values: dict[str, Any] = {}

    def load(self, key: str) -> Any:
        """What was saved under `key`, not to be changed; None when nothing was."""
        with self._lock:
            if key not in self._values and key in self._texts:
                self._values[key] = msgspec.json.decode(self._texts[key])
            value = self._values.get(key)
            old = self._clock.now_ms() - self._kept_ms.get(key, self._clock.now_ms()) > FRESH_MS
        if old:
            self._keep(key)
        return value

    def save(self, key: str, value: Any) -> None:
        """Keep `value`, which JSON can hold. Never waits."""
        text = msgspec.json.encode(value).decode()
        with self._lock:
            if self._texts.get(key) == text:
                return
            self._texts[key] = text
            self._values.pop(key, None)
        self._keep(key)

    def _keep(self, key: str) -> None:
        with self._lock:
            self._unwritten[key] = self._texts[key]
            self._kept_ms[key] = self._clock.now_ms()
            if self._under_way:
                return
            self._under_way = True
        self._hand_over()

    def _hand_over(self) -> None:
        # Nobody waits for it: what comes close together is committed together, and with the numbers.
        self._writer.change(self._write, hurry=False).add_done_callback(self._written)

    def _write(self, cursor: duckdb.DuckDBPyConnection) -> dict[str, str]:
        with self._lock:
            batch = dict(self._unwritten)
        now_us = self._clock.now_ms() * 1000
        cursor.execute(KEEP, {"names": list(batch), "bodies": list(batch.values()), "now_us": now_us})
        return batch

    def _written(self, done: Future[dict[str, str]]) -> None:
        """Forget what is in the file; go on with what was saved meanwhile."""
        error = done.exception()
        if error is not None:
            log.warning("remembered: not written: %s", error)
        with self._lock:
            batch = dict(self._unwritten) if error is not None else done.result()
            for key, text in batch.items():
                if self._unwritten.get(key) == text:
                    del self._unwritten[key]
            self._under_way = bool(self._unwritten)
            more = self._under_way
        if more:
            self._hand_over()


def recall(database: Database) -> Sequence[tuple[str, str, int]]:
    """All names and texts, and when they were kept, ms. Raises StorageError."""
    try:
        rows: list[tuple[str, str, int]] = database.cursor().execute(RECALL).fetchall()
    except duckdb.Error as error:
        raise StorageError(f"What is remembered cannot be read: {first_line(error)}") from error
    return rows


class DailyCloses:
    """The last price of each day, kept for good. Any thread may call."""

    def __init__(self, database: Database, writer: Writer) -> None:
        self._database = database
        self._writer = writer

    def load(self, symbols: Sequence[str], since: date) -> Mapping[str, Mapping[date, float]]:
        """The closes from `since` on; symbols without any are left out. Raises StorageError."""
        given = {"symbols": list(symbols), "since": since}
        found: dict[str, dict[date, float]] = {}
        try:
            rows = self._database.cursor().execute(CLOSES, given).fetchall()
        except duckdb.Error as error:
            raise StorageError(f"The daily closes cannot be read: {first_line(error)}") from error
        for symbol, day, close in rows:
            found.setdefault(symbol, {})[day] = close
        return found

    def save(self, closes: Sequence[Close]) -> None:
        """Keep them; a day that is known already is replaced. Never waits."""
        once = {(close.symbol, close.day): close for close in closes}
        if once:
            kept = list(once.values())
            self._writer.change(lambda cursor: keep_closes(cursor, kept))


def keep_closes(cursor: duckdb.DuckDBPyConnection, closes: Sequence[Close]) -> None:
    cursor.execute(
        KEEP_CLOSES,
        {
            "symbols": [close.symbol for close in closes],
            "days": [close.day for close in closes],
            "closes": [close.value for close in closes],
            "sources": [close.source for close in closes],
        },
    )
