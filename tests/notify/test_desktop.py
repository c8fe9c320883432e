"""Popups, as far as words and rhythm go; how they reach the screen is tested in tests/desktop."""

import dataclasses
import itertools

import pytest

from oculus.core.alert import NewsKind
from oculus.core.errors import ChannelError
from oculus.core.event import Severity
from oculus.notify.facts import NO_FACTS


@pytest.fixture
def screen():
    return []


@pytest.fixture
def shell(house, clock, screen):
    """A notifier with a desktop; `work_for` lets its clock run, half a second a step."""

    def make(popup=screen.append):
        home = house(clock=clock, facts=dataclasses.replace(NO_FACTS, popup=lambda: popup))

        def work_for(seconds):
            for _ in range(round(seconds * 2)):
                while home.notifier._senders["desktop"].deliver():
                    pass
                clock.pass_s(0.5)

        home.work_for = work_for
        return home

    return make


def desktop(news, **more):
    return news(channels=("desktop",), **more)


def test_a_popup_says_rule_what_how_much_how_long_and_where(shell, screen, news):
    home = shell()
    home.tell(desktop(news, alert=7))
    home.work_for(1)
    (popup,) = screen
    assert popup.title == "api_down fired (warn)"
    assert popup.text == "API unreachable\n503 ms, limit 200 ms · for 1 m · net.http.api"
    assert (popup.severity, popup.path, popup.over) == ("warn", "/alerts#alert-7", False)


def test_a_storm_is_one_popup_and_one_summary_and_all_of_it_counts_as_told(shell, screen, news, table):
    home = shell()
    first = home.tell(desktop(news))
    home.work_for(1)
    rest = home.tell(*(desktop(news, severity=Severity.CRITICAL) for _ in range(1000)))
    home.work_for(12)
    assert [popup.title for popup in screen] == ["api_down fired (warn)", "1000 alerts: 1000 critical"]
    assert screen[1].path == "/alerts"
    assert {table.rows[row.id].state for row in (*first, *rest)} == {"sent"}


def test_two_popups_are_never_closer_than_ten_seconds(shell, clock, news):
    shown = []
    home = shell(lambda _popup: shown.append(clock.now))
    for _ in range(60):
        home.tell(desktop(news))
        home.work_for(0.5)
    assert len(shown) == 3
    assert min(later - sooner for sooner, later in itertools.pairwise(shown)) >= 10


def test_the_end_of_a_trouble_is_told_as_such(shell, screen, news):
    home = shell()
    home.tell(desktop(news, alert=3))
    home.work_for(11)
    home.tell(desktop(news, alert=3, kind=NewsKind.RESOLVED))
    home.work_for(1)
    assert (screen[1].title, screen[1].over) == ("api_down resolved (warn)", True)


def test_without_a_desktop_it_is_skipped_with_the_reason(shell, news, table):
    home = shell(None)
    (row,) = home.tell(desktop(news))
    home.work_for(1)
    assert (table.rows[row.id].state, table.rows[row.id].last_error) == (
        "skipped",
        "Oculus runs without a desktop",
    )
    (status,) = [each for each in home.notifier.status() if each.name == "desktop"]
    assert (status.state, status.last_error) == ("off", "Oculus runs without a desktop")
    with pytest.raises(ChannelError, match=r"Oculus runs without a desktop\. Start `oculus` on the desktop"):
        home.notifier.send_test("desktop")


def test_a_popup_that_fails_is_noticed_and_tried_again(shell, screen, news, table):
    broken = [ChannelError("No notification service answers")]

    def show(popup):
        if broken:
            raise broken.pop()
        screen.append(popup)

    home = shell(show)
    (row,) = home.tell(desktop(news))
    home.work_for(1)
    assert (table.rows[row.id].state, table.rows[row.id].last_error) == (
        "retrying",
        "No notification service answers",
    )
    home.work_for(12)
    assert len(screen) == 1
    assert table.rows[row.id].state == "sent"
