"""Fear & Greed: asked when the next value is due."""

from __future__ import annotations

import pytest

from fakes.internet import DATA
from fakes.market import seconds
from fakes.providers import play
from oculus.collectors.crypto.fear_greed import FearGreed, parse_index
from oculus.core.errors import BadAnswer, SourceBusy


@pytest.fixture
def index(kit, internet):
    play(internet)
    return kit.collector(FearGreed)


def test_the_index_counts_as_of_its_own_midnight(index):
    (metric,) = index.collect()
    assert (metric.symbol, metric.value) == ("crypto.sentiment.fng", 54.0)
    assert metric.ts_ms == seconds("2026-11-25T00:00:00Z") * 1000


def test_it_is_asked_again_a_few_minutes_after_the_next_value_is_due(index):
    index.collect()
    assert 3600 + 60 <= index.rest_s <= 3600 + 300


@pytest.mark.parametrize(
    ("left", "least_s", "most_s"), [("0", 600, 600), ("80000", 21600, 21600), (None, 21600, 21600)]
)
def test_never_before_ten_minutes_and_never_later_than_six_hours(index, internet, left, least_s, most_s):
    row = {"value": "54", "timestamp": "1795564800", "time_until_update": left}
    internet.say("alternative_me", "/fng/", {"data": [row], "metadata": {"error": None}})
    index.collect()
    assert least_s <= index.rest_s <= most_s


def test_a_restart_does_not_ask_before_the_next_value_is_due(index, kit, internet):
    index.collect()
    kit.restart()
    again = kit.collector(FearGreed)
    kit.clock.ahead(600)
    assert again.collect() == []
    assert internet.count("alternative_me") == 1
    assert 3000 < again.rest_s < 3400
    assert "before the restart" in again.said
    kit.clock.ahead(again.rest_s)
    again.collect()
    assert internet.count("alternative_me") == 2


def test_an_error_beside_the_data_is_told(index, internet):
    internet.say("alternative_me", "/fng/", DATA / "alternative_me/error.json")
    with pytest.raises(SourceBusy, match="Request limit exceeded"):
        index.collect()


@pytest.mark.parametrize(
    "answer",
    [{}, {"data": []}, {"data": [{"value": "?"}]}, {"data": [{"value": None}]}, {"data": [[]]}, None, []],
)
def test_an_answer_without_an_index_is_refused(answer):
    with pytest.raises(BadAnswer, match="no index"):
        parse_index(answer)


def test_an_impossible_index_is_refused_rather_than_stored():
    with pytest.raises(BadAnswer, match="101 is outside"):
        parse_index({"data": [{"value": "101"}]})
