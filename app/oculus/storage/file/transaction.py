"""Several statements as one: all of them count, or none."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import duckdb


@contextlib.contextmanager
def transaction(cursor: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """What `cursor` does meanwhile counts once this has ended; if it raises, not at all."""
    begin(cursor)
    try:
        yield
        cursor.commit()
    except BaseException:
        # After a failed commit there is nothing left to roll back, which DuckDB calls an error.
        with contextlib.suppress(duckdb.Error):
            cursor.rollback()
        raise


def begin(cursor: duckdb.DuckDBPyConnection) -> None:
    """Where memory is short, a rollback may have failed and left its transaction open: it is done here."""
    try:
        cursor.begin()
    except duckdb.TransactionException:
        cursor.rollback()
        cursor.begin()
