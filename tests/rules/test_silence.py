"""Active hours, mute and snooze hold back sending, never judging. NOON is a Thursday, 12:00 UTC."""

import threading

import pytest

from oculus.core.event import Severity
from oculus.rules.life.hours import Hours, Mute
from oculus.rules.life.silence import ALL, Silence
from oculus.rules.settings import NoData

HOUR = 3600
LUNCH = Mute(name="lunch", from_="12:00", to="13:00")


@pytest.fixture
def quiet(new_world):
    """A world, and the silence in it as `world.silence`."""
    silence = Silence()
    world = new_world(silence=silence)
    world.silence = silence
    return world


def held(world):
    return [(str(news.kind), news.held) for news in world.news if news.held]


def snooze(world, seconds, rule="r"):
    world.silence.snooze(rule, world.clock.now_ms() + seconds * 1000)


def test_what_still_fires_at_the_end_of_the_muted_hours_is_told_then(quiet, make_rule):
    quiet.silence.mutes = [LUNCH]
    quiet.rules(make_rule("a > 1"))
    quiet.at(10, ("a", 5))
    assert (quiet.state(), quiet.told(), held(quiet)) == ("firing", [], [("FIRED", "muted: lunch")])
    quiet.at(HOUR - 1)
    assert quiet.told() == []
    quiet.at(HOUR, ("a", 5))
    assert quiet.told() == [(HOUR, "FIRED", "")]


def test_what_came_and_went_within_the_muted_hours_is_never_told(quiet, make_rule):
    quiet.silence.mutes = [LUNCH]
    quiet.rules(make_rule("a > 1"))
    quiet.at(10, ("a", 5))
    quiet.at(20, ("a", 0))
    quiet.at(HOUR)
    assert quiet.told() == []
    assert held(quiet)[1] == ("RESOLVED", "nobody was told that it fired: muted: lunch")


def test_the_end_of_something_told_waits_for_the_end_of_the_muted_hours(quiet, make_rule):
    quiet.rules(make_rule("a > 1"))
    quiet.at(-10, ("a", 5))
    quiet.silence.mutes = [LUNCH]
    quiet.at(10, ("a", 0))
    fired, resolved = quiet.news
    assert (str(fired.kind), fired.due_ms) == ("FIRED", 0)
    assert (str(resolved.kind), resolved.held) == ("RESOLVED", "")
    assert quiet.seconds(resolved.due_ms) == HOUR
    assert quiet.state() == "ok"


def test_the_end_of_something_told_may_be_told_when_a_snooze_is_ended_by_hand(quiet, make_rule):
    quiet.rules(make_rule("a > 1"))
    quiet.at(0, ("a", 5))
    snooze(quiet, HOUR)
    snooze(quiet, 600, ALL)
    quiet.at(20, ("a", 0))
    [_, end] = quiet.news
    assert quiet.seconds(end.due_ms) == quiet.seconds(quiet.engine.due_ms(end)) == HOUR
    quiet.silence.wake("r")
    assert quiet.seconds(quiet.engine.due_ms(end)) == 600
    quiet.silence.wake(ALL)
    assert quiet.seconds(quiet.engine.due_ms(end)) == 20


def test_several_reasons_that_follow_one_another_are_waited_out(quiet, make_rule):
    quiet.silence.mutes = [LUNCH, Mute(name="nap", from_="12:59", to="14:00")]
    settings = make_rule("a > 1", active=Hours(from_="15:00", to="16:00"))
    assert quiet.silence.ends_ms(settings, Severity.WARN, quiet.clock.now_ms()) == (
        quiet.clock.now_ms() + 3 * HOUR * 1000
    )


def test_a_mute_below_a_severity_lets_the_worst_through(quiet, make_rule):
    quiet.silence.mutes = [Mute(name="lunch", below=Severity.CRITICAL)]
    quiet.rules(make_rule("a > 1", name="bad", severity=Severity.CRITICAL), make_rule("a > 1", name="odd"))
    quiet.at(10, ("a", 5))
    assert [news.alert.rule for news in quiet.news if not news.held] == ["bad"]


def test_a_rule_is_told_only_in_its_active_hours(quiet, make_rule):
    quiet.rules(make_rule("a > 1", active=Hours(from_="13:00", to="14:00", days=("thu",))))
    quiet.at(10, ("a", 5))
    assert held(quiet) == [("FIRED", "outside its active hours")]
    quiet.at(HOUR, ("a", 5))
    assert quiet.told() == [(HOUR, "FIRED", "")]


def test_reminders_wait_for_the_end_of_the_quiet(quiet, make_rule):
    quiet.rules(make_rule("a > 1", repeat="10m"))
    quiet.at(-5, ("a", 5))
    quiet.silence.mutes = [LUNCH]
    quiet.at(700, ("a", 5))
    assert quiet.kinds() == ["FIRED"]
    quiet.at(HOUR, ("a", 5))
    assert quiet.kinds() == ["FIRED", "REMINDER"]


def test_missing_data_is_told_when_the_quiet_ends_if_it_is_missing_still(quiet, make_rule):
    quiet.silence.mutes = [LUNCH]
    quiet.rules(make_rule("a > 1", no_data=NoData.ALERT, no_data_for="5m"))
    quiet.at(0, ("a", 0))
    quiet.at(400)
    assert held(quiet) == [("NO_DATA", "muted: lunch")]
    quiet.at(HOUR)
    quiet.at(HOUR + 1)
    assert quiet.kinds() == ["NO_DATA"]
    quiet.at(HOUR + 10, ("a", 0))
    assert quiet.kinds() == ["NO_DATA", "RESOLVED"]


def test_data_that_is_back_before_the_quiet_ends_is_no_news(quiet, make_rule):
    quiet.silence.mutes = [LUNCH]
    quiet.rules(make_rule("a > 1", no_data=NoData.ALERT, no_data_for="5m"))
    quiet.at(0, ("a", 0))
    quiet.at(400)
    quiet.at(500, ("a", 0))
    quiet.at(HOUR, ("a", 0))
    assert quiet.told() == []
    assert held(quiet)[1] == ("RESOLVED", "nobody was told of it: muted: lunch")


def test_a_snoozed_rule_is_told_when_the_snooze_ends(quiet, make_rule):
    quiet.rules(make_rule("a > 1"), make_rule("a > 2", name="other"))
    snooze(quiet, 60)
    quiet.at(10, ("a", 5))
    assert [news.alert.rule for news in quiet.news if not news.held] == ["other"]
    assert held(quiet) == [("FIRED", "snoozed")]
    quiet.at(60)
    assert [news.alert.rule for news in quiet.news if not news.held] == ["other", "r"]


def test_a_snooze_of_all_silences_every_rule_until_it_is_ended_by_hand(quiet, make_rule):
    quiet.rules(make_rule("a > 1"), make_rule("a > 2", name="other"))
    snooze(quiet, 600, ALL)
    quiet.at(10, ("a", 5))
    assert quiet.told() == []
    assert quiet.silence.wake(ALL)
    assert not quiet.silence.wake(ALL)
    quiet.at(11)
    assert quiet.kinds() == ["FIRED", "FIRED"]


def test_a_snooze_says_until_when(quiet):
    now_ms = quiet.clock.now_ms()
    snooze(quiet, 60)
    snooze(quiet, 30, ALL)
    assert quiet.silence.snoozed_until("r", now_ms) == now_ms + 60_000
    assert quiet.silence.snoozed_until("s", now_ms) == now_ms + 30_000
    assert quiet.silence.snoozed_until("s", now_ms + 30_000) is None


def test_a_snooze_made_while_the_old_ones_are_read_wins():
    silence = Silence()
    silence.snooze("r", 50)
    silence.restore({"r": 20, "s": 30})
    assert (silence.snoozed_until("r", 0), silence.snoozed_until("s", 0)) == (50, 30)


class Slow(dict):
    """Snoozes that somebody else changes while they are being read."""

    def __init__(self, meanwhile):
        super().__init__()
        self.meanwhile = meanwhile

    def __iter__(self):
        return super().__iter__()  # so that a copy asks for the keys

    def keys(self):
        if not self.meanwhile.ident:
            self.meanwhile.start()
            self.meanwhile.join(0.2)
        return super().keys()


def test_of_two_snoozes_at_once_both_count():
    silence = Silence()
    other = threading.Thread(target=silence.snooze, args=("other", 2000))
    silence._snoozes = Slow(other)
    silence.snooze("r", 1000)
    other.join()
    assert [silence.snoozed_until(rule, 0) for rule in ("r", "other")] == [1000, 2000]


def test_an_acknowledged_firing_ends_with_it_and_the_next_one_is_reminded_of_again(world, make_rule):
    world.rules(make_rule("a > 1", repeat="1m"))
    world.at(0, ("a", 5))
    world.engine.acknowledge(world.news[0].alert.id, world.clock.now_ms())
    world.at(70, ("a", 5))
    assert world.kinds() == ["FIRED"]
    world.at(80, ("a", 0))
    world.at(90, ("a", 5))
    world.at(160, ("a", 5))
    assert world.kinds() == ["FIRED", "RESOLVED", "FIRED", "REMINDER"]
