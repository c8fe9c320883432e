"""The same numbers for everybody: 100 latencies and 100 prices every 30 s, up to now."""

from __future__ import annotations

import json
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from bench_storage import week
from oculus.core.metric import Metric

DAYS = 2
DAY_MS = 86_400_000
PIECE = 5_000  # numbers at once


def numbers(days: int = DAYS) -> list[Metric]:
    """In time order; the newest is a few seconds old."""
    made = list(week(days))
    shift = round(time.time() * 1000) - 5_000 - made[-1].ts_ms
    return [Metric(m.ts_ms + shift, m.category, m.symbol, m.value, m.tags) for m in made]


def pieces(given: Sequence[Metric], size: int = PIECE) -> Iterator[list[Metric]]:
    rest = iter(given)
    while piece := list(islice(rest, size)):
        yield piece


def as_pushes(given: Sequence[Metric]) -> bytes:
    """What Oculus takes at /in/<name>."""
    return json.dumps([{m.symbol: m.value, "ts": m.ts_ms} for m in given], separators=(",", ":")).encode()


def as_lines(given: Sequence[Metric]) -> bytes:
    """InfluxDB's line protocol, that VictoriaMetrics reads too. Times in ms."""
    return "\n".join(f"metrics,symbol={m.symbol} value={m.value!r} {m.ts_ms}" for m in given).encode()


def as_openmetrics(given: Sequence[Metric]) -> Iterator[str]:
    """What promtool makes blocks of."""
    yield "# TYPE metrics_value gauge\n"
    for m in given:
        yield f'metrics_value{{symbol="{m.symbol}"}} {m.value!r} {m.ts_ms / 1000:.3f}\n'
    yield "# EOF\n"


def post(url: str, body: bytes, **headers: str) -> bytes:
    request = urllib.request.Request(url, body, headers, method="POST")
    with urllib.request.urlopen(request, timeout=60) as answer:
        return bytes(answer.read())


def get(url: str, headers: dict[str, str] | None = None, **params: str) -> Any:
    return json.loads(raw_get(f"{url}?{urllib.parse.urlencode(params)}" if params else url, headers))


def raw_get(url: str, headers: dict[str, str] | None = None) -> bytes:
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers or {}), timeout=60) as answer:
        return bytes(answer.read())
