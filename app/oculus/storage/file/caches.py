"""Giving back what DuckDB keeps in memory for later.

It keeps pages of the file that somebody read, and a record of every buffer that a statement ever used: some
200 bytes each, thousands a minute while pages are open, none of which goes before memory is short or 32,768
of a kind have gathered. A limit that cannot be kept makes it let go of all of them, and then refuse the
limit. That takes milliseconds, and whoever reads or writes meanwhile notices nothing; what is read again
comes from the system's own cache of the file.
"""

from __future__ import annotations

from contextlib import closing

import duckdb

from oculus.storage.file.connection import literal, one
from oculus.storage.file.database import Database


def drop_caches(database: Database) -> None:
    """`memory_limit` is afterwards what it was. Raises StorageError when the database is closed."""
    with closing(database.fresh_cursor()) as held, closing(database.fresh_cursor()) as cursor:
        held.execute("SELECT range(1000)")  # as long as it is not fetched, no limit of one byte can be kept
        (usual,) = one(cursor, "SELECT current_setting('memory_limit')")
        try:
            cursor.execute("SET memory_limit = '1B'")
        except duckdb.OutOfMemoryException:
            return
        cursor.execute(f"SET memory_limit = {literal(usual)}")
