"""Closes that nobody has kept yet, from CoinGecko's own history: a few coins each time, each coin once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta

from oculus.collectors.crypto.history import parse_market_chart
from oculus.collectors.sources.client import InTurn, LeftAlone, Source
from oculus.collectors.sources.numbers import day_of
from oculus.collectors.sources.reply import Refused, Unchanged
from oculus.collectors.tools import Tools
from oculus.core.clock import Clock
from oculus.core.errors import BadAnswer, SourceError
from oculus.core.metric import Close

AT_ONCE = 3  # with the list of coins less than half of what is free in a minute
SHARE = 0.1  # of what is left of the month, at most, for all that is missing
AGAIN = timedelta(days=30)  # a coin that has no history yet is asked for again after that
AFTER_A_FAILURE = timedelta(days=2)
KEPT_AS = "altseason.backfilled"


class Backfill:
    """Asks `source`, keeps what it says in the daily closes, and remembers whom it has asked for."""

    def __init__(self, source: Source, tools: Tools, clock: Clock, days: int) -> None:
        self._source = source
        self._tools = tools
        self._clock = clock
        self._days = days

    def missing(self, coins: Sequence[str]) -> list[str]:
        """Those of the coins that have not been asked for lately."""
        asked = self._asked()
        return [coin for coin in coins if coin not in asked]

    def fetch(self, coins: Sequence[str], left_s: Callable[[], float]) -> bool:
        """Ask for the first few. Whether it is worth while to come again soon."""
        if not coins or not self._affordable(len(coins)):
            return False
        done = 0
        for coin in coins[:AT_ONCE]:
            try:
                self._fetch_one(coin, left_s())
            except (Refused, BadAnswer, Unchanged):
                pass  # it has no history to give
            except InTurn:
                return True
            except LeftAlone:
                break
            except SourceError:
                self._note(coin, AFTER_A_FAILURE)  # or it would be the first again, and keep the others out
                break
            self._note(coin)
            done += 1
        return done > 0

    def _affordable(self, wanted: int) -> bool:
        left = self._source.status().calls_left
        return left is None or wanted <= left * SHARE

    def _fetch_one(self, coin: str, timeout_s: float) -> None:
        params = {"vs_currency": "usd", "days": str(self._days + 1), "interval": "daily"}
        answer = self._source.get_json(f"/coins/{coin}/market_chart", params, timeout_s)
        days = parse_market_chart(answer, self._clock.now_ms())
        name = close_name(coin)
        self._tools.closes.save([Close(name, day, value, "coingecko") for day, value in days.items()])

    def _asked(self) -> Mapping[str, str]:
        """By coin the day on which it was asked for, as text."""
        since, today = (self._today() - AGAIN).isoformat(), self._today().isoformat()
        found = self._tools.memory.load(KEPT_AS)
        pairs = found.items() if isinstance(found, dict) else ()
        return {str(coin): str(day) for coin, day in pairs if since <= str(day) <= today}

    def _note(self, coin: str, again: timedelta = AGAIN) -> None:
        day = self._today() - AGAIN + again
        self._tools.memory.save(KEPT_AS, {**self._asked(), coin: day.isoformat()})

    def _today(self) -> date:
        return day_of(self._clock.now_ms())


def close_name(coin: str) -> str:
    """Under what name the closes of a coin are kept."""
    return f"coingecko.{coin}"
