"""Fear & Greed: the mood of the crypto market as one number. From alternative.me, which asks to be named.

Source   https://alternative.me/crypto/fear-and-greed-index/ (no key; one value a day)
Symbols  crypto.sentiment.fng   0 (fear) to 100 (greed)
"""

from __future__ import annotations

import random
from typing import Any, NamedTuple

from oculus.collectors.market import MarketCollector, MarketSettings, Reading
from oculus.collectors.sources.numbers import ms_of_seconds, number
from oculus.core.errors import BadAnswer

TITLE = "alternative.me"
SOONEST_S, LATEST_S = 600.0, 6 * 3600.0
AFTER_S = (60.0, 300.0)  # after the moment at which the next value is due


class FearGreedSettings(MarketSettings, frozen=True, kw_only=True, tag="crypto.fng"):
    """The mood of the crypto market."""


class Index(NamedTuple):
    value: float
    ts_ms: int | None
    next_s: float | None  # until the next value


class FearGreed(MarketCollector):
    """Ask for today's index, and again when the next is due."""

    kind = "crypto.fng"
    category = "crypto.sentiment"
    settings_class = FearGreedSettings

    def provider(self) -> str:
        return "alternative_me"

    def questions(self) -> float:
        return self.settings.interval.total_seconds() / LATEST_S

    def symbols(self) -> list[str]:
        return ["crypto.sentiment.fng"]

    def ask(self) -> list[Reading]:
        index = parse_index(self.client("alternative_me").get_json("/fng/", {"limit": "1"}, self.left_s()))
        until_s = LATEST_S if index.next_s is None else index.next_s + random.uniform(*AFTER_S)  # noqa: S311
        self.rest_s = min(max(until_s, SOONEST_S), LATEST_S)
        tags = {"source": "alternative_me"}
        return [Reading(symbol="crypto.sentiment.fng", value=index.value, ts_ms=index.ts_ms, tags=tags)]


def parse_index(answer: Any) -> Index:
    """The newest index. Raises BadAnswer when it is absent, not a number, or outside 0 to 100."""
    try:
        row = answer["data"][0]
        value, ts_ms = number(row["value"]), ms_of_seconds(row.get("timestamp"))
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise BadAnswer(TITLE, "no index in the answer") from error
    if value is None:
        raise BadAnswer(TITLE, "no index in the answer")
    if not 0 <= value <= 100:
        raise BadAnswer(TITLE, f"index {value:g} is outside 0 to 100")
    return Index(value, ts_ms, number(row.get("time_until_update")))
