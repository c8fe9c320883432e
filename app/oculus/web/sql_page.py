"""The page for questions in SQL: an editor, what there is to ask, and the queries that people saved."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from oculus.runtime import Oculus
from oculus.web.dashboard.board import Boards
from oculus.web.kept.shelf import Shelf
from oculus.web.site import Site
from oculus.web.templates import render

COLUMNS = """
    SELECT table_name, column_name, data_type FROM information_schema.columns
    WHERE table_schema = 'main' ORDER BY table_name, ordinal_position
"""
FIRST = ("metrics", "events", "alerts", "deliveries")  # what people ask for most
SHORT = {"TIMESTAMP WITH TIME ZONE": "TIMESTAMPTZ"}
EXAMPLES = (
    (
        "The last hour, minute by minute",
        "SELECT time_bucket(INTERVAL '1 minute', ts) AS minute, symbol, avg(value) AS mean\n"
        "FROM metrics\nWHERE ts > now() - INTERVAL '1 hour' AND category = 'net.ping'\n"
        "  AND NOT regexp_matches(symbol, '\\.(up|loss|jitter|min|max)$')\n"
        "GROUP BY ALL ORDER BY minute",
    ),
    (
        "Which rules fired most this week",
        "SELECT rule, count(*) AS firings\nFROM alerts\nWHERE fired_at > now() - INTERVAL '7 days'\n"
        "GROUP BY rule ORDER BY firings DESC",
    ),
    (
        "Which coins moved most in a day",
        "SELECT symbol, arg_min(value, ts) AS first, arg_max(value, ts) AS last,\n"
        "  last / nullif(first, 0) - 1 AS moved\n"
        "FROM metrics\nWHERE ts > now() - INTERVAL '1 day' AND category LIKE 'crypto.%'\n"
        "GROUP BY symbol ORDER BY abs(moved) DESC LIMIT 20",
    ),
)


@dataclass(frozen=True, slots=True)
class Table:
    """A table that can be asked, with (name, type) of its columns."""

    name: str
    columns: tuple[tuple[str, str], ...]


def mount(app: Site, oculus: Oculus, boards: Boards, shelf: Shelf) -> None:
    """Hang the page on `app`."""

    @app.get("/query")
    def query() -> str:
        return render(
            "pages/query.html",
            page="query",
            frame=boards.frame(),
            tables=tables(oculus),
            saved=shelf.queries(),
            examples=EXAMPLES,
        )


def tables(oculus: Oculus) -> list[Table]:
    """The usual ones first, then by name."""
    rows = oculus.reader.query(COLUMNS, max_rows=10_000).rows
    found = [
        Table(name, tuple((column, SHORT.get(kind, kind)) for _, column, kind in group))
        for name, group in groupby(rows, key=itemgetter(0))
    ]
    return sorted(found, key=lambda table: (place(table.name), table.name))


def place(name: str) -> int:
    return FIRST.index(name) if name in FIRST else len(FIRST)
