"""The past that is handed in while a rule stands: kept as events, and nobody is called for it."""

import pytest

YEAR = 365 * 86_400
HOUR = 3600


def part(symbol, begin, count, every=30, value=lambda number: 9 if number % 3 else 1):
    return [(symbol, value(number), begin + number * every) for number in range(count)]


def held(world):
    return {news.held for news in world.news if news.kind == "FIRED" and news.held}


@pytest.mark.parametrize("every", [1, 30, HOUR])
def test_a_year_handed_in_part_by_part_calls_nobody_and_stays_an_event(world, make_rule, every):
    world.rules(make_rule("custom.mill.load > 5"))
    for number in range(4):
        world.at(number * 2, *part("custom.mill.load", number * 20 * every - YEAR, 20, every))
    world.wait(60)
    fired = [news for news in world.news if news.kind == "FIRED"]
    assert len(fired) == 4 * 7 + 1
    assert held(world) == {"its numbers are of the past, and newer ones may follow"}
    assert world.kinds() == ["FIRED"], "the newest of all still says so"
    assert world.told()[0][0] == pytest.approx(11, abs=2)


def test_what_is_over_by_the_newest_number_is_told_to_nobody(world, make_rule):
    world.rules(make_rule("custom.mill.load > 5", repeat="10s"))
    world.at(0, *part("custom.mill.load", -YEAR, 50), ("custom.mill.load", 1, -60))
    world.wait(60)
    assert world.told() == []
    assert held(world)


def test_what_holds_now_is_told_at_once_whatever_of_the_past_came_with_it(world, make_rule):
    world.rules(make_rule("custom.mill.load > 5"))
    world.at(0, *part("custom.mill.load", -YEAR, 50), ("custom.mill.load", 1, -60), ("custom.mill.load", 9))
    assert world.told() == [(0, "FIRED", "")]


def test_one_number_that_is_old_because_its_source_is_slow_is_told_at_once(world, make_rule):
    """An index of this morning, and one of the day after."""
    world.rules(make_rule("stock.index.spx < 5"))
    for day, value in enumerate((3, 9, 3)):
        world.at(day * 24 * HOUR, ("stock.index.spx", value, day * 24 * HOUR - 6 * HOUR))
    assert world.kinds() == ["FIRED", "RESOLVED", "FIRED"]
    assert not held(world)


def test_prices_that_always_come_a_quarter_of_an_hour_late_are_told_at_once(world, make_rule):
    world.rules(make_rule("stock.price.aapl > 5"))
    for number, value in enumerate((1, 9, 1, 9)):
        jitter = number % 2
        world.at(number * 10 + jitter, ("stock.price.aapl", value, number * 10 - 900))
    assert world.kinds() == ["FIRED", "RESOLVED", "FIRED"]
    assert not held(world)


def test_what_a_machine_whose_clock_is_behind_hands_in_again_and_again_is_told_at_once(world, make_rule):
    world.rules(make_rule("custom.mill.load > 5"))
    for number in range(10):
        value = 9 if 4 <= number < 7 else 1
        at = number * 2
        world.at(at, *[("custom.mill.load", value, at - 600 + part) for part in (-1, -0.5, 0)])
    assert [(at, kind) for at, kind, _ in world.told()] == [(8, "FIRED"), (14 - 601, "RESOLVED")]


def test_what_a_machine_could_not_send_for_a_day_is_told_by_its_newest_number(world, make_rule):
    world.rules(make_rule("custom.mill.load > 5"))
    world.at(0, ("custom.mill.load", 1))
    world.at(20 * HOUR, *part("custom.mill.load", 30, 2302))
    assert world.told() == []
    assert len(world.news) == 2 * 767, "what began and was over is kept"
    world.at(20 * HOUR + 1, ("custom.mill.load", 9))
    assert world.told() == [(20 * HOUR + 1, "FIRED", "")]


def test_the_past_of_a_symbol_keeps_nobody_from_hearing_of_its_present(world, make_rule):
    world.rules(make_rule("custom.mill.load > 5"))
    world.at(0, ("custom.mill.load", 1))
    world.at(10, ("custom.mill.load", 9), *part("custom.mill.load", -YEAR, 50))
    assert world.told() == [(10, "FIRED", "")]
