"""How times and tables are written for programs."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from bottle import response

from oculus.core.clock import to_iso

CSV = "text/csv; charset=utf-8"
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a text that begins so is run by spreadsheets
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")


def iso(ms: int | None) -> str | None:
    """ISO 8601 in UTC, or None when it has not happened."""
    return None if ms is None else to_iso(ms)


def csv_answer(columns: Sequence[str], rows: Iterable[Sequence[Any]], name: str) -> str:
    """The rows as RFC 4180, offered as the file `name`. What is no text or number is written as JSON.

    Spreadsheets take some texts for formulas, which may come from anywhere; these get a quote before them.
    """
    response.content_type = CSV
    response.set_header("Content-Disposition", f'attachment; filename="{name}"')
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow([cell(name) for name in columns])
    table.writerows([cell(value) for value in row] for row in rows)
    return text.getvalue()


def cell(value: Any) -> str | int | float:
    if value is None:
        return ""
    if isinstance(value, str):
        return harmless(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    written = msgspec.json.encode(value).decode()
    return harmless(written.strip('"') if written.startswith('"') else written)


def harmless(text: str) -> str:
    """As it is, or with a quote before it when a spreadsheet would run it. A number stays a number."""
    return f"'{text}" if text.startswith(FORMULA) and not NUMBER.fullmatch(text) else text
