"""When a market is asked about, and what its description is good for."""

from fakes.polymarket import market
from oculus.collectors.prediction.gamma import read_markets
from oculus.collectors.prediction.odds import Written
from oculus.collectors.prediction.quotes import Middle
from oculus.collectors.prediction.watched import DESCRIBE_S, GRACE_S, POLL_S, Watched


def watched(now=1000.0):
    [described] = read_markets(market())
    made = Watched(described)
    made.describe(described, now, 1_700_000_000_000)
    return made


def test_a_description_from_before_the_silence_is_no_price():
    made = watched()
    assert made.described_prices(Written())[0].value == 0.505, "nothing has been heard yet"
    assert not made.wants_description(1010, heard=True)
    assert not made.wants_description(1020, heard=False)
    made.asked = 1050  # in vain
    assert made.described_prices(Written()) == [None, None]
    made.describe(made.market, 1060, 1_700_000_060_000)
    assert made.described_prices(Written())[0].value == 0.505


def middle(value, ts_ms=1):
    return Middle(value, 0.01, ts_ms)


def test_a_stream_is_frozen_when_it_stood_still_twice_while_the_answer_moved_away():
    made = watched()
    assert not made.is_frozen(middle(0.5), middle(0.5), {"mid": "0.7"}), "once may be chance"
    assert made.is_frozen(middle(0.5), middle(0.5), {"mid": "0.7"})


def test_a_stream_that_moved_between_two_comparisons_is_not_frozen():
    made = watched()
    assert not made.is_frozen(middle(0.5, 1), middle(0.5, 1), {"mid": "0.7"})
    assert not made.is_frozen(middle(0.55, 2), middle(0.55, 2), {"mid": "0.7"})


def test_a_step_of_the_price_is_no_difference():
    made = watched()
    for _ in range(3):
        assert not made.is_frozen(middle(0.5), middle(0.5), {"mid": "0.51"})


def test_a_market_that_is_heard_of_is_described_rarely_and_one_that_is_not_often():
    made = watched()
    assert not made.wants_description(1000 + DESCRIBE_S - 1, heard=True)
    assert made.wants_description(1000 + DESCRIBE_S, heard=True)
    silent = watched()
    silent.wants_description(1001, heard=True)
    assert not silent.wants_description(1000 + POLL_S, heard=False), "it may come back in a moment"
    assert silent.wants_description(1000 + POLL_S + GRACE_S, heard=False)
