"""The tests that a rule carries with it: samples in, news out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta, Struct, field

from oculus.core.alert import NewsKind
from oculus.core.durations import Duration, parse_duration

PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
TIME = re.compile(rf"({PART.pattern})+")
EXAMPLE = "write such as 2m30s FIRED"

Expected = tuple[int, str, str | None]  # ms since the first sample, kind, instance if that is named


class RuleTest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One trace, and what people would hear of it."""

    name: Annotated[str, Meta(description="What it shows, in words.")] = ""
    every: Annotated[Duration, Meta(description="Time from one sample to the next.")] = field(
        default_factory=lambda: Duration(seconds=30)
    )
    samples: Annotated[
        dict[str, list[float | None]],
        Meta(description="Values of each symbol, oldest first; null where none came.", min_length=1),
    ]
    news: Annotated[
        list[str],
        Meta(description="What people hear, each with its time since the first sample: 2m30s FIRED."),
    ]
    lasts: Annotated[
        Duration | None, Meta(description="How long it goes on; by default to the last sample.")
    ] = None

    def __post_init__(self) -> None:
        """Raises ValueError with every mistake."""
        if wrong := list(self.mistakes()):
            raise ValueError("; ".join(wrong))

    def mistakes(self) -> Iterator[str]:
        if self.every <= Duration(0):
            yield "every is no time at all; write 30s or more"
        for text in self.news:
            try:
                expected(text)
            except ValueError as error:
                yield f"news {error}"

    def expected(self) -> list[Expected]:
        return sorted(expected(text) for text in self.news)


def expected(text: str) -> Expected:
    """`2m30s FIRED` or `2m30s FIRED net.ping.gw`. Raises ValueError."""
    time, _, rest = text.strip().partition(" ")
    kind, _, instance = rest.strip().partition(" ")
    if not TIME.fullmatch(time) or kind not in set(NewsKind):
        raise ValueError(f"{text!r} is no time with {', '.join(NewsKind)}; {EXAMPLE}")
    ms = sum(parse_duration(amount + unit).ms for amount, unit in PART.findall(time))
    return ms, kind, instance.strip() or None
