"""Reading a file that is to become a table, in a DuckDB of its own.

The database itself can reach no file (connection.py). So another one, in memory and gone afterwards, reads
it, and hands the values over as text with the type that each column has.
"""

from __future__ import annotations

import glob
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import duckdb

from oculus.core.errors import StorageError
from oculus.storage.file.connection import interrupt

READERS = {
    ".csv": "read_csv(?, header := true, sample_size := -1)",
    ".parquet": "read_parquet(?)",
}
CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "threads": 1,
    "memory_limit": "256MB",
    "temp_directory": "",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}
MOST_BYTES = 64 * 2**20
MOST_ROWS = 500_000
MOST_CELLS = 5_000_000
MOST_TEXT = 256 * 2**20  # characters of all values: a small Parquet file can hold a great deal
CELLS_AT_ONCE = 40_000  # about a tenth of a second of the writer's time
# Types whose values come back as they were from the text that DuckDB writes for them.
PLAIN = re.compile(
    r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL\(\d+,\d+\)|BOOLEAN|VARCHAR|UUID|BLOB|JSON"
    r"|DATE|INTERVAL|TIME( WITH TIME ZONE)?|TIMESTAMP(_S|_MS|_NS| WITH TIME ZONE)?"
)
NESTED = re.compile(r".*\]|(STRUCT|MAP|UNION)\b.*", re.DOTALL)


class Unreadable(StorageError):
    """A file that cannot become a table as it is."""


class Column(NamedTuple):
    name: str
    type: str


class TableFile:
    """An open file. `columns` says what it holds, `parts` gives its rows."""

    def __init__(self, path: Path) -> None:
        """Raises Unreadable when it cannot be read as a table."""
        self._source = READERS[path.suffix.lower()]
        self._path = glob.escape(str(path))
        self._read = self._text = 0
        check_size(path)
        self._connection = duckdb.connect(":memory:", config=CONFIG)
        try:
            self._connection.execute("SET TimeZone = 'UTC'")
            self._given = self._describe()
            self.columns = named(self._given)
        except duckdb.Error as error:
            self.close()
            raise Unreadable(reason(error, self._path)) from error
        except Unreadable:
            self.close()
            raise

    def parts(self) -> Iterator[list[list[str | None]]]:
        """The rows column by column, some at a time; every value as text. Raises Unreadable."""
        values = ", ".join(as_text(column) for column in self._given)
        size = max(1, CELLS_AT_ONCE // len(self.columns))
        try:
            found = self._connection.execute(f"SELECT {values} FROM {self._source}", [self._path])  # noqa: S608
            while rows := found.fetchmany(size):
                self._count(rows)
                yield [list(column) for column in zip(*rows, strict=True)]
        except duckdb.Error as error:
            raise Unreadable(reason(error, self._path)) from error

    def interrupt(self) -> None:
        """End a reading that is under way; any thread may call."""
        interrupt(self._connection)

    def close(self) -> None:
        self._connection.close()

    def _describe(self) -> list[Column]:
        asked = f"DESCRIBE SELECT * FROM {self._source}"  # noqa: S608
        found = self._connection.execute(asked, [self._path]).fetchall()
        return [Column(str(row[0]), str(row[1])) for row in found]

    def _count(self, rows: Sequence[Sequence[str | None]]) -> None:
        self._read += len(rows)
        self._text += sum(len(value) for row in rows for value in row if value)
        if self._read > MOST_ROWS or self._read * len(self.columns) > MOST_CELLS or self._text > MOST_TEXT:
            raise Unreadable(f"it has more than {MOST_ROWS:,} rows, or too much in them")


def reason(error: duckdb.Error, path: str) -> str:
    """What DuckDB found, without the line it quotes and without its advice to developers."""
    said = str(error).replace(f"'{path}'", "it").replace(path, "it")
    lines = [line.strip() for line in said.split("\n")]
    told = [line for line in lines if line and not line.startswith(("Original Line", "LINE "))][:2]
    return ", ".join(told).removeprefix("Invalid Input Error: ")[:300]


def check_size(path: Path) -> None:
    try:
        size = path.stat().st_size
    except OSError as error:
        raise Unreadable(f"it cannot be read ({error.strerror})") from error
    if size == 0:
        raise Unreadable("it is empty")
    if size > MOST_BYTES:
        raise Unreadable(f"it has more than {MOST_BYTES // 2**20} MB")


def table_name(path: Path) -> str:
    """What SQL calls it: "Prices 2026.csv" is prices_2026."""
    return cleaned(path.stem, "t_")


def named(given: Sequence[Column]) -> list[Column]:
    """The columns as they are kept: names for SQL without quotes, each once; nested values as JSON."""
    columns: list[Column] = []
    taken: set[str] = set()
    for number, column in enumerate(given, 1):
        name = cleaned(column.name, "c_")
        name = f"{name}_{number}" if name in taken else name
        taken.add(name)
        kind = "JSON" if NESTED.fullmatch(column.type) else column.type
        columns.append(Column(name, kind if PLAIN.fullmatch(kind) else "VARCHAR"))
    return columns


def cleaned(text: str, prefix: str) -> str:
    name = re.sub(r"[^a-z0-9_]+", "_", text.lower()).strip("_")
    return name if name and not name[0].isdigit() else f"{prefix}{name}".rstrip("_")


def as_text(column: Column) -> str:
    name = '"' + column.name.replace('"', '""') + '"'
    return f"to_json({name})::VARCHAR" if NESTED.fullmatch(column.type) else f"{name}::VARCHAR"
