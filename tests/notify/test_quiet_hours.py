"""A rule that becomes quiet while its news waits: it is told when that is over, or with what may be told."""

import pytest

from fakes.chat import Chat, away
from oculus.core.alert import NewsKind
from oculus.core.event import Severity

HOUR_MS = 3_600_000


class Quiet:
    """What the rules say: until when they are quiet, and from which severity on they never are."""

    def __init__(self):
        self.until_ms, self.below = 0, None

    def __call__(self, news):
        through = self.below and news.alert.severity.rank >= self.below.rank
        return 0 if through else self.until_ms


@pytest.fixture
def quiet():
    return Quiet()


@pytest.fixture
def room(start, quiet):
    return start(due_ms=quiet)


def night(room, quiet, hours=9):
    """It begins now."""
    quiet.until_ms = room.clock.now_ms() + hours * HOUR_MS


def test_what_waits_for_company_is_not_told_once_its_rule_is_snoozed(room, quiet, table, news):
    (row,) = room.home.tell(news(alert=1))
    room.run(2)
    night(room, quiet)
    room.run(60)
    assert Chat.tries == []
    assert (table.rows[row.id].state, table.rows[row.id].next_ms) == ("queued", quiet.until_ms)
    room.clock.pass_s(9 * 3600)
    room.run(1)
    assert Chat.sent == [[(1, "FIRED")]]


def test_what_waits_for_its_service_is_not_told_in_quiet_hours_but_after_them(room, quiet, table, news):
    Chat.refuses = away
    room.home.tell(news(alert=1), news(alert=2, severity=Severity.CRITICAL))
    room.run(20)
    night(room, quiet)
    quiet.below = Severity.CRITICAL
    Chat.refuses = None
    room.run(600)
    assert Chat.sent == [[(2, "FIRED")]]
    room.clock.pass_s(9 * 3600)
    room.run(1)
    assert Chat.sent[1:] == [[(1, "FIRED")]]
    assert {str(row.state) for row in table.rows.values()} == {"sent"}


def test_a_restart_within_quiet_hours_keeps_them(start, quiet, table, news):
    room = start(due_ms=quiet)
    night(room, quiet)
    room.home.tell(news(alert=1))
    room.run(10)
    again = start(due_ms=quiet)
    again.home.notifier.put(table.unfinished())
    again.run(600)
    assert Chat.tries == []
    again.clock.pass_s(9 * 3600)
    again.run(1)
    assert Chat.sent == [[(1, "FIRED")]]


def test_what_gets_worse_than_quiet_hours_allow_is_told_with_its_beginning(room, quiet, news):
    quiet.below = Severity.CRITICAL
    night(room, quiet)
    room.home.tell(news(alert=1), news(alert=2))
    room.run(10)
    room.home.tell(news(NewsKind.ESCALATED, alert=1, severity=Severity.CRITICAL))
    room.run(10)
    assert Chat.sent == [[(1, "ESCALATED"), (1, "FIRED")]]


def test_what_is_over_by_the_end_of_quiet_hours_is_told_to_nobody(room, quiet, table, news):
    night(room, quiet)
    room.home.tell(news(alert=1))
    room.run(10)
    room.home.tell(news(NewsKind.RESOLVED, alert=1))
    room.clock.pass_s(9 * 3600)
    room.run(10)
    assert Chat.tries == []
    assert {row.last_error for row in table.rows.values()} == {"it was over before it was told"}


def test_a_snooze_that_is_ended_by_hand_frees_what_was_tried_before_it(room, quiet, news):
    Chat.refuses = away
    room.home.tell(news(alert=1))
    room.run(10)
    night(room, quiet)
    Chat.refuses = None
    room.run(60)
    assert Chat.sent == []
    quiet.until_ms = 0
    room.home.notifier.reconsider()
    room.run(1)
    assert Chat.sent == [[(1, "FIRED")]]


def test_a_snooze_that_ends_while_news_is_put_off_for_it_holds_nothing_back(
    start, quiet, table, news, monkeypatch
):
    save = table.save

    def woken(deliveries):
        save(deliveries)
        quiet.until_ms = 0
        room.home.notifier.reconsider()

    monkeypatch.setattr(table, "save", woken)
    room = start(due_ms=quiet)
    (row,) = room.home.notifier.address([news(alert=1)])
    room.home.notifier.put([row])
    night(room, quiet)
    room.run(10)
    assert Chat.sent == [[(1, "FIRED")]]


def test_ten_thousand_that_wait_for_the_morning_are_one_message_then(room, quiet, table, news):
    night(room, quiet)
    room.home.tell(*[news() for _ in range(10_000)])
    room.run(10)
    assert Chat.tries == []
    room.clock.pass_s(9 * 3600)
    room.run(1)
    assert [len(message) for message in Chat.sent] == [10_000]
    assert {row.state for row in table.rows.values()} == {"sent"}
