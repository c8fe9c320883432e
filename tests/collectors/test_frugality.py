"""What the sample's market collectors ask in a month, against what their sources give for free."""

from __future__ import annotations

from collections import defaultdict

import msgspec
import pytest

from fakes.internet import DATA, Internet
from fakes.market import Kit
from fakes.providers import market_chart, play
from oculus.collectors import COLLECTORS, build
from oculus.collectors.crypto.altseason import AltseasonSettings
from oculus.collectors.crypto.backfill import AT_ONCE
from oculus.collectors.market import MarketCollector
from oculus.collectors.sources.providers import PROVIDERS
from oculus.core.clock import to_iso
from oculus.core.errors import ConfigError
from oculus.core.paths import bundled
from oculus.settings.load import load

MONTH_S, DAY_MS = 30 * 86_400, 86_400_000
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


def as_it_would_be_asked(internet, clock):
    """Every provider is well, and tells the time as it passes."""
    play(internet)
    internet.say("yahoo", "*", DATA / "yahoo/chart_AAPL_open.json")

    def index(asked):
        left_s = 86_400 - clock.ms // 1000 % 86_400
        row = {"value": "54", "timestamp": str(clock.ms // 1000), "time_until_update": str(left_s)}
        return {"data": [row], "metadata": {"error": None}}

    def chart(asked):
        return market_chart(int(asked.params["days"]), to_iso(clock.ms // DAY_MS * DAY_MS), to_iso(clock.ms))

    internet.say("alternative_me", "/fng/", index)
    for coin in ("bitcoin", "ethereum"):
        internet.say("coingecko", f"/coins/{coin}/market_chart", chart)


@pytest.mark.parametrize(
    "name", [name for name, kind in COLLECTORS.items() if issubclass(kind, MarketCollector)]
)
def test_none_asks_more_in_two_days_than_it_says_it_does(name):
    internet = Internet()
    kit = Kit(internet, yahoo={"per_minute": 10_000})
    as_it_would_be_asked(internet, kit.clock)
    kit.clock.at("2026-11-24T14:30:00Z")
    collector = kit.collector(COLLECTORS[name], **NEEDED.get(name, {}))
    collector.by_hand = name == "crypto.altseason"  # its history is fetched once, and counted by itself
    span_s = 2 * 86_400 if collector.interval_s >= 600 else 4 * 3600
    end, provider = kit.clock.ms + span_s * 1000, collector.provider()
    while kit.clock.ms < end:
        collector.collect()
        kit.clock.ahead(max(collector.interval_s, collector.rest_s))
    said = collector.questions() / collector.interval_s * span_s
    kit.close()
    internet.close()
    assert 0 < internet.count(provider) <= 1.25 * said + 2


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
