import pytest

from oculus.core.alert import NewsKind
from oculus.core.errors import StorageError
from oculus.core.event import Severity
from oculus.core.secret import Secret
from oculus.notify.channels.webhook import WebhookSettings
from oculus.notify.routing import skip_reason


def hook(**fields):
    return WebhookSettings(url=Secret("http://127.0.0.1:9"), **fields)


def test_news_goes_to_every_channel_of_the_rule_once(house, news):
    home = house({"hook": hook(), "pager": hook()})
    rows = home.notifier.address([news(channels=["hook", "log", "pager", "hook"])])
    assert [(row.channel, row.state) for row in rows] == [
        ("hook", "queued"),
        ("log", "queued"),
        ("pager", "queued"),
    ]


def test_a_new_delivery_is_due_now_and_expires_after_six_hours(house, news, clock):
    (row,) = house({"hook": hook()}, clock).notifier.address([news()])
    assert row.created_ms == row.next_ms == clock.now_ms()
    assert row.expires_ms - row.created_ms == 6 * 3600 * 1000
    assert (row.attempts, row.sent_ms, row.last_error) == (0, None, "")


def test_deliveries_have_numbers_that_grow(house, news):
    home = house({"hook": hook()})
    numbers = [row.id for row in home.notifier.address([news() for _ in range(50)])]
    assert numbers == sorted(set(numbers))


def test_news_that_is_held_back_has_no_delivery(house, news):
    assert house({"hook": hook()}).notifier.address([news(held="cooldown")]) == []


def test_the_log_channel_exists_without_being_listed(house, news):
    (row,) = house().notifier.address([news(channels=["log"])])
    assert row.state == "queued"


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        (None, "there is no channel of this name"),
        (hook(enabled=False), "the channel is switched off"),
        (hook(min_severity=Severity.ERROR), "warn is below the channel's min_severity, error"),
        (hook(min_severity=Severity.WARN), ""),
    ],
)
def test_who_is_not_told_has_a_row_that_says_why(house, news, settings, reason):
    (row,) = house({"hook": settings} if settings else {}).notifier.address([news()])
    assert (row.state, row.last_error) == (("skipped", reason) if reason else ("queued", ""))


def test_the_end_is_told_only_where_the_beginning_was(house, news):
    home = house({"hook": hook(), "pager": hook(min_severity=Severity.CRITICAL)})
    home.tell(news(alert=1, channels=["hook", "pager"]))
    rows = home.tell(news(NewsKind.RESOLVED, alert=1, channels=["hook", "pager"]))
    assert [(row.channel, row.state, row.last_error) for row in rows] == [
        ("hook", "queued", ""),
        ("pager", "skipped", "its beginning was not told here"),
    ]


def test_an_alert_that_got_worse_is_a_beginning_for_those_who_hear_only_then(house, news):
    home = house({"hook": hook(min_severity=Severity.CRITICAL)})
    home.tell(news(alert=1))
    home.tell(news(NewsKind.ESCALATED, alert=1, severity=Severity.CRITICAL))
    (row,) = home.tell(news(NewsKind.RESOLVED, alert=1))
    assert row.state == "queued"


def test_who_was_told_of_the_beginning_hears_the_end_although_min_severity_rose(house, news):
    home = house({"hook": hook()})
    home.tell(news(alert=1))
    home.notifier.replace({"hook": hook(min_severity=Severity.CRITICAL)})
    (row,) = home.tell(news(NewsKind.RESOLVED, alert=1))
    assert row.state == "queued"


def test_ends_can_be_switched_off(news):
    assert skip_reason(news(NewsKind.RESOLVED), hook(send_resolved=False), True) == "send_resolved is off"


def test_after_a_restart_the_table_says_who_was_told(house, news, table, service, eventually):
    first = house({"hook": WebhookSettings(url=Secret(service.url))})
    first.notifier.start()
    first.tell(news(alert=7))
    assert eventually(lambda: service.got)
    assert first.notifier.stop()

    second = house({"hook": hook(), "pager": hook()})
    rows = second.notifier.address([news(NewsKind.RESOLVED, alert=7, channels=["hook", "pager"])])
    assert [row.state for row in rows] == ["queued", "skipped"]


def test_an_end_is_rather_told_too_often_when_the_table_cannot_be_asked(house, news):
    def fail(alert):
        raise StorageError("the disk is gone")

    (row,) = house({"hook": hook()}, told=fail).notifier.address([news(NewsKind.RESOLVED)])
    assert row.state == "queued"


def test_the_memory_of_who_was_told_does_not_grow_for_ever(house, news, table, monkeypatch):
    home = house({"hook": hook()})
    monkeypatch.setattr(home.notifier._told, "_limit", 10)
    for number in range(1, 31):
        home.tell(news(alert=number))
    assert len(home.notifier._told._heard) == 10
    (row,) = home.notifier.address([news(NewsKind.RESOLVED, alert=1)])
    assert row.state == "queued"  # the table remembers
