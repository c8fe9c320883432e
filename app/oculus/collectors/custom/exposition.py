"""Prometheus' text format: reading it, and choosing one series of it: `name{label="value"}`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from oculus.core.pattern import Pattern

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:.]*"
LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"'
MATCHERS = re.compile(rf"\s*{LABEL}\s*(,|$)")
SELECTOR = re.compile(rf"\s*({NAME})\s*(?:\{{(.*)\}})?\s*", re.DOTALL)
SAMPLE = re.compile(
    rf'({NAME})\s*(?:\{{((?:[^"{{}}]|"(?:[^"\\]|\\.)*")*)\}})?\s+(\S+)(?:\s+(-?\d+))?(?:\s+#.*)?'
)
ESCAPES = {r"\\": "\\", r"\"": '"', r"\n": "\n"}


class Sample(NamedTuple):
    """One line: a number of one series. `ts_ms` is None where it gives no time."""

    name: str
    labels: Mapping[str, str]
    value: float
    ts_ms: int | None


class Matcher(NamedTuple):
    label: str
    sign: str
    value: str

    def holds(self, labels: Mapping[str, str]) -> bool:
        found = labels.get(self.label, "")
        same = compiled(self.value).fits(found) if "~" in self.sign else found == self.value
        return same != self.sign.startswith("!")


class Selector(NamedTuple):
    """Which series is meant."""

    name: str
    matchers: tuple[Matcher, ...]

    @classmethod
    def parse(cls, text: str) -> Selector:
        """Raises ValueError, worded for the person who wrote it."""
        found = SELECTOR.fullmatch(text)
        if found is None:
            raise ValueError(f'{text!r} is no series; write name or name{{label="value"}}')
        matchers = tuple(Matcher(*each) for each in _labels(found[2] or "", text))
        for matcher in matchers:
            if "~" in matcher.sign:
                compiled(matcher.value)
        return cls(found[1], matchers)

    def matches(self, sample: Sample) -> bool:
        return sample.name == self.name and all(each.holds(sample.labels) for each in self.matchers)


def read_samples(text: str) -> Iterator[Sample]:
    """Every line that holds a number; others are passed over, as Prometheus' own comments are."""
    for line in text.splitlines():
        found = None if line.startswith("#") else SAMPLE.fullmatch(line.strip())
        if found is None:
            continue
        try:
            value = float(found[3])
            labels = {name: text for name, sign, text in _labels(found[2] or "", line)}
        except ValueError:
            continue
        yield Sample(found[1], labels, value, int(found[4]) if found[4] else None)


def _labels(text: str, whole: str) -> Iterator[tuple[str, str, str]]:
    """(label, sign, value) of what stands between the braces. Raises ValueError."""
    at = 0
    while at < len(text.rstrip()):
        found = MATCHERS.match(text, at)
        if found is None:
            raise ValueError(f'{whole!r} has labels that cannot be read; write {{label="value"}}')
        value = re.sub(r"\\.", lambda escape: ESCAPES.get(escape[0], escape[0]), found[3])
        yield found[1], found[2], value
        at = found.end()


@lru_cache(maxsize=256)
def compiled(pattern: str) -> Pattern:
    try:
        return Pattern(pattern)
    except ValueError as error:
        raise ValueError(f"{pattern!r} is no regular expression: {error}") from error
