"""SQL from outside: read-only, five seconds, a thousand rows."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from oculus.runtime import Oculus
from oculus.web.site import Site
from oculus.web.words import csv_answer


class QueryBody(Struct, frozen=True, forbid_unknown_fields=True):
    """`params` is a list for `?`, an object for `$name`."""

    sql: str
    params: list[Any] | dict[str, Any] | None = None


class QueryFormat(Struct, frozen=True):
    format: Literal["json", "csv"] = "json"


class ColumnAnswer(Struct, frozen=True):
    name: str
    type: str


class QueryAnswer(Struct, frozen=True):
    """Rows in the order of `columns`. `truncated`: there were more than a thousand."""

    columns: list[ColumnAnswer]
    rows: list[list[Any]]
    row_count: int
    truncated: bool
    elapsed_ms: float


def mount(app: Site, oculus: Oculus) -> None:
    """Hang the query on `app`."""

    @app.post("/api/query", query=QueryFormat, body=QueryBody, errors=(422,))
    def run(query: QueryFormat, body: QueryBody) -> QueryAnswer | str:
        """Exactly one SELECT or EXPLAIN."""
        found = oculus.reader.query(body.sql, body.params)
        if query.format == "csv":
            return csv_answer([name for name, _ in found.columns], found.rows, "query.csv")
        columns = [ColumnAnswer(name, kind) for name, kind in found.columns]
        return QueryAnswer(columns, found.rows, len(found.rows), found.truncated, found.elapsed_ms)
