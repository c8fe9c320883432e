"""The SQL of a rule: what stands in the place of a condition, and what its rows mean."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from msgspec import Struct

from oculus.core.event import Severity
from oculus.rules.language.condition import Values, Worse

MOST_ROWS = 1000
RESERVED = ("message", "severity", "ts")  # columns that are no part of a row's key
NUMERIC = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE", "DECIMAL")
NUMERIC_TYPES = (*NUMERIC, *(f"U{name}" for name in NUMERIC))
UNREAD = re.compile(r"'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/", re.DOTALL)  # text and comments
PLACE = re.compile(r"\$([A-Za-z_]\w*)")


class RowsError(ValueError):
    """Rows that cannot be told apart or understood. Worded for whoever wrote the statement."""


class Result(Protocol):
    """What a statement returned."""

    @property
    def columns(self) -> Sequence[tuple[str, str]]: ...  # name and DuckDB type
    @property
    def rows(self) -> Sequence[Sequence[Any]]: ...
    @property
    def truncated(self) -> bool: ...  # there were more than MOST_ROWS


class Row(Struct, frozen=True):
    """One row: an instance of the rule whose condition holds."""

    columns: dict[str, Any]
    value: float | None  # the column `value`, else the first number
    severity: Severity | None  # the column `severity`
    message: str  # the column `message`

    @property
    def symbol(self) -> str:
        return str(self.columns.get("symbol") or "")


@dataclass(frozen=True)
class Statement:
    """SQL, its parameters and what makes up a key. Takes a Condition's place; equal when nothing differs."""

    sql: str
    params: Mapping[str, Any] = field(default_factory=dict)
    key: tuple[str, ...] = ()
    symbols: tuple[str, ...] = field(default=(), init=False)
    globs: tuple[str, ...] = field(default=(), init=False)
    main_symbol: str = field(default="", init=False)
    timed: bool = field(default=False, init=False)

    def __str__(self) -> str:
        parts = {"sql": self.sql.strip(), "params": self.params, "key": self.key}
        return json.dumps(parts, sort_keys=True, default=str)

    def bind(self, _: str) -> Statement:
        return self

    def holds(self, _: Values) -> bool | None:
        """What its rows were was said by whoever ran it: no moment without a run makes a difference."""
        return True

    def value(self, _: Values) -> float | None:
        return None

    def threshold(self, _: Values) -> float | None:
        return self.limit

    @property
    def limit(self) -> float | None:
        """The parameter called threshold."""
        given = self.params.get("threshold")
        return float(given) if isinstance(given, int | float) else None

    def worse(self) -> tuple[Worse, float]:
        return Worse.HIGHER, 0.0

    def names(self, _: str) -> set[str]:
        return set()

    def places(self) -> set[str]:
        """The names written $name in it."""
        return set(PLACE.findall(UNREAD.sub(" ", self.sql)))


def rows_by_key(result: Result, key: Sequence[str]) -> dict[str, Row]:
    """The rows under what tells them apart: the sorted values of their columns that are no numbers, or
    the values of the columns in `key`. Raises RowsError.
    """
    names = [name for name, _ in result.columns]
    numbers = [name for name, kind in result.columns if kind.split("(")[0] in NUMERIC_TYPES]
    if missing := [name for name in key if name not in names]:
        raise RowsError(f"key names {missing[0]!r}, which is none of the columns {', '.join(names)}")
    told_by = [name for name in names if name not in numbers and name not in RESERVED]
    found: dict[str, Row] = {}
    for values in result.rows[:MOST_ROWS]:
        columns = dict(zip(names, values, strict=True))
        texts = [text(columns[name]) for name in key] or sorted(text(columns[name]) for name in told_by)
        name = ", ".join(texts)
        if name in found:
            raise RowsError(
                f"two rows have the key {name!r}; group them, or name the columns that tell them apart as key"
            )
        found[name] = row_of(columns, numbers)
    return found


def row_of(columns: dict[str, Any], numbers: Sequence[str]) -> Row:
    chosen = "value" if "value" in columns else next(iter(numbers), "")
    given = columns.get("severity")
    if given is not None and given not in list(Severity):
        raise RowsError(f"severity is {given!r}; it must be info, warn, error or critical")
    message = columns.get("message")
    return Row(
        columns,
        number(columns.get(chosen)),
        Severity(given) if given is not None else None,
        "" if message is None else str(message),
    )


def number(given: Any) -> float | None:
    """Big and exact numbers come as text."""
    try:
        value = float(given)
    except (TypeError, ValueError, OverflowError):
        return None
    return value if math.isfinite(value) else None


def text(given: Any) -> str:
    if given is None or isinstance(given, bool | list | dict):
        return json.dumps(given)
    return str(given)
