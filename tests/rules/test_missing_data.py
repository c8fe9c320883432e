"""A missing sample is not a false condition: what the engine takes for stale, and what follows."""

import pytest

from oculus.rules.settings import NoData


def answer(world, symbol, interval_s=30.0):
    """Its collector has just been answered, whether or not there was anything new."""
    found = world.collectors.setdefault(symbol, Collector(interval_s))
    found.answered_ms = world.clock.now_ms()


class Collector:
    collector = "c"

    def __init__(self, interval_s):
        self.answered_ms, self.interval_s = None, interval_s


def no_data(world):
    return [(at, kind) for at, kind, _ in world.told()]


@pytest.mark.parametrize(("interval_s", "limit_s"), [(30, 300), (600, 1800)])
def test_a_symbol_is_stale_after_three_intervals_but_not_before_five_minutes(
    world, make_rule, interval_s, limit_s
):
    world.rules(make_rule("a.b > 5", no_data=NoData.ALERT))
    answer(world, "a.b", interval_s)
    world.at(0, ("a.b", 1))
    world.wait(limit_s - 1)
    assert world.told() == []
    world.wait(limit_s + 1)
    assert no_data(world) == [(limit_s, "NO_DATA")]


def test_a_number_may_be_old_as_long_as_its_collector_is_answered(world, make_rule):
    """A daily index asked an hour ago is fresh."""
    world.rules(make_rule("a.b > 5", no_data=NoData.ALERT, repeat="1h"))
    world.at(0, ("a.b", 9))
    for second in range(0, 7201, 60):
        world.at(second)
        answer(world, "a.b", 60)
    assert world.kinds() == ["FIRED", "REMINDER", "REMINDER"]


def test_no_data_for_takes_the_place_of_the_five_minutes(world, make_rule):
    world.rules(make_rule("a.b > 5", no_data=NoData.ALERT, no_data_for="20s"))
    answer(world, "a.b")
    world.at(0, ("a.b", 1))
    world.wait(40)
    assert no_data(world) == [(20, "NO_DATA")]


def test_the_alert_of_missing_data_is_an_alert_of_its_own(world, make_rule):
    world.rules(make_rule("a.b > 5", no_data=NoData.ALERT, no_data_for="60s"))
    world.at(0, ("a.b", 9))
    world.wait(90)
    world.at(100, ("a.b", 9))
    world.at(110, ("a.b", 1))
    assert no_data(world) == [(0, "FIRED"), (60, "NO_DATA"), (100, "RESOLVED"), (110, "RESOLVED")]
    fired, missing, back, resolved = world.news
    assert missing.alert.id == back.alert.id != fired.alert.id == resolved.alert.id
    assert missing.alert.message == "a.b: no data for 1 m"
    assert back.alert.message == "a.b: data again, after 1 m"
    assert world.seconds(missing.alert.started_ms) == 0


def test_only_the_symbol_that_is_silent_is_named(world, make_rule):
    world.rules(make_rule("a.b > 5 and c.d > 5", no_data=NoData.ALERT))
    for second in range(0, 330, 30):
        world.at(second, ("a.b", 9))
        answer(world, "a.b")
    world.wait(320)
    assert [news.alert.message for news in world.news] == ["c.d: no data for 5 m"]


def test_a_symbol_that_never_came_is_missing_too(world, make_rule):
    world.rules(make_rule("a.b > 5", no_data=NoData.ALERT))
    world.wait(310)
    assert no_data(world) == [(300, "NO_DATA")]


def test_a_host_that_is_down_from_the_start_is_no_missing_data_as_its_collector_answers(world, make_rule):
    world.rules(make_rule("net.ping.x > 100", no_data=NoData.ALERT))
    for second in range(0, 900, 30):
        world.at(second, ("net.ping.x.up", 0))
        answer(world, "net.ping.x")
    assert world.told() == []


def test_data_is_back_as_soon_as_the_collector_is_answered_again(world, make_rule):
    world.rules(make_rule("a.b > 5", no_data=NoData.ALERT))
    answer(world, "a.b")
    world.at(0, ("a.b", 1))
    world.wait(310)
    answer(world, "a.b")
    world.wait(320)
    assert no_data(world) == [(300, "NO_DATA"), (311, "RESOLVED")]


def test_it_is_back_for_a_rule_too_that_would_raise_no_such_alert_any_more(world, make_rule):
    world.rules(make_rule("a.b > 5", no_data=NoData.ALERT))
    answer(world, "a.b")
    world.at(0, ("a.b", 1))
    world.wait(310)
    world.rules(make_rule("a.b > 5", no_data=NoData.KEEP))
    answer(world, "a.b")
    world.wait(320)
    assert no_data(world) == [(300, "NO_DATA"), (311, "RESOLVED")]


def test_without_data_what_fires_goes_on_firing(world, make_rule):
    world.rules(make_rule("a.b > 5", repeat="60s"))
    world.at(0, ("a.b", 9))
    world.wait(900)
    assert world.told()[-1] == (240, "REMINDER", "")
    assert world.state() == "firing"
    assert world.engine.rule("r").instances[0].stale


def test_no_data_ok_resolves_what_fires(world, make_rule):
    world.rules(make_rule("a.b > 5", no_data=NoData.OK))
    world.at(0, ("a.b", 9))
    world.wait(310)
    assert no_data(world) == [(0, "FIRED"), (300, "RESOLVED")]
    assert world.news[1].alert.message == "a.b is 9 (a.b > 5) (no data)"
    assert world.news[1].alert.tags["reason"] == "no data"


def test_time_without_data_does_not_count_towards_for(world, make_rule):
    world.rules(make_rule("a.b > 5", for_="60s"))
    world.at(0, ("a.b", 9))
    world.at(30, ("a.b", 9))
    world.wait(400)
    world.at(400, ("a.b", 9))
    world.at(420, ("a.b", 9))
    assert world.told() == []
    world.at(430, ("a.b", 9))
    assert world.told() == [(430, "FIRED", "")]


def test_a_condition_with_one_stale_symbol_is_neither_true_nor_false(world, make_rule):
    world.rules(make_rule("a.b > 5 and c.d > 5"))
    world.at(0, ("a.b", 9), ("c.d", 1))
    world.at(400, ("a.b", 9))
    world.at(401, ("a.b", 9), ("c.d", 9))
    world.wait(800, every=50)
    world.at(801, ("a.b", 9))
    assert world.told() == [(401, "FIRED", "")]
    assert world.state() == "firing"


def test_market_data_does_not_go_stale_while_its_market_is_closed(world, make_rule):
    world.rules(make_rule("stock.price.aapl < 100", no_data=NoData.ALERT))
    world.at(0, ("stock.price.aapl", 150, None, {"market": "closed"}))
    world.wait(100_000, every=1000)
    assert world.told() == []
    world.at(100_001, ("stock.price.aapl", 150, None, {"market": "open"}))
    world.wait(100_400, every=10)
    assert world.kinds() == ["NO_DATA"]


def test_the_collector_of_a_part_is_that_of_its_main_symbol(world, make_rule):
    world.rules(make_rule("net.ping.x.loss > 5", no_data=NoData.ALERT))
    world.at(0, ("net.ping.x.loss", 0))
    for second in range(0, 900, 30):
        world.at(second)
        answer(world, "net.ping.x")
    assert world.told() == []


@pytest.fixture
def watched(new_world, make_rule):
    """A rule for every host; `world.part(host)` takes it out of the settings."""
    hosts = {"net.tcp.a", "net.tcp.b"}
    world = new_world(collected=lambda symbol: symbol in hosts)
    world.hosts = hosts

    def part(host):
        hosts.remove(host)
        world.engine.prune()

    world.part = part
    world.rules(make_rule("net.tcp.* > 5", no_data=NoData.ALERT, no_data_for="60s"))
    return world


def test_a_host_that_is_taken_out_of_the_settings_is_no_missing_data(watched):
    watched.at(0, ("net.tcp.a", 1), ("net.tcp.b", 1))
    watched.part("net.tcp.a")
    watched.wait(70)
    assert watched.told() == [(60, "NO_DATA", "net.tcp.b")]


def test_what_fires_for_it_ends_with_it(watched):
    watched.at(0, ("net.tcp.a", 9))
    watched.part("net.tcp.a")
    watched.at(1)
    assert watched.told() == [(0, "FIRED", "net.tcp.a"), (1, "RESOLVED", "net.tcp.a")]
    assert watched.news[-1].alert.tags["reason"] == "nobody collects it any more"
    assert watched.saved() == watched.open_alerts() == []


def test_what_is_left_of_it_is_not_judged_again(watched, make_rule):
    watched.at(0, ("net.tcp.a", 9))
    watched.part("net.tcp.a")
    watched.at(1, ("net.tcp.a", 9, 0.5))  # it was on its way
    watched.rules(make_rule("net.tcp.* > 5"), make_rule("age(net.tcp.*) > 60", name="silent"))
    watched.wait(70)
    assert watched.kinds() == ["FIRED", "RESOLVED"]


def test_one_that_comes_back_is_judged_again(watched):
    watched.at(0, ("net.tcp.a", 9))
    watched.part("net.tcp.a")
    watched.at(1)
    watched.hosts.add("net.tcp.a")
    watched.at(20, ("net.tcp.a", 9))
    assert watched.told()[2:] == [(20, "FIRED", "net.tcp.a")]


def test_a_host_that_could_not_be_judged_takes_that_with_it(watched, make_rule):
    watched.rules(make_rule("change_pct(net.tcp.*, 5m) > 5"))
    for second in (0, 1, 2):
        watched.at(second, ("net.tcp.a", second))
    watched.part("net.tcp.a")
    watched.at(3)
    for second in (4, 5, 6):
        watched.at(second, ("net.tcp.b", second - 4))
    said = [event.message.partition(":")[0] for event in watched.events]
    assert said == [
        "The rule r cannot be judged",
        "The rule r can be judged again",
        "The rule r cannot be judged",
    ]


def test_what_was_taken_out_while_oculus_was_off_ends_too(watched):
    watched.at(0, ("net.tcp.a", 9))
    watched.hosts.remove("net.tcp.a")
    watched.restart(away=600)
    watched.engine.prune()
    watched.at(601)
    assert watched.told() == [(0, "FIRED", "net.tcp.a"), (601, "RESOLVED", "net.tcp.a")]
