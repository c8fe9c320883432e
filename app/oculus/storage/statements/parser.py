"""DuckDB's own parser, in an instance that holds nothing and can reach nothing."""

from __future__ import annotations

import threading

import duckdb


class Parser:
    """One for all who ask; made when the first one does, because it takes 4 MB."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connection: duckdb.DuckDBPyConnection | None = None

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A new cursor, for whoever closes it. Any thread may ask."""
        with self._lock:
            if self._connection is None:
                self._connection = duckdb.connect(
                    ":memory:", config={"threads": 1, "async_threads": 1, "enable_external_access": "false"}
                )
            return self._connection.cursor()
