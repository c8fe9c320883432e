"""What people see of providers: allowances, cool-downs, the age of numbers, and who is to be named."""

from __future__ import annotations

import pytest

from oculus.collectors.sources.client import SourceStatus
from oculus.collectors.status import CollectorState, CollectorStatus
from oculus.core.figures import figure
from oculus.storage.live import Trail
from oculus.web.dashboard.state import Facts, state_of
from oculus.web.lists import collector_row
from oculus.web.names import about, name_of

NOW = 1_795_608_000_000


ABOUT = {
        "name": "crypto.price", "type": "crypto.price", "symbols": ["crypto.price.btc_usd"],
        "state": CollectorState.OK, "interval_s": 600.0, "last_run_ms": NOW, "last_success_ms": NOW,
        "last_error": "", "failing_since_ms": None, "next_run_ms": NOW + 600_000, "runs": 3, "failures": 0,
        "missed": 0, "stuck": False, "lateness_p50_ms": None, "lateness_p99_ms": None,
    }  # fmt: skip


@pytest.fixture
def row():
    return lambda **given: collector_row(CollectorStatus(**(ABOUT | given)), NOW)


def test_a_collector_of_markets_tells_how_many_calls_are_used_and_left(row):
    told = row(source="CoinGecko", calls_used=12, calls_left=9988).source
    assert told == "CoinGecko: 12 calls this month, 9,988 left"
    assert row().source == ""


def test_why_and_for_how_long_a_provider_is_left_alone_is_told(row):
    told = row(
        source="Kraken", calls_used=2, cool_down="answered 502", cool_down_until_ms=NOW + 90_000
    ).source
    assert told == "Kraken: 2 calls this month; left alone for another 1 m: answered 502"


def test_so_it_is_told_of_who_stands_in(row):
    stands = {"calls_used": 1, "calls_left": None, "asked_ms": NOW, "answer": "", "circuit_open": False}
    alone = {"cool_down": "answered 500", "cool_down_until_ms": NOW + 60_000}
    other = SourceStatus(name="coinbase", title="Coinbase", **stands, **alone)
    told = row(source="CoinGecko", calls_used=12, calls_left=9988, others=[other]).source
    assert told == (
        "CoinGecko: 12 calls this month, 9,988 left · "
        "Coinbase: 1 call this month; left alone for another 1 m: answered 500"
    )


def test_a_number_much_older_than_the_last_answer_is_told_with_its_age(row):
    assert row(said="1 number", as_of_ms=NOW - 600_000).said == "1 number"
    assert row(said="1 number", as_of_ms=NOW - 7_200_000).said == "2 h old; 1 number"


def test_a_reason_that_is_told_anyway_is_not_told_twice(row):
    told = row(source="Kraken", calls_used=2, cool_down="answered 502", cool_down_until_ms=NOW + 90_000,
               last_error="Kraken: answered 502").source  # fmt: skip
    assert told == "Kraken: 2 calls this month; left alone for another 1 m"


def test_a_collector_that_lacks_one_number_was_answered_about_the_others(row):
    lacking = row(lacking=["stock.price.nope"], last_success_ms=None, state=CollectorState.FAILING)
    assert lacking.answered == "0 s"
    assert row(last_success_ms=None, state=CollectorState.FAILING).answered == ""


def test_only_the_number_that_is_lacking_is_shown_as_failing():
    owner = CollectorStatus(**(ABOUT | {"state": CollectorState.FAILING, "lacking": ["crypto.price.x_usd"]}))
    facts = Facts(trails=[], collectors=[owner], firing={}, freshness=lambda symbol: None, now_ms=NOW)
    main = {"": Trail("crypto.price.btc_usd", "crypto.price", {}, [(NOW, 1.0)])}
    assert state_of("crypto.price.x_usd", {}, owner, facts) == "failing"
    assert state_of("crypto.price.btc_usd", main, owner, facts) == "ok"


def test_a_spread_has_a_name_and_its_digits():
    tags = {"source": "coingecko", "compare": "kraken", "unit": "%"}
    assert name_of("crypto.spread.btc_usd", tags) == "BTC spread"
    assert about("crypto.spread.btc_usd", tags, {}) == "CoinGecko · against Kraken"
    assert str(figure("crypto.spread.btc_usd", 0.00656, tags)) == "0.0066 %"
