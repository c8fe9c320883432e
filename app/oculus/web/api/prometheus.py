"""Prometheus' text format, version 0.0.4."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Literal

from msgspec import Struct

from oculus.core.counters import BOUNDS_S, Timing

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Sample(Struct, frozen=True):
    """One number. `suffix` is for the parts of a histogram."""

    value: float
    labels: Mapping[str, str] = {}
    suffix: str = ""


class Family(Struct, frozen=True):
    """All samples of one name."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    help: str
    samples: Iterable[Sample]


def write(families: Iterable[Family]) -> str:
    """The page, families without a sample left out."""
    return "".join(block(family) for family in families)


def block(family: Family) -> str:
    lines = [line(family.name, sample) for sample in family.samples]
    if not lines:
        return ""
    head = [f"# HELP {family.name} {escape(family.help)}", f"# TYPE {family.name} {family.kind}"]
    return "\n".join([*head, *lines, ""])


def line(name: str, sample: Sample) -> str:
    labels = ",".join(f'{key}="{escape(text, quote=True)}"' for key, text in sample.labels.items())
    return f"{name}{sample.suffix}{'{' + labels + '}' if labels else ''} {number(sample.value)}"


def number(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return str(int(value)) if value == int(value) else repr(float(value))


def escape(text: str, *, quote: bool = False) -> str:
    text = text.replace("\\", r"\\").replace("\n", r"\n")
    return text.replace('"', r"\"") if quote else text


def histogram(timing: Timing) -> list[Sample]:
    """Cumulative buckets, as Prometheus wants them, then sum and count."""
    samples, total = [], 0
    for bound, count in zip((*BOUNDS_S, math.inf), timing.buckets, strict=True):
        total += count
        samples.append(Sample(total, {"le": number(bound)}, "_bucket"))
    return [*samples, Sample(timing.total_s, suffix="_sum"), Sample(timing.count, suffix="_count")]
