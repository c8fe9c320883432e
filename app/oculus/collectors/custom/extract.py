"""Finding things in an answer: by JMESPath in JSON, by pattern in text, by series in Prometheus' format."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jmespath
import msgspec
from jmespath.exceptions import JMESPathError

from oculus.collectors.custom.exposition import Sample, Selector, read_samples
from oculus.collectors.custom.moment import moment_ms
from oculus.collectors.custom.number import shown
from oculus.core.outside import NOT_JSON
from oculus.core.pattern import Pattern

TEXT_LIMIT = 2**20  # characters of a text that an expression is tried on


class Found(NamedTuple):
    """What stands at a place, and the moment that the format itself gives with it, if it does."""

    value: Any
    ts_ms: int | None = None


Finder = Callable[[Any], Found]  # takes what `read` made of the answer; raises ValueError in words


def finder(format: str, expression: str) -> Finder:  # noqa: A002 - as it is called in the settings
    """Raises ValueError, worded for the person who wrote the expression."""
    return FINDERS[format](expression)


def read(format: str, body: bytes, text: Callable[[], str]) -> Any:  # noqa: A002
    """What the finders of a format take. Raises ValueError when the answer is not of that format."""
    if format == "json":
        try:
            return msgspec.json.decode(body)
        except NOT_JSON as error:
            raise ValueError("its answer is not JSON, or only a part of it") from error
    if format == "prometheus":
        samples: dict[str, list[Sample]] = {}
        for sample in read_samples(text()):
            samples.setdefault(sample.name, []).append(sample)
        return samples
    return text()


def _in_json(expression: str) -> Finder:
    try:
        compiled = jmespath.compile(expression)
    except JMESPathError as error:
        what = " ".join(str(error).split())
        raise ValueError(f"{shown(expression)} is no JMESPath: {what}; write data.orders.total") from error

    def searched(answer: Any) -> Any:
        try:
            return compiled.search(answer)
        except JMESPathError as error:  # its words hold what it was used on
            raise ValueError(f"{expression} cannot be used on it: {' '.join(str(error).split())}") from error

    def find(answer: Any) -> Found:
        try:
            value = searched(answer)
        except RecursionError as error:
            raise ValueError(f"{expression} cannot be used on it: it is nested too deeply") from error
        if isinstance(value, list) and len(value) == 1:  # data.queues[?name=='mail'].size
            value = value[0]
        if value is None:
            raise ValueError(f"there is nothing at {expression}")
        return Found(value)

    return find


def _in_text(expression: str) -> Finder:
    try:
        pattern = Pattern(expression, multiline=True)
    except ValueError as error:
        hint = r"write users: (\d+)"
        raise ValueError(f"{shown(expression)} is no regular expression: {error}; {hint}") from error

    def find(text: str) -> Found:
        match = pattern.search(text[:TEXT_LIMIT])
        if match is None:
            raise ValueError(f"nothing in it matches {expression}")
        return Found(match[1 if pattern.groups else 0])

    return find


def _in_series(expression: str) -> Finder:
    selector = Selector.parse(expression)

    def find(samples: Mapping[str, list[Sample]]) -> Found:
        chosen = [sample for sample in samples.get(selector.name, ()) if selector.matches(sample)]
        if len(chosen) != 1:
            what = f"{len(chosen)} series match" if chosen else "no series matches"
            raise ValueError(f"{what} {expression}{', name more labels' if chosen else ''}")
        if not math.isfinite(chosen[0].value):
            raise ValueError(f"{expression} is {chosen[0].value}, which is not a number")
        ts_ms = chosen[0].ts_ms
        return Found(chosen[0].value, None if ts_ms is None else moment_ms(ts_ms, "ms"))

    return find


FINDERS: dict[str, Callable[[str], Finder]] = {
    "json": _in_json,
    "text": _in_text,
    "prometheus": _in_series,
}
