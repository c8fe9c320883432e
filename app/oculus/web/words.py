"""How times and tables are written for programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from bottle import response

from oculus.core.clock import to_iso

CSV = "text/csv; charset=utf-8"


def iso(ms: int | None) -> str | None:
    """ISO 8601 in UTC, or None when it has not happened."""
    return None if ms is None else to_iso(ms)


def csv_answer(columns: Sequence[str], rows: Iterable[Sequence[Any]], name: str) -> str:
    """The rows as RFC 4180, offered as the file `name`. What is no text or number is written as JSON."""
    response.content_type = CSV
    response.set_header("Content-Disposition", f'attachment; filename="{name}"')
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(columns)
    table.writerows([cell(value) for value in row] for row in rows)
    return text.getvalue()


def cell(value: Any) -> str | int | float:
    if value is None:
        return ""
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return value
    written = msgspec.json.encode(value).decode()
    return written.strip('"') if written.startswith('"') else written
