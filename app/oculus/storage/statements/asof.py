"""The file as it was at some moment of the past, for one cursor: so the SQL of a rule can be played again.

Temporary views take the place of the tables that grow with time, and show nothing from later; now() and its
like are that moment. They end with the cursor, and nobody else sees them. A sample counts from its own time
on, though it may have come later, and a rollup from its end on. What has only a present (which alerts are
open, what waits to be sent) cannot be shown as it was, so a statement that reads it is refused.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from oculus.core.errors import QueryError
from oculus.storage.file.connection import one
from oculus.storage.file.schema import from_files
from oculus.storage.statements.growth import Node
from oculus.storage.statements.guard import ctes, every, parsed

MOMENT = "getvariable('as_of')"
# The tables with a past, and what of them was there at that moment.
PAST = {
    "metrics": f"ts <= {MOMENT}",
    "events": f"ts <= {MOMENT}",
    "metrics_1m": f"ts <= {MOMENT} - INTERVAL 1 MINUTE",
    "metrics_1h": f"ts <= {MOMENT} - INTERVAL 1 HOUR",
    "metrics_1d": f"ts <= {MOMENT} - INTERVAL 1 DAY",
    "daily_closes": f"day < {MOMENT}::TIMESTAMP::DATE",
}
VIEW = "CREATE TEMP VIEW {table} AS SELECT * FROM {file}.main.{table} WHERE {there};"
DAY = f"{MOMENT}::TIMESTAMP::DATE"
# The functions that ask what time it is, by the word that a statement with one has in it, and what they say.
CLOCKS = {
    "now": f"now() AS {MOMENT}",
    "current_timestamp": f"get_current_timestamp() AS {MOMENT}",
    "transaction_timestamp": f"transaction_timestamp() AS {MOMENT}",
    "localtimestamp": f"current_localtimestamp() AS {MOMENT}::TIMESTAMP",
    "localtime": f"current_localtime() AS {MOMENT}::TIMESTAMP::TIME",
    "current_time": f"get_current_time() AS {MOMENT}::TIMESTAMP::TIME::TIMETZ",
    "today": f"today() AS {DAY}",
    "current_date": f"current_date() AS {DAY}",
    "age": f"age(moment) AS system.main.age({DAY}::TIMESTAMP, moment), "
    "(later, earlier) AS system.main.age(later, earlier)",
}
MACRO = "CREATE TEMP MACRO {clock};"
SET = "SET VARIABLE as_of = make_timestamptz({us});"


class NoPastError(QueryError):
    """The statement reads what was not kept as it was. Worded for whoever wrote it."""


def way_back(parser: duckdb.DuckDBPyConnection, cursor: duckdb.DuckDBPyConnection, sql: str) -> str:
    """What takes a fresh cursor back, for this statement: views and clocks that it needs.

    `parser` is a cursor of an instance without tables. Raises NoPastError, QueryError.
    """
    nodes = list(every(parsed(parser, sql.rstrip("; \t\r\n"))))
    file = f'"{one(cursor, "SELECT current_database()")[0]}"'
    read = tables_of(nodes, frozenset(from_files(cursor)))
    views = [VIEW.format(table=table, file=file, there=PAST[table]) for table in PAST if table in read]
    clocks = [MACRO.format(clock=clock) for word, clock in CLOCKS.items() if word in sql.lower()]
    return "".join(views + clocks)


def go_back(cursor: duckdb.DuckDBPyConnection, way: str, ms: int) -> None:
    """Make it `ms`, UTC, for a fresh cursor."""
    cursor.execute(SET.format(us=ms * 1000) + way)


def tables_of(nodes: Sequence[Node], from_files: frozenset[str]) -> set[str]:
    """The tables that are read. Each must have a past, or come from a file, which says nothing of time."""
    its_own = {str(entry["key"]).lower() for node in nodes for entry in ctes(node)}
    read = [node for node in nodes if node.get("type") == "BASE_TABLE"]
    for node in read:
        name = str(node["table_name"]).lower()
        if name not in {*PAST, *from_files, *its_own}:
            raise NoPastError(
                "bad_request",
                f"It reads {name}, of which only the present is kept, and not how it was",
                f"What can be played back reads {', '.join(PAST)}.",
            )
        if node.get("catalog_name"):
            raise NoPastError(
                "bad_request", f"It names the file of {name}", f"Write {name} alone to play it back."
            )
    return {str(node["table_name"]).lower() for node in read}
