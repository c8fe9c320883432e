"""A backtest does what the live engine would have done, and says what that would have come to."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oculus.core.gap import Gap, GapReason
from oculus.core.metric import Metric
from oculus.core.symbols import category_of
from oculus.rules.life.hours import Mute
from oculus.rules.life.silence import Silence
from oculus.rules.life.trigger import Trigger
from oculus.rules.settings import NoData
from oculus.rules.trials.backtest import Audience, play
from oculus.rules.trials.replay import Replay

NOON = 1_767_268_800_000
HOUR = 3600


def metrics(*samples):
    """(seconds, symbol, value) as they are stored."""
    return [
        Metric(NOON + round(at * 1000), category_of(symbol), symbol, float(value), {})
        for at, symbol, value in sorted(samples)
    ]


def every(seconds, symbol, *values, begin=0):
    return [(begin + n * seconds, symbol, value) for n, value in enumerate(values) if value is not None]


def played(rule, *samples, until=HOUR, others=(), silence=None, gaps=(), **audience):
    replay = Replay([*others, rule], silence)
    span = (NOON, NOON + until * 1000)
    return play(rule, replay, metrics(*samples), span, gaps, Audience(**audience))


def fired(found):
    return [
        ((each.fired_ms - NOON) / 1000, None if each.ended_ms is None else (each.ended_ms - NOON) / 1000)
        for each in found.fired
    ]


def test_it_says_how_often_it_would_have_fired_and_for_how_long(make_rule):
    found = played(
        make_rule("a > 1", for_="1m"), *every(30, "a", 0, 5, 5, 5, 5, 0, 5, 0, 5, 5, 5, 5, 5, 5, 5, 5, 0)
    )
    assert fired(found) == [(90, 150), (300, 480)]
    assert (found.total_ms, found.short) == (60_000 + 180_000, 1)
    assert (found.fired[0].started_ms - NOON, found.fired[0].worst) == (30_000, 5.0)
    assert (found.samples, found.first_ms) == (17, NOON)


def test_what_still_fires_at_the_end_has_no_end_and_counts_up_to_there(make_rule):
    found = played(make_rule("a > 1"), (0, "a", 0), (10, "a", 5), (20, "a", 9), until=70)
    assert fired(found) == [(10, None)]
    assert (found.total_ms, found.short, found.fired[0].worst) == (60_000, 0, 9.0)


def test_every_instance_of_a_glob_is_played(make_rule):
    found = played(make_rule("net.*.up == 0"), (0, "net.a.up", 0), (0, "net.b.up", 1), (5, "net.b.up", 0))
    assert [each.instance for each in found.fired] == ["net.a.up", "net.b.up"]


def test_messages_are_counted_after_cooldown(make_rule):
    flapping = every(30, "a", *[5, 0] * 10)
    assert played(make_rule("a > 1"), *flapping).told == {"log": 20}
    found = played(make_rule("a > 1", cooldown="5m"), *flapping)
    assert (len(found.fired), found.told) == (10, {"log": 4})


def test_messages_are_counted_after_grouping_in_which_beginning_and_end_cancel_out(make_rule):
    rule = make_rule("net.*.up == 0", channels=("mail", "hook"))
    storm = [(0, f"net.{name}.up", 0) for name in "abcde"] + [(300, f"net.{name}.up", 1) for name in "abcde"]
    blip = [(600, "net.a.up", 0), (610, "net.a.up", 1)]
    found = played(rule, *storm, *blip, group_ms={"mail": 60_000})
    assert found.told == {"hook": 12, "mail": 2}


def test_who_would_not_hear_of_it_is_told_nothing(make_rule):
    rule = make_rule("a > 1", channels=("mail", "log"))
    found = played(rule, (0, "a", 5), hears=lambda channel, _: channel == "log")
    assert found.told == {"mail": 0, "log": 1}


def test_muted_hours_count(make_rule):
    silence = Silence()
    silence.mutes = [Mute(name="lunch", from_="12:00", to="13:00")]
    found = played(make_rule("a > 1"), (0, "a", 5), (60, "a", 0), silence=silence)
    assert (len(found.fired), found.told) == (1, {"log": 0})


def test_a_rule_on_which_it_depends_is_played_too(make_rule):
    gateway = make_rule("gw == 0", name="gateway")
    rule = make_rule("a > 1", depends_on=("gateway",))
    found = played(rule, (0, "gw", 0), (1, "a", 5), (60, "a", 0), others=[gateway])
    assert (len(found.fired), found.told) == (1, {"log": 0})


def test_a_gap_does_not_count_towards_for(make_rule):
    samples = [(0, "a", 5), (60, "a", 5), (210, "a", 5), (240, "a", 5)]
    gap = Gap(NOON + 61_000, NOON + 200_000, GapReason.SLEEP)
    assert fired(played(make_rule("a > 1", for_="2m"), *samples)) == [(210, None)]
    assert fired(played(make_rule("a > 1", for_="2m"), *samples, gaps=[gap])) == []


def test_missing_data_is_told_but_is_no_firing(make_rule):
    found = played(make_rule("a > 1", no_data=NoData.ALERT, no_data_for="5m"), (0, "a", 0))
    assert (found.fired, found.told) == ([], {"log": 1})


@pytest.mark.parametrize("condition", ["sum(a, 10m) > 80", "sum(*, 10m) > 80"])
def test_windows_know_what_was_before_the_span(make_rule, condition):
    rule = make_rule(condition)
    replay = Replay([rule])
    replay.warm_up(metrics(*[(at, "a", 9) for at in range(-590, 0, 60)]), NOON)
    found = play(rule, replay, metrics((10, "a", 0)), (NOON, NOON + 30_000))
    assert (fired(found), found.fired[0].worst) == ([(10, None)], 81.0)


def test_a_rule_that_cannot_be_computed_says_why(make_rule):
    found = played(make_rule("change_pct(a, 1m) > 5"), *every(10, "a", 0, 0, 0, 0, 0))
    assert found.fired == []
    assert "cannot be judged" in found.troubles[0]


# As the live engine would have


lengths = st.sampled_from(["0s", "20s", "1m", "2m"])
conditions = st.sampled_from(
    [
        "a > 3",
        "4 <= a",
        "not a between 1 and 4 or a > 5",
        "a > 3 and b < 4",
        "n.* > 3",
        "avg(a, 1m) > 3",
        "a crosses_above 3",
        "age(a) > 40",
        "count(a, 1m) < 2",
    ]
)
names = st.sampled_from(["a", "a", "b", "n.x", "n.y"])
steps = st.lists(
    # seconds of sleep before it, then seconds awake, then a sample
    st.tuples(
        st.sampled_from([1, 5, 20, 30, 45, 400]),
        st.sampled_from([0, 0, 0, 15, 120, 4000]),
        names,
        st.integers(0, 6),
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=40)
@given(
    steps,
    conditions,
    st.sampled_from(["", "", "a < 2", "b < 2 and a < 4"]),
    lengths,
    lengths,
    lengths,
    lengths,
    st.sampled_from(NoData),
    st.sampled_from(Trigger),
)
def test_the_backtest_of_a_trace_is_the_live_run_of_it(
    new_world, make_rule, trace, condition, clear, hold, recover, cooldown, repeat, no_data, trigger
):
    rule = make_rule(
        condition,
        clear="" if "*" in condition else clear,
        for_=hold,
        recover_for=recover,
        cooldown=cooldown,
        repeat=repeat,
        no_data=no_data,
        trigger=trigger,
    )
    world = new_world()
    world.rules(rule)
    at, samples, gaps = 0, [], []
    for pause, asleep, symbol, value in trace:
        if asleep:
            gap = Gap(NOON + at * 1000, NOON + (at + asleep) * 1000, GapReason.SLEEP)
            at += asleep
            world.clock.seconds = float(at)
            world.engine.skip(gap)
            world.step()
            gaps.append(gap)
        at += pause
        world.wait(at - 1)
        world.at(at, (symbol, value))
        samples.append((at, symbol, value))
    live = [(news.kind, news.ts_ms, news.held, news.alert.instance) for news in world.news]
    replay = Replay([rule], interval_s=lambda _: 30.0)
    replayed = replay.run(metrics(*samples), NOON, NOON + at * 1000, gaps)
    assert [(news.kind, news.ts_ms, news.held, news.alert.instance) for news in replayed] == live


@pytest.mark.parametrize("hours", [1, 24])
def test_time_in_which_nothing_can_happen_is_passed_over_at_once(make_rule, hours):
    ticks = []
    replay = Replay([make_rule("a > 1")])
    replay._judge.tick_all = ticks.append
    list(replay.run(metrics((0, "a", 0)), NOON, NOON + hours * HOUR * 1000))
    assert ticks == []


@pytest.mark.parametrize(
    "condition", ["a > 3", "not a <= 3", "a outside -9 and 3", "5 < a or a > 7 and a < 9", "*.up > 3"]
)
def test_samples_by_which_nothing_can_change_are_not_judged_one_by_one(make_rule, condition):
    name = "n.up" if "*" in condition else "a"
    replay, judged = Replay([rule := make_rule(condition)]), []
    original = replay._judge.judge
    replay._judge.judge = lambda *given: (judged.append(given), original(*given))
    values = [1.0] * 500 + [9.0, 9.0] + [1.0] * 500
    samples = metrics(*[(n * 30, name, value) for n, value in enumerate(values)])
    found = play(rule, replay, samples, (NOON, NOON + 1002 * 30_000))
    assert fired(found) == [(500 * 30, 502 * 30)]
    assert found.samples == 1002
    assert len(judged) <= 6
