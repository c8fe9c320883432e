"""What holds for every trace whatever."""

import json
from itertools import pairwise

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from oculus.core.alert import NewsKind
from oculus.core.gap import Gap, GapReason
from oculus.rules.language.condition import Worse
from oculus.rules.life.evaluator import close, play, step
from oculus.rules.life.pauses import skip
from oculus.rules.life.standing import FREEZING, Input, Reading, Spec, Standing, State
from oculus.rules.life.trigger import Trigger
from oculus.rules.settings import NoData

times = st.sampled_from([0, 1, 10_000, 30_000, 60_000, 120_000])
specs = st.builds(
    Spec,
    for_ms=times,
    recover_ms=times,
    cooldown_ms=times,
    repeat_ms=times,
    no_data=st.sampled_from(NoData),
    worse=st.sampled_from(Worse),
    trigger=st.sampled_from(Trigger),
)
values = st.integers(-5, 5).map(float)
steps = st.tuples(
    st.sampled_from([0, 1000, 10_000, 30_000, 45_000]),
    st.sampled_from([*Input, *[Input.TRUE] * 3, None]),
    values,
    st.booleans(),
    st.booleans(),
    st.sampled_from(["", "", "gw", "muted"]),
)


def as_trace(drawn):
    """(reading or None, now, why nobody is told then), times never running back."""
    now, trace = 1_000_000, []
    for gap, kind, value, clears, overdue, explained_by in drawn:
        now += gap
        reading = None if kind is None else Reading(kind, now, value, clears, overdue)
        trace.append((reading, now, explained_by))
    return trace


traces = st.lists(steps, max_size=40).map(as_trace)
samples = st.lists(
    st.builds(
        Reading,
        kind=st.sampled_from(Input),
        ts_ms=st.integers(0, 20).map(lambda n: n * 10_000),
        value=values | st.none(),
        clears=st.booleans(),
        overdue=st.booleans(),
    ),
    max_size=30,
)


def follow(spec, trace, standing=None):
    """Each step's (standing, news)."""
    standing, steps = standing or Standing(), []
    for reading, now, explained_by in trace:
        quiet = explained_by if explained_by == "muted" else ""
        standing, news = step(spec, standing, reading, now, "" if quiet else explained_by, quiet)
        steps.append((standing, news))
    return steps


def news_of(steps):
    return [notice for _, news in steps for notice in news]


@given(specs, traces)
def test_nothing_fires_unless_the_condition_was_seen_to_hold_for_long_enough(spec, trace):
    run, before = [], Standing()  # (time, known) of the unbroken run so far
    for (reading, _, _), (after, news) in zip(trace, follow(spec, trace), strict=True):
        if reading is not None and reading.kind in (Input.FALSE, Input.NO_ROW):
            run = []
        elif reading is not None:
            run.append((reading.ts_ms, reading.kind is Input.TRUE))
        if before.state in (State.OK, State.PENDING) and after.state is State.FIRING:
            assert sum(b - a for (a, known), (b, still) in pairwise(run) if known and still) >= spec.for_ms
            assert [notice.kind for notice in news if not notice.no_data] == [NewsKind.FIRED]
        elif any(notice.kind is NewsKind.FIRED for notice in news):
            assert before.held  # told late
        before = after


@given(specs, traces)
def test_every_firing_that_was_told_is_resolved_exactly_once(spec, trace):
    """Also when the rule goes while it still fires."""
    open_now, steps = False, follow(spec, trace)
    last = steps[-1][0] if steps else Standing()
    _, ends = close(last, trace[-1][1] if trace else 0, "rule removed")
    for notice in [*news_of(steps), *ends]:
        if notice.no_data or notice.held:
            continue
        if notice.kind is NewsKind.FIRED:
            assert not open_now
            open_now = True
        elif notice.kind is NewsKind.RESOLVED:
            assert open_now
            open_now = False
        else:
            assert notice.kind is NewsKind.REMINDER
            assert open_now
    assert not open_now


@given(specs, traces)
def test_every_no_data_alert_is_resolved_exactly_once(spec, trace):
    news = news_of(follow(spec, trace))
    kinds = [notice.kind for notice in news if notice.no_data and not notice.held]
    assert kinds == ([NewsKind.NO_DATA, NewsKind.RESOLVED] * len(kinds))[: len(kinds)]


@given(specs, traces, st.integers(0, 40))
def test_a_restart_at_any_point_changes_no_news(spec, trace, cut):
    whole = follow(spec, trace)
    before = follow(spec, trace[:cut])
    saved = json.dumps(msgspec.to_builtins(before[-1][0] if before else Standing()))
    restored = msgspec.convert(json.loads(saved), Standing)
    after = follow(spec, trace[cut:], restored)
    assert news_of(before) + news_of(after) == news_of(whole)
    assert not whole or (before + after)[-1] == whole[-1] or not trace[cut:]


@given(specs, traces, st.integers(0, 40), st.sampled_from(FREEZING), st.integers(1, 10**8))
def test_time_in_which_nothing_is_known_changes_no_news(spec, trace, cut, unknown, gap):
    """Stop before any step, know nothing for a while, see again what was seen last, and go on."""
    spec = replace(spec, no_data=NoData.KEEP, trigger=Trigger.EVERY)
    cut = min(cut, len(trace))
    before = follow(spec, trace[:cut])
    standing = before[-1][0] if before else Standing()
    last = next((each for each in reversed(trace[:cut]) if each[0] is not None), None)
    if last is None or last[0].kind in FREEZING:
        return
    now = trace[cut - 1][1]
    frozen = [
        (Reading(unknown, now, None), now, ""),
        (None, now + gap // 2, ""),
        (Reading(unknown, now, None), now + gap, ""),
    ]
    silent = follow(spec, frozen, standing)
    assert news_of(silent) == []
    again = replace(last[0], ts_ms=last[0].ts_ms + gap)
    resumed = follow(spec, [(again, now + gap, trace[cut - 1][2])], silent[-1][0])
    assert news_of(resumed) == []
    shifted = [
        (None if reading is None else replace(reading, ts_ms=reading.ts_ms + gap), when + gap, by)
        for reading, when, by in trace[cut:]
    ]
    later = news_of(follow(spec, shifted, resumed[-1][0]))
    expected = news_of(follow(spec, trace[cut:], standing))
    assert [(n.kind, n.held, n.ts_ms - gap) for n in later] == [(n.kind, n.held, n.ts_ms) for n in expected]


@given(specs, samples, st.randoms(use_true_random=False))
def test_the_order_of_inputs_of_one_moment_does_not_matter(spec, readings, chance):
    shuffled = list(readings)
    chance.shuffle(shuffled)
    assert play(spec, Standing(), shuffled) == play(spec, Standing(), readings)


batches = st.lists(
    st.tuples(st.sampled_from(["a", "b", "n.x", "n.y"]), st.integers(0, 6), st.sampled_from([0, -10, -30])),
    min_size=1,
    max_size=8,
)
ANY_RULES = ["a > 3", "a > 3 and b < 4", "n.* > 3", "avg(a, 1m) > 3", "a crosses_above 3", "max(n.*, 1m) < b"]


@settings(max_examples=60)
@given(st.lists(batches, max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_the_samples_of_a_batch_does_not_matter(new_world, make_rule, given_batches, chance):
    """Not even between symbols, and of several rules at once."""
    worlds = new_world(), new_world()
    for world in worlds:
        world.rules(*[make_rule(text, name=text, for_="20s") for text in ANY_RULES])
    for number, batch in enumerate(given_batches):
        shuffled = list(batch)
        chance.shuffle(shuffled)
        at = 60 + number * 20
        for world, samples in zip(worlds, (batch, shuffled), strict=True):
            world.at(at, *[(symbol, value, at + back) for symbol, value, back in samples])
    one, other = (
        [(n.kind, n.alert.rule, n.alert.instance, n.ts_ms, n.alert.value) for n in w.news] for w in worlds
    )
    assert one == other


@given(specs, traces)
def test_time_alone_never_changes_whether_there_is_trouble(spec, trace):
    standing = Standing()
    for (reading, _, _), (after, _) in zip(trace, follow(spec, trace), strict=True):
        if reading is None:
            assert after.state is standing.state
        standing = after


@given(specs, traces)
def test_what_was_not_told_is_held_back_for_a_reason(spec, trace):
    for standing, _ in follow(spec, trace):
        if standing.state is State.FIRING and standing.frozen_ms is None:
            assert standing.told != bool(standing.held)


@given(specs, traces)
def test_while_it_is_muted_nobody_is_told_of_a_beginning_or_reminded(spec, trace):
    for (_, _, why), (_, news) in zip(trace, follow(spec, trace), strict=True):
        if why == "muted":
            assert all(notice.held or notice.kind is NewsKind.RESOLVED for notice in news)


@given(specs, traces, st.integers(0, 40), st.integers(0, 10**8))
def test_a_gap_never_lets_anything_fire_or_resolve_by_itself(spec, trace, cut, ms):
    steps = follow(spec, trace[: min(cut, len(trace))])
    if not steps:
        return
    now = trace[min(cut, len(trace)) - 1][1]
    skipped = skip(steps[-1][0], Gap(now, now + ms, GapReason.SLEEP))
    after, news = step(spec, skipped, None, now + ms)
    assert (after.state, after.held_ms, news) == (steps[-1][0].state, steps[-1][0].held_ms, ())
