"""Which tables answer a question about a span of time: numbers or rollups.

A rollup takes the place of numbers where its own spans fall wholly within those that are asked for, so the
answer is the same; and everywhere where the numbers are no longer kept. Minutes do so in large files only:
one is read as long as three numbers are.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import duckdb

from oculus.storage.file.transaction import transaction
from oculus.storage.rollups.marks import NEVER_MS, RAW, Marks
from oculus.storage.rollups.sql import COLUMNS, LEVELS, floor

# A number as the rollup of itself.
NUMBERS = """
    SELECT ts, category, symbol, 1 AS "count", value AS "min", value AS "max", value AS "avg",
        value AS "first", value AS "last", NULL::DOUBLE AS "stddev" FROM metrics
"""
WITHIN = "ts >= make_timestamptz({since}000) AND ts < make_timestamptz({until}000)"
ANY_STEP = 0  # the answer is one: any rollup will do
NUMBERS_ONLY = 1  # rollups only where the numbers are gone
LARGE = 20_000_000  # numbers; fewer of them are read within 20 ms


class Piece(NamedTuple):
    """Part of a span of time, and the table to ask about it; ms since 1970, the end not included."""

    table: str
    since_ms: int
    until_ms: int


@contextlib.contextmanager
def snapshot(cursor: duckdb.DuckDBPyConnection) -> Iterator[Marks]:
    """One state of the file for several statements, and its marks."""
    with transaction(cursor):
        yield Marks.read(cursor)


def pieces(marks: Marks, since_ms: int, until_ms: int, step_ms: int) -> list[Piece]:
    """The parts that make up a span, by time, for an answer in steps of `step_ms`."""
    return list(cover(marks, since_ms, until_ms, step_ms, len(LEVELS)))


def cover(marks: Marks, since_ms: int, until_ms: int, step_ms: int, coarsest: int) -> Iterator[Piece]:
    if since_ms >= until_ms:
        return
    if coarsest == 0:
        yield Piece(RAW, since_ms, until_ms)
        return
    level = LEVELS[coarsest - 1]
    gone_ms = marks.kept_ms(level.source)  # before this there is nothing finer
    end = min(until_ms, marks.rolled_ms or NEVER_MS)
    if step_ms % level.span_ms or (level.source == RAW and step_ms and marks.numbers < LARGE):
        end = min(end, -floor(-gone_ms, level.span_ms))
    begin = max(since_ms, marks.kept_ms(level.table))
    begin = floor(begin, level.span_ms) if begin < gone_ms else -floor(-begin, level.span_ms)
    end = -floor(-end, level.span_ms) if until_ms <= gone_ms else floor(end, level.span_ms)
    if begin >= end:
        yield from cover(marks, since_ms, until_ms, step_ms, coarsest - 1)
        return
    yield from cover(marks, since_ms, begin, step_ms, coarsest - 1)
    yield Piece(level.table, begin, end)
    yield from cover(marks, end, until_ms, step_ms, coarsest - 1)


def only_numbers(parts: Sequence[Piece]) -> bool:
    return all(part.table == RAW for part in parts)


def source(parts: Sequence[Piece], chosen: str) -> str:
    """A subquery with the columns of a rollup over all parts; `chosen` is a condition on the symbol."""
    selects = (
        f"{NUMBERS if part.table == RAW else f'SELECT {COLUMNS} FROM {part.table}'} WHERE {chosen} AND "  # noqa: S608
        + WITHIN.format(since=part.since_ms, until=part.until_ms)
        for part in parts
    )
    return f"({' UNION ALL '.join(selects)})"
