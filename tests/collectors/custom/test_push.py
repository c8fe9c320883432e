"""Pushes: taken at once, only with the secret, and missed when they do not come."""

import pytest

from oculus.collectors.custom.push import MOST_KEYS, PushRefused, PushSettings, same_secret
from oculus.collectors.tools import Tools
from oculus.core.durations import Duration
from oculus.core.secret import Secret

HOUR_S = 3600.0


def backup(**more):
    given = {"name": "backup", "secret": Secret("open sesame"), "expect_every": Duration(hours=26), **more}
    return PushSettings(**given)


@pytest.fixture
def running(desk):
    def start(*settings):
        desk.scheduler.replace(list(settings))
        desk.scheduler._tools = Tools()
        for job in desk.scheduler._roster.jobs:
            job._tools = desk.scheduler._tools
            job.renew()
        return desk

    return start


def kept(desk, symbol):
    return [(metric.value, metric.ts_ms) for metric in desk.metrics if metric.symbol == symbol]


def test_a_push_is_kept_at_once_and_by_its_own_time(running, clock):
    desk = running(backup(expect_every=None))
    desk.scheduler.receive("backup", "open sesame", b'{"rows": 5, "ts": 1600000000}')
    desk.scheduler.receive("backup", "open sesame", b"8")
    assert kept(desk, "custom.backup.rows") == [(5.0, 1_600_000_000_000)]
    assert kept(desk, "custom.backup.value") == [(8.0, clock.now_ms())]
    assert {metric.category for metric in desk.metrics} == {"custom.backup"}


def test_a_time_in_the_future_is_clipped_to_now(running, clock):
    desk = running(backup(expect_every=None))
    desk.scheduler.receive("backup", "open sesame", b'{"value": 1, "ts": "2999-01-01T00:00:00Z"}')
    assert kept(desk, "custom.backup.value") == [(1.0, clock.now_ms())]


def test_a_clipped_time_is_counted(running):
    desk = running(backup())
    desk.scheduler.receive("backup", "open sesame", b'{"value": 1, "ts": "2999-01-01T00:00:00Z"}')
    assert desk.scheduler._tools.counters.get("collectors.clipped") == 1


def test_a_number_that_was_pushed_before_the_restart_is_known_to_be_the_pushs(running):
    desk = running(backup())
    desk.round(30)
    assert desk.scheduler.freshness("custom.backup.rows").interval_s == 26 * HOUR_S
    assert desk.scheduler.freshness("custom.other.rows") is None


def test_the_category_of_the_settings_is_the_beginning_of_the_symbol(running):
    desk = running(backup(category="custom.nightly"))
    taken = desk.scheduler.receive("backup", "open sesame", b"1")
    assert {metric.symbol for metric in taken} == {"custom.nightly.value", "custom.nightly.up"}


@pytest.mark.parametrize(("name", "secret"), [("backup", "wrong"), ("backup", ""), ("nobody", "open sesame")])
def test_a_wrong_name_and_a_wrong_secret_are_refused_in_the_same_words(running, name, secret):
    desk = running(backup())
    with pytest.raises(PushRefused, match=f"there is no push called '{name}' with this secret"):
        desk.scheduler.receive(name, secret, b"1")
    assert desk.metrics == []


def test_secrets_are_compared_as_a_whole():
    assert same_secret("é\ud800", Secret("é")) is False
    assert same_secret("é", Secret("é")) is True
    assert same_secret("", None) is False


def test_a_paused_push_takes_nothing(running):
    desk = running(backup())
    desk.scheduler.pause("backup")
    with pytest.raises(PushRefused, match="takes nothing"):
        desk.scheduler.receive("backup", "open sesame", b"1")


def test_a_push_that_stops_coming_is_down_until_it_comes_again(running, clock):
    desk = running(backup())
    desk.round(30)
    assert [value for value, _ in kept(desk, "custom.backup.up")] == [1.0]
    desk.round(26 * HOUR_S + 60)
    assert [value for value, _ in kept(desk, "custom.backup.up")] == [1.0, 0.0]
    assert desk.metrics[-1].tags["error"].startswith("nothing came for 1 d 2 h")
    assert "backup is overdue: nothing came for 1 d 2 h" in desk.events[0].message
    desk.scheduler.receive("backup", "open sesame", b"1")
    assert [value for value, _ in kept(desk, "custom.backup.up")] == [1.0, 0.0, 1.0]
    desk.round(30)
    assert "answers again" in desk.events[1].message


def test_a_restart_does_not_forget_when_the_last_push_came(running, desk, clock):
    running(backup())
    desk.round(30)
    desk.scheduler.receive("backup", "open sesame", b"1")
    clock.move(25 * HOUR_S)
    desk.scheduler._roster.jobs[0].renew()  # as after a restart: all that is left is the memory
    desk.round(2 * HOUR_S)
    assert kept(desk, "custom.backup.up")[-1][0] == 0.0


def test_a_clock_that_was_put_back_does_not_bring_pushes_from_the_future(running, clock):
    desk = running(backup())
    desk.round(30)
    desk.scheduler.receive("backup", "open sesame", b"1")
    job = desk.scheduler._roster.jobs[0]
    clock.move(-HOUR_S)
    outcome = job.ask()
    assert outcome.heard_ms == clock.now_ms()
    assert outcome.said == "last heard from 0 s ago"


def test_the_age_of_a_pushed_number_counts_from_its_push(running, clock):
    desk = running(backup())
    desk.round(30)
    desk.scheduler.receive("backup", "open sesame", b"1")
    pushed_ms = clock.now_ms()
    desk.round(600)
    fresh = desk.scheduler.freshness("custom.backup.value")
    assert fresh.answered_ms == pushed_ms
    assert fresh.interval_s == 26 * HOUR_S


def test_a_push_cannot_make_series_without_end(running):
    desk = running(backup())
    for number in range(MOST_KEYS):
        desk.scheduler.receive("backup", "open sesame", b'{"k%d": 1}' % number)
    with pytest.raises(PushRefused, match="different keys already"):
        desk.scheduler.receive("backup", "open sesame", b'{"one-more": 1}')
    desk.scheduler.receive("backup", "open sesame", b'{"k3": 1}')


def test_the_switch_cannot_be_pushed(running):
    desk = running(backup())
    with pytest.raises(PushRefused, match="the key up is Oculus' own here"):
        desk.scheduler.receive("backup", "open sesame", b'{"up": 1}')
    running(backup(expect_every=None)).scheduler.receive("backup", "open sesame", b'{"up": 1}')


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"name": ""}, "name is missing"),
        ({"secret": Secret("")}, "secret is empty"),
        ({"expect_every": Duration(milliseconds=5)}, "expect_every 5ms is too short"),
    ],
)
def test_a_push_without_name_or_secret_is_a_mistake(more, words):
    with pytest.raises(ValueError, match=words):
        backup(**more)
