"""The file as it was at some moment of the past, for one cursor: so the SQL of a rule can be played again.

Temporary views take the place of the tables that grow with time, and show nothing from later; now() and its
like are that moment. They end with the cursor, and nobody else sees them. A sample counts from its own time
on, though it may have come later, and a rollup from its end on. What has only a present (which alerts are
open, what waits to be sent) cannot be shown as it was, so a statement that reads it is refused.
"""

from __future__ import annotations

import duckdb

from oculus.core.errors import QueryError
from oculus.storage.connection import one
from oculus.storage.guard import ctes, every, parsed
from oculus.storage.schema import from_files

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
CLOCKS = f"""
    CREATE TEMP MACRO now() AS {MOMENT};
    CREATE TEMP MACRO get_current_timestamp() AS {MOMENT};
    CREATE TEMP MACRO transaction_timestamp() AS {MOMENT};
    CREATE TEMP MACRO current_localtimestamp() AS {MOMENT}::TIMESTAMP;
    CREATE TEMP MACRO current_localtime() AS {MOMENT}::TIMESTAMP::TIME;
    CREATE TEMP MACRO get_current_time() AS {MOMENT}::TIMESTAMP::TIME::TIMETZ;
    CREATE TEMP MACRO today() AS {MOMENT}::TIMESTAMP::DATE;
    CREATE TEMP MACRO current_date() AS {MOMENT}::TIMESTAMP::DATE;
    CREATE TEMP MACRO age(moment) AS system.main.age({MOMENT}::TIMESTAMP::DATE::TIMESTAMP, moment),
        (later, earlier) AS system.main.age(later, earlier);
"""
SET = "SET VARIABLE as_of = make_timestamptz({us});"


class NoPastError(QueryError):
    """The statement reads what was not kept as it was. Worded for whoever wrote it."""


def go_back(parser: duckdb.DuckDBPyConnection, cursor: duckdb.DuckDBPyConnection, sql: str, ms: int) -> None:
    """Make it `ms`, UTC, for a fresh cursor, which is to run `sql`. Raises NoPastError, QueryError.

    `parser` is a cursor of an instance without tables.
    """
    check(parser, cursor, sql)
    file = f'"{one(cursor, "SELECT current_database()")[0]}"'
    views = "".join(VIEW.format(table=table, file=file, there=there) for table, there in PAST.items())
    cursor.execute(SET.format(us=ms * 1000) + views + CLOCKS)


def check(parser: duckdb.DuckDBPyConnection, cursor: duckdb.DuckDBPyConnection, sql: str) -> None:
    """Every table must have a past, or come from a file, which says nothing of time."""
    nodes = list(every(parsed(parser, sql.rstrip("; \t\r\n"))))
    its_own = (str(entry["key"]).lower() for node in nodes for entry in ctes(node))
    known = {*PAST, *from_files(cursor), *its_own}
    for node in nodes:
        if node.get("type") != "BASE_TABLE":
            continue
        name = str(node["table_name"]).lower()
        if name not in known:
            raise NoPastError(
                "bad_request",
                f"It reads {name}, of which only the present is kept, and not how it was",
                f"What can be played back reads {', '.join(PAST)}.",
            )
        if node.get("catalog_name"):
            raise NoPastError(
                "bad_request", f"It names the file of {name}", f"Write {name} alone to play it back."
            )
