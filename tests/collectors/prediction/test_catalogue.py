"""Markets of which some cannot be had: the others are found and go on, and what is missing is told."""

from __future__ import annotations

import pytest

from fakes.internet import Answer
from fakes.polymarket import market
from oculus.collectors.prediction import catalogue
from oculus.core.errors import SourceError

GAMMA = "polymarket_gamma"
BAD = {
    "no outcomes": [{"slug": "bad"}],
    "another shape": 5,
    "an error of its own": Answer(500, b"", {}),
    "a refusal": Answer(422, b'{"error": "invalid slug"}', {"Content-Type": "application/json"}),
}


@pytest.fixture(params=BAD)
def gamma(world, request):
    """Answers well for every slug but `bad`, until it is told to `recover`."""

    class Gamma:
        price, well, asked = 0.6, False, 0

        def recover(self):
            self.well = True

        def answer(self, asked):
            if asked.params["slug"] == "bad" and not self.well:
                self.asked += 1
                return BAD[request.param]
            self.price += 0.001
            return [
                market(asked.params["slug"], (f"{self.price:.3f}", "0.3"), updatedAt="2026-11-25T11:00:00Z")
            ]

    made = Gamma()
    world.internet.say(GAMMA, "/markets", made.answer)
    world.internet.say(GAMMA, "/events", [])
    return made


def watch(world, collector, seconds):
    """What was written meanwhile, and how often nothing could be had."""
    found, failures = set(), 0
    for _ in range(seconds // 5):
        try:
            found |= set(world.run(collector))
        except SourceError:
            failures += 1
    return found, failures


@pytest.mark.parametrize("markets", [["bad", "good"], ["good", "bad"]])
def test_a_market_that_cannot_be_had_costs_the_others_nothing(world, gamma, markets):
    collector = world.collector(markets=markets, stream=False)
    found, failures = watch(world, collector, 60)
    assert {"poly.good", "prob.good.no"} <= found
    assert failures <= 3, "only until the first was found"
    found, failures = watch(world, collector, 120)
    assert ("poly.good" in found, failures) == (True, 0)
    assert collector.trouble.startswith("bad: Polymarket: ")
    assert gamma.asked <= 8, "no more than twice a minute"
    gamma.recover()
    assert "poly.bad" in watch(world, collector, 60)[0]
    assert collector.trouble == ""


def test_a_market_that_is_not_described_any_more_costs_the_others_nothing(world, gamma):
    gamma.recover()
    collector = world.collector(markets=["bad", "good"], stream=False)
    assert {"poly.bad", "poly.good"} <= set(world.run(collector))
    gamma.well = False
    found, failures = watch(world, collector, 120)
    assert ("poly.good" in found, failures) == (True, 0)
    assert collector.trouble.startswith("bad: Polymarket: ")


def test_a_market_of_an_event_that_has_no_outcomes_yet_comes_later(world):
    children = [market("m1"), {"slug": "unborn", "outcomes": None}, market("m2", tokens=("5", "6"))]
    world.internet.say(GAMMA, "/markets", [])
    world.internet.say(GAMMA, "/events", [{"slug": "all", "markets": children}])
    collector = world.collector(markets=["all"], stream=False)
    assert {"poly.m1", "poly.m2"} <= set(world.run(collector))
    assert collector.trouble == ""
    children[1] = market("unborn", tokens=("7", "8"))
    world.internet.say(GAMMA, "/events", [{"slug": "all", "markets": children}])
    assert "poly.unborn" in world.run(collector, 31)


def test_of_an_event_with_too_many_markets_the_first_are_watched_and_that_is_told(world, monkeypatch):
    monkeypatch.setattr(catalogue, "MOST_MARKETS", 2)
    children = [market(f"m{number}", tokens=(f"{number}a", f"{number}b")) for number in range(3)]
    world.internet.say(GAMMA, "/markets", [])
    world.internet.say(GAMMA, "/events", [{"slug": "all", "markets": children}])
    collector = world.collector(markets=["all"], stream=False)
    mains = {name for name in world.run(collector) if name.count(".") == 1}
    assert mains == {"poly.m0", "prob.m0", "poly.m1", "prob.m1"}
    assert collector.trouble == "all has 3 markets, of which the first 2 are watched"


def test_markets_that_were_not_asked_for_are_not_watched(world):
    """An address that no longer knows `slug` answers with whatever there is."""
    others = [market("another", tokens=("5", "6")), market("will-it-rain")]
    world.internet.say(GAMMA, "/markets", others)
    collector = world.collector(markets=["will-it-rain"], stream=False)
    assert {name.split(".")[1] for name in world.run(collector)} == {"will-it-rain"}
    world.internet.say(GAMMA, "/markets", others[:1])
    world.internet.say(GAMMA, "/events", [{"slug": "other-event", "markets": others[:1]}])
    collector = world.collector(markets=["nobody-knows"], stream=False)
    assert world.run(collector) == {}
    assert collector.trouble == "there is no market or event nobody-knows"
