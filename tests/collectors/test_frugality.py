"""What the sample's market collectors ask in a month, against what their sources give for free."""

from __future__ import annotations

from collections import defaultdict

import msgspec
import pytest

from oculus.collectors import COLLECTORS, build
from oculus.collectors.crypto.altseason import AltseasonSettings
from oculus.collectors.crypto.backfill import AT_ONCE
from oculus.collectors.market import MarketCollector
from oculus.collectors.sources.providers import PROVIDERS
from oculus.core.errors import ConfigError
from oculus.core.paths import bundled
from oculus.settings.load import load

MONTH_S = 30 * 86_400
SPANS_S = {"per_minute": 60, "per_hour": 3600, "per_day": 86_400, "per_month": MONTH_S}


def questions_a_second(collectors):
    """By provider."""
    rates = defaultdict(float)
    for collector in collectors:
        rates[collector.provider()] += collector.questions() / collector.interval_s
    return rates


def shares(rates):
    """How much of each allowance is used: {(provider, span): 0 to 1}."""
    return {
        (name, span): rate * seconds / limit
        for name, rate in rates.items()
        for span, seconds in SPANS_S.items()
        if (limit := getattr(PROVIDERS[name].limits, span)) is not None
    }


def markets(settings):
    return [made for each in settings if isinstance(made := build(each), MarketCollector)]


def test_the_sample_stays_under_half_of_every_free_quota():
    collectors = markets(load(bundled("assets", "config", "oculus.yaml")).collectors)
    assert {each.kind for each in collectors} == {"crypto.price", "crypto.fng", "stock.index"}
    used = shares(questions_a_second(collectors))
    assert ("coingecko", "per_month") in used
    assert {name: share for name, share in used.items() if share >= 0.5} == {}


NEEDED = {"crypto.price": {"assets": ["btc", "eth"]}, "crypto.ma": {"assets": ["btc", "eth"]},
          "stock.price": {"tickers": ["AAPL", "MSFT"]}}  # fmt: skip


def test_every_market_collector_together_stays_under_half_of_every_free_quota():
    kinds = [kind for kind in COLLECTORS.values() if issubclass(kind, MarketCollector)]
    assert len(kinds) == 8
    collectors = [
        kind(msgspec.convert({"type": kind.kind, **NEEDED.get(kind.kind, {})}, kind.settings_class))
        for kind in kinds
    ]
    used = shares(questions_a_second(collectors))
    assert {name: share for name, share in used.items() if share >= 0.5} == {}


def test_so_does_the_month_in_which_the_history_for_altcoin_season_is_fetched():
    kinds = [kind for kind in COLLECTORS.values() if issubclass(kind, MarketCollector)]
    collectors = [
        kind(msgspec.convert({"type": kind.kind, **NEEDED.get(kind.kind, {})}, kind.settings_class))
        for kind in kinds
    ]
    free = PROVIDERS["coingecko"].limits
    coins = 1 + AltseasonSettings().count  # and Bitcoin
    lists = -(-coins // AT_ONCE)
    usual = questions_a_second(collectors)["coingecko"] * MONTH_S
    assert usual + coins + lists < free.per_month / 2
    assert free.per_minute / 2 > 1 + AT_ONCE, "the list and what is fetched after it"


@pytest.mark.parametrize("name", PROVIDERS)
def test_every_provider_has_an_allowance(name):
    assert PROVIDERS[name].limits.per_minute


def test_a_second_entry_for_the_same_coin_is_told_how_to_say_it(tmp_path):
    path = tmp_path / "oculus.yaml"
    path.write_text("collectors:\n  - {type: crypto.price, assets: [btc]}\n"
                    "  - {type: crypto.price, assets: [btc], source: kraken, name: second}\n")  # fmt: skip
    with pytest.raises(ConfigError, match="a second source for it is written as compare"):
        load(path)
