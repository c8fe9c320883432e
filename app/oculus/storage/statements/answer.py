"""What a statement from outside returned, in values that JSON knows, without loss."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from msgspec import Struct

from oculus.core.errors import QueryError

EXACT = 2**53  # integers beyond it are changed by readers that know only doubles, so they go as text
LONGEST = 8 * 2**20  # characters of one answer
INTERVAL = "INTERVAL"
NESTED = ("STRUCT", "MAP", "UNION", "LIST", "ARRAY", "VARIANT")  # and whatever ends in []


class QueryResult(Struct, frozen=True):
    """Columns as (name, DuckDB type), rows of JSON values. `truncated`: there were more rows."""

    columns: list[tuple[str, str]]
    rows: list[list[Any]]
    truncated: bool
    elapsed_ms: float

    def as_json(self) -> dict[str, Any]:
        """The shape of the answer of POST /api/query."""
        return {
            "columns": [{"name": name, "type": kind} for name, kind in self.columns],
            "rows": self.rows,
            "row_count": len(self.rows),
            "truncated": self.truncated,
            "elapsed_ms": self.elapsed_ms,
        }


class Values:
    """Turns rows of the DuckDB types `kinds`, fetched by `as_text`, into JSON values; counts their text."""

    def __init__(self, kinds: Sequence[str]) -> None:
        self._nested = [is_nested(kind) for kind in kinds]
        self._length = 0

    def row(self, given: Sequence[Any]) -> list[Any]:
        """Raises QueryError when the answer has become too long."""
        self._length += sum(len(value) for value in given if isinstance(value, str | bytes))
        if self._length > LONGEST:
            raise QueryError(
                "too_large", "The answer is larger than 8 MB", "Select fewer columns, or shorten long values."
            )
        return [
            json_value(json.loads(value, parse_float=plain_float) if nested and value is not None else value)
            for nested, value in zip(self._nested, given, strict=True)
        ]


def is_nested(kind: str) -> bool:
    return kind.endswith("]") or kind.startswith(NESTED)


def is_plain(kind: str) -> bool:
    """Whether its values are fetched as they are."""
    return not is_nested(kind) and kind != INTERVAL


def as_text(sql: str, kinds: Sequence[str]) -> str:
    """`sql` with columns as text where DuckDB writes it better. Parsed by itself, its brackets match.

    Nested values are JSON: a list of a million as Python objects would stop every other thread for seconds.
    Intervals are as SQL reads them, "1 month 2 days 03:04:05": in Python a month would be 30 days.
    """
    wanted = [
        f"to_json(#{n})::VARCHAR" if is_nested(kind) else f"#{n}::VARCHAR" if kind == INTERVAL else f"#{n}"
        for n, kind in enumerate(kinds, 1)
    ]
    return f"SELECT {', '.join(wanted)} FROM ({sql}\n)"  # noqa: S608


def plain_float(written: str) -> float | str:
    """A decimal with more digits than a double has stays text."""
    value = float(written)
    return value if Decimal(written) == Decimal(repr(value)) else written


def json_value(value: Any) -> Any:
    """One value as JSON: NaN and infinity as null, times as ISO 8601 (in UTC where they have a zone)."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return value if abs(value) <= EXACT else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return other_value(value)


def other_value(value: Any) -> Any:
    if isinstance(value, datetime) and value.tzinfo:
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list):
        return [json_value(one) for one in value]
    if isinstance(value, dict):
        return {str(key): json_value(one) for key, one in value.items()}
    return str(value)  # decimals, UUIDs
