"""Questions about stored metrics. One symbol over a while: series.py."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Literal

import duckdb
import msgspec
from msgspec import Struct, field

from oculus.core.errors import QueryError
from oculus.core.metric import Metric
from oculus.storage.file.connection import one
from oculus.storage.rollups.marks import NEVER_MS

MOST = 1000  # metrics on one page
COLUMNS = "epoch_ms(ts), category, symbol, value, tags"
# Rows lie in time order, so a symbol's newest row is the one with its highest time; reading the other
# columns of 200 rows afterwards is five times quicker than carrying them through the grouping.
LATEST = """
    SELECT epoch_ms(ts), category, symbol, value, tags FROM metrics
    WHERE rowid IN (
        SELECT arg_max(rowid, ts) FROM metrics
        WHERE ts >= make_timestamptz(?) AND ts < make_timestamptz(?) GROUP BY symbol
    )
    ORDER BY symbol
"""
RECENT = """
    SELECT max(epoch_ms(ts)), any_value(category), symbol, arg_max(value, ts), NULL
    FROM metrics
    WHERE ts >= make_timestamptz(?) AND ts < make_timestamptz(?)
    GROUP BY symbol, epoch_ms(ts) // ?
"""
NEWEST = "SELECT epoch_ms(max(ts)) FROM metrics"
LOOKS_MS = (3_600_000, 86_400_000)  # how far back the newest page is looked for before all is looked through
FAR_MS = 32_503_680_000_000  # the year 3000: later than any time that is stored


class MetricFilter(Struct, frozen=True, kw_only=True):
    """Which metrics. `*` in `symbol` stands for anything; empty and None mean all. Times are UTC ms."""

    symbol: str = ""
    category: str = ""
    since_ms: int | None = None
    until_ms: int | None = None  # not included
    tags: dict[str, str] = field(default_factory=dict)
    order: Literal["asc", "desc"] = "desc"
    limit: int = 100  # at most MOST
    cursor: str = ""  # of the page before


class MetricPage(Struct, frozen=True):
    """`cursor` asks for the page after this one; empty when this is the last."""

    metrics: list[Metric]
    cursor: str

    @property
    def truncated(self) -> bool:
        return bool(self.cursor)


def latest_all(cursor: duckdb.DuckDBPyConnection, since_ms: int, until_ms: int = FAR_MS) -> list[Metric]:
    """The newest metric before `until_ms` of every symbol heard of since `since_ms`, by symbol."""
    return read(cursor, LATEST, [since_ms * 1000, until_ms * 1000])


def recent(cursor: duckdb.DuckDBPyConnection, since_ms: int, until_ms: int, step_ms: int) -> list[Metric]:
    """The last value of every symbol in every `step_ms`, without tags, in no order."""
    return read(cursor, RECENT, [since_ms * 1000, until_ms * 1000, step_ms])


def page(cursor: duckdb.DuckDBPyConnection, wanted: MetricFilter) -> MetricPage:
    """One page of metrics by time. Raises QueryError for a cursor that is none of ours."""
    limit = max(1, min(wanted.limit, MOST))
    boundary, skip = read_cursor(wanted.cursor)
    where, given = conditions(wanted, boundary)
    # Many rows share a time; the cursor says how many of the boundary's have been seen.
    order = f"ORDER BY ts {'DESC' if wanted.order == 'desc' else 'ASC'}, symbol, rowid LIMIT ? OFFSET ?"
    sql = f"SELECT {COLUMNS} FROM metrics WHERE {where} AND ts >= make_timestamptz(?) {order}"  # noqa: S608
    found: list[Metric] = []
    for since_ms in beginnings(cursor, wanted, boundary):
        found = read(cursor, sql, [*given, since_ms * 1000, limit + 1, skip])
        if len(found) > limit:
            break
    shown = found[:limit]
    if len(found) <= limit:
        return MetricPage(shown, "")
    last_ms = shown[-1].ts_ms
    seen = sum(metric.ts_ms == last_ms for metric in shown) + (skip if last_ms == boundary else 0)
    return MetricPage(shown, f"{last_ms}.{seen}")


def beginnings(
    cursor: duckdb.DuckDBPyConnection, wanted: MetricFilter, boundary_ms: int | None
) -> Iterator[int]:
    """From when on to look for a page: the newest rows lie last, and a look at all sorts most of them."""
    if wanted.order == "desc":
        ends = [end for end in (boundary_ms, wanted.until_ms) if end is not None]
        newest_ms = min(ends) if ends else one(cursor, NEWEST)[0] or 0
        yield from (newest_ms - span_ms for span_ms in LOOKS_MS)
    yield NEVER_MS


def conditions(wanted: MetricFilter, boundary_ms: int | None) -> tuple[str, list[Any]]:
    """The WHERE of a page, and its parameters."""
    parts: list[tuple[str, list[Any]]] = []
    if "*" in wanted.symbol:
        parts.append(("symbol LIKE ? ESCAPE '\\'", [like(wanted.symbol)]))
    elif wanted.symbol:
        parts.append(("symbol = ?", [wanted.symbol]))
    if wanted.category:
        parts.append(("category = ?", [wanted.category]))
    if wanted.since_ms is not None:
        parts.append(("ts >= make_timestamptz(?)", [wanted.since_ms * 1000]))
    if wanted.until_ms is not None:
        parts.append(("ts < make_timestamptz(?)", [wanted.until_ms * 1000]))
    if boundary_ms is not None:
        sign = "<=" if wanted.order == "desc" else ">="
        parts.append((f"ts {sign} make_timestamptz(?)", [boundary_ms * 1000]))
    parts += [("json_extract_string(tags, ?) = ?", [pointer(key), tag]) for key, tag in wanted.tags.items()]
    return " AND ".join(sql for sql, _ in parts) or "true", [one for _, given in parts for one in given]


def like(glob: str) -> str:
    """A glob, in which only `*` is special, as a LIKE pattern with `\\` for escapes."""
    return re.sub(r"([\\%_])", r"\\\1", glob).replace("*", "%")


def pointer(key: str) -> str:
    """A tag's name as a JSON pointer, whatever characters it has."""
    return "/" + key.replace("~", "~0").replace("/", "~1")


def read_cursor(text: str) -> tuple[int | None, int]:
    if not text:
        return None, 0
    if not re.fullmatch(r"-?\d{1,15}\.\d{1,9}", text):
        raise QueryError("bad_request", f"{text[:40]!r} is no cursor", "Use the one from the page before.")
    ms, _, seen = text.partition(".")
    return int(ms), int(seen)


def read(cursor: duckdb.DuckDBPyConnection, sql: str, given: Sequence[Any]) -> list[Metric]:
    """Metrics from rows of COLUMNS."""
    rows = cursor.execute(sql, given).fetchall()
    return [
        Metric(ts_ms, category, symbol, value, msgspec.json.decode(tags) if tags else {})
        for ts_ms, category, symbol, value, tags in rows
    ]
