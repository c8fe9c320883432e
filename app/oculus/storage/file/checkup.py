"""Looking through a database without changing a byte of it: is it whole, and how new is what it holds?

Reading a block checks it; so every column of every row is read, and summed up so that nothing is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
from msgspec import Struct

from oculus.storage.file import schema
from oculus.storage.file.connection import connect_read_only
from oculus.storage.file.database import damage
from oculus.storage.file.lock import Lock
from oculus.storage.settings import StorageSettings

Ask = Callable[[str], list[Any]]  # SQL in, rows out; raises OculusError

TABLES = """
    SELECT table_name FROM information_schema.tables
    WHERE table_schema = 'main' AND table_type = 'BASE TABLE'
"""
NEWEST = "SELECT epoch_ms(max(ts)) FROM metrics"
DAYS = "SELECT DISTINCT epoch_ms(ts) // 86400000 AS day FROM metrics ORDER BY day"
WHOLE = 'SELECT count(*), max(hash(t)) FROM "{table}" t'
# Day by day: a running copy answers no question that takes longer than a few seconds.
ONE_DAY = "SELECT count(*), max(hash(t)) FROM metrics t WHERE epoch_ms(ts) // 86400000 = {day}"


class Checkup(Struct, frozen=True, kw_only=True):
    """What a database is like. `rows` is 0 unless all of them were read."""

    bytes: int
    version: int
    newest_ms: int | None
    rows: int


def examine(data: Path, settings: StorageSettings, *, deep: bool) -> Checkup | None:
    """The database in the folder `data`, held meanwhile; None when there is none yet. `deep` reads every row.

    Raises LockedError when a copy of Oculus holds it, StorageError when it cannot be used.
    """
    path = data / settings.path
    if not path.exists():
        return None
    lock = Lock(path)
    try:
        with closing(connect_read_only(path, settings)) as connection:
            return look(path.stat().st_size, connection, deep=deep)
    except duckdb.Error as error:
        raise damage(error) from error
    finally:
        lock.release()


def look(size: int, connection: duckdb.DuckDBPyConnection, *, deep: bool) -> Checkup:
    def ask(sql: str) -> list[Any]:
        return connection.execute(sql).fetchall()

    version = schema.version(connection)
    schema.pending(version)  # raises when this program is too old for it
    newest = ask(NEWEST)[0][0] if version else None
    return Checkup(bytes=size, version=version, newest_ms=newest, rows=read_all(ask) if deep else 0)


def read_all(ask: Ask) -> int:
    """Read every column of every row. Returns how many there were; raises what `ask` raises."""
    rows = sum(count for sql in questions(ask) for count, _ in ask(sql))
    return int(rows)


def questions(ask: Ask) -> Iterator[str]:
    tables = sorted(str(name) for (name,) in ask(TABLES))
    for table in tables:
        if table == "metrics":
            yield from (ONE_DAY.format(day=int(day)) for (day,) in ask(DAYS))
        else:
            yield WHOLE.format(table=table.replace('"', '""'))
