"""What people see of providers: allowances, cool-downs, the age of numbers, and who is to be named."""

from __future__ import annotations

import pytest

from oculus.collectors.status import CollectorState, CollectorStatus
from oculus.web.lists import collector_row

NOW = 1_795_608_000_000


@pytest.fixture
def row():
    about = {
        "name": "crypto.price", "type": "crypto.price", "symbols": ["crypto.price.btc_usd"],
        "state": CollectorState.OK, "interval_s": 600.0, "last_run_ms": NOW, "last_success_ms": NOW,
        "last_error": "", "failing_since_ms": None, "next_run_ms": NOW + 600_000, "runs": 3, "failures": 0,
        "missed": 0, "stuck": False, "lateness_p50_ms": None, "lateness_p99_ms": None,
    }  # fmt: skip
    return lambda **given: collector_row(CollectorStatus(**(about | given)), NOW)


def test_a_collector_of_markets_tells_how_many_calls_are_used_and_left(row):
    told = row(source="CoinGecko", calls_used=12, calls_left=9988).source
    assert told == "CoinGecko: 12 calls this month, 9,988 left"
    assert row().source == ""


def test_why_and_for_how_long_a_provider_is_left_alone_is_told(row):
    told = row(
        source="Kraken", calls_used=2, cool_down="answered 502", cool_down_until_ms=NOW + 90_000
    ).source
    assert told == "Kraken: 2 calls this month; left alone for another 1 m: answered 502"


def test_a_number_much_older_than_the_last_answer_is_told_with_its_age(row):
    assert row(said="1 number", as_of_ms=NOW - 600_000).said == "1 number"
    assert row(said="1 number", as_of_ms=NOW - 7_200_000).said == "1 number; its newest number is 2 h old"
