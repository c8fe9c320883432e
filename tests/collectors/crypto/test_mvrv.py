"""MVRV: given where somebody gives it, else computed from what is remembered of every day."""

from __future__ import annotations

import contextlib
import json
import statistics
from datetime import date, timedelta

import pytest

from fakes.internet import Answer
from fakes.market import seconds
from fakes.providers import asset_metrics, play
from oculus.collectors.crypto.caps import Caps
from oculus.collectors.crypto.mvrv import Mvrv, parse_bitcoin_data, parse_coinmetrics, parse_glassnode
from oculus.core.errors import BadAnswer, SourceError

YESTERDAY = seconds("2026-11-24T00:00:00Z") * 1000


@pytest.fixture
def mvrv(kit, internet):
    play(internet)
    return lambda **settings: kit.collector(Mvrv, **settings)


def test_without_a_key_the_free_source_is_asked(mvrv, internet):
    (metric,) = mvrv().collect()
    assert (metric.symbol, metric.value, metric.ts_ms) == ("crypto.onchain.mvrv", 2.3344, YESTERDAY)
    assert metric.tags == {"source": "bitcoin_data", "method": "given"}
    assert internet.count("glassnode") == 0


def test_with_a_key_glassnode_is_asked_and_a_day_without_a_value_is_passed_over(mvrv, kit, internet):
    kit.set(glassnode={"api_key": "a-long-key"})
    (metric,) = mvrv().collect()
    assert (metric.value, metric.ts_ms, metric.tags["source"]) == (2.31, YESTERDAY, "glassnode")
    assert internet.asked[0].headers["x-api-key"] == "a-long-key"


def test_where_the_free_source_fails_it_is_computed(mvrv, internet):
    internet.say("bitcoin_data", "/v1/mvrv-zscore/last", b"", status=500)
    (metric,) = mvrv().collect()
    caps = [day * 1e9 for day in range(1, 401)]
    assert metric.value == pytest.approx((caps[-1] / 2) / statistics.pstdev(caps))
    assert metric.tags == {"source": "coinmetrics", "method": "computed"}
    assert metric.ts_ms == YESTERDAY


def test_only_new_days_are_asked_for_also_after_a_restart(mvrv, kit, internet):
    mvrv(source="coinmetrics").collect()
    assert internet.asked[-1].params["start_time"] == "2010-07-18"
    assert internet.asked[-1].params["paging_from"] == "start"
    kit.restart()
    kit.clock.at("2026-11-26T12:00:00Z")
    internet.say(
        "coinmetrics",
        "/timeseries/asset-metrics",
        {"data": asset_metrics(401, "2026-11-25T00:00:00Z")["data"][-1:]},
    )
    (metric,) = mvrv(source="coinmetrics").collect()
    assert internet.asked[-1].params["start_time"] == "2026-11-25"
    caps = [day * 1e9 for day in range(1, 402)]
    assert metric.value == pytest.approx((caps[-1] / 2) / statistics.pstdev(caps))


def test_pages_are_followed(mvrv, internet):
    days = asset_metrics(400)["data"]
    internet.say("coinmetrics", "/timeseries/asset-metrics", {"data": days[:200], "next_page_token": "t1"},
                 {"data": days[200:]})  # fmt: skip
    assert len(mvrv(source="coinmetrics").collect()) == 1
    assert internet.asked[-1].params["next_page_token"] == "t1"


def test_too_few_days_are_refused(mvrv, internet):
    internet.say("coinmetrics", "/timeseries/asset-metrics", asset_metrics(30))
    with pytest.raises(BadAnswer, match="too few days"):
        mvrv(source="coinmetrics").collect()


def test_a_forbidden_metric_is_told(mvrv, internet):
    told = {"error": {"type": "forbidden", "message": "Requested metric is not available"}}
    internet.say("coinmetrics", "/timeseries/asset-metrics", told, status=403)
    with pytest.raises(SourceError, match="Requested metric is not available"):
        mvrv(source="coinmetrics").collect()


def test_a_null_in_the_middle_is_passed_over():
    rows = asset_metrics(3)["data"]
    rows[1]["CapMVRVCur"] = None
    assert [cap for _, cap, _ in parse_coinmetrics({"data": rows})] == [1e9, 3e9]


@pytest.mark.parametrize(
    "answer", [None, {}, [], [{}], [{"t": 1, "v": 2}], "x", [{"t": 1785542400, "v": None}]]
)
@pytest.mark.parametrize("parse", [parse_glassnode, parse_bitcoin_data])
def test_an_answer_without_a_value_is_refused(parse, answer):
    with pytest.raises(BadAnswer, match="without a value"):
        parse(answer)


def test_sums_of_days_are_the_days_themselves_and_survive_being_kept():
    caps, values = Caps(), [1e9 * (1 + (day * 7919) % 1000) for day in range(1000)]
    for day, cap in enumerate(values):
        caps.add(date(2020, 1, 1) + timedelta(days=day), cap, 1.5)
        caps.add(date(2020, 1, 1), 5.0, 1.0)  # a day that has been taken is not taken again
    kept = Caps.load(caps.saved())
    assert kept.z() == caps.z() == pytest.approx((values[-1] - values[-1] / 1.5) / statistics.pstdev(values))
    assert Caps.load({"day": "?"}).z() is None


def test_one_coin_that_fails_costs_the_other_nothing_and_is_tried_again_soon(mvrv, internet):
    internet.say("coinmetrics", "/timeseries/asset-metrics", b"", status=500)
    collector = mvrv(assets=["btc", "eth"])
    assert [metric.symbol for metric in collector.collect()] == ["crypto.onchain.mvrv"]
    assert "Coin Metrics: answered 500" in collector.trouble
    assert list(collector.lacking) == ["crypto.onchain.mvrv.eth"]
    assert collector.rest_s == 0


def test_it_is_asked_twice_a_day_and_every_hour_while_it_fails(mvrv, kit, internet):
    collector = mvrv(source="bitcoin_data")
    collector.collect()
    assert collector.rest_s == 12 * 3600
    internet.say("bitcoin_data", "/v1/mvrv-zscore/last", b"", status=500)
    with pytest.raises(SourceError):
        collector.collect()
    assert collector.rest_s == 0


def test_a_coin_that_makes_its_source_fail_keeps_the_other_from_nothing(mvrv, kit, internet):
    def answer(asked):
        return Answer(500, b"", {}) if asked.params["assets"] == "btc" else asset_metrics(400)

    internet.say("coinmetrics", "/timeseries/asset-metrics", answer)
    collector = mvrv(assets=["btc", "eth"], source="coinmetrics")
    found = set()
    for _ in range(3):
        with contextlib.suppress(SourceError):
            found |= {metric.symbol for metric in collector.collect()}
        kit.clock.ahead(3600)
    assert found == {"crypto.onchain.mvrv.eth"}
    assert "500" in collector.trouble


def test_a_coin_of_which_there_is_nothing_new_does_not_cost_the_other_its_turn(mvrv, kit, internet):
    def answer(asked):
        body = json.dumps(asset_metrics(400)).encode()
        if asked.params["assets"] == "eth":
            return Answer(200, body, {"Content-Type": "application/json"})
        known = "if-none-match" in asked.headers
        return Answer(304 if known else 200, b"" if known else body, {"ETag": "v1"})

    internet.say("coinmetrics", "/timeseries/asset-metrics", answer)
    settings = {"assets": ["btc", "eth"], "source": "coinmetrics"}
    for _ in range(2):
        mvrv(**settings).collect()
        kit.memory.kept = {key: kept for key, kept in kit.memory.kept.items() if not key.startswith("due.")}
        kit.restart()
    before = internet.count("coinmetrics")
    mvrv(**settings).collect()
    assert internet.count("coinmetrics") - before == 2
