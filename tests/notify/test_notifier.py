"""The notifier with its threads, a real clock and real services."""

import threading
import time

import pytest

from oculus.core.errors import ChannelError
from oculus.core.secret import Secret
from oculus.notify.channels.webhook import WebhookSettings


def hook(service, path="/in", **fields):
    return WebhookSettings(url=Secret(service.url + path), **fields)


def senders():
    names = {thread.name for thread in threading.enumerate() if thread.name.startswith("notify-")}
    return sorted(names - {"notify-deadlines"})  # which is everybody's


def test_a_channel_has_a_thread_only_while_it_is_used(house, service, news, eventually):
    home = house({"hook": hook(service), "idle": hook(service)})
    home.notifier.start()
    assert senders() == []
    home.tell(news())
    assert eventually(lambda: service.got)
    assert "notify-hook" in senders()
    assert "notify-idle" not in senders()
    assert home.notifier.alive()
    assert home.notifier.stop()
    assert eventually(lambda: not senders())
    assert not home.notifier.alive()


def test_what_comes_before_the_start_is_sent_after_it(house, service, news, eventually):
    home = house({"hook": hook(service)})
    home.tell(news())
    assert senders() == []
    home.notifier.start()
    assert eventually(lambda: service.got)


def test_an_alert_is_handed_to_its_channel_at_once(house, service, news, eventually):
    home = house({"hook": hook(service)})
    home.notifier.start()

    def quickly():
        before, begun = len(service.got), time.perf_counter()
        home.tell(news())
        eventually(lambda: len(service.got) > before)
        return time.perf_counter() - begun < 0.25  # far below the polling of any loop

    eventually(lambda: sum(quickly() for _ in range(20)) > 5)  # on a busy machine some take longer anyway


def test_a_slow_channel_delays_neither_another_nor_whoever_hands_over(house, services, news, eventually):
    slow, fast = services(), services()
    slow.answers.append(lambda handler: slow.release.wait(60))
    home = house({"slow": hook(slow), "fast": hook(fast)})
    home.notifier.start()
    home.tell(news(channels=["slow"]))
    assert eventually(lambda: slow.got)
    begun = time.perf_counter()
    for _ in range(20):
        home.tell(news(channels=["slow", "fast"]))
    assert time.perf_counter() - begun < 30
    assert eventually(lambda: len(fast.got) == 20)
    assert len(slow.got) == 1


def test_stopping_does_not_wait_for_a_service_that_hangs_and_loses_nothing(
    house, service, news, table, eventually
):
    service.answers.append(lambda handler: service.release.wait(60))
    home = house({"hook": hook(service)})
    home.notifier.start()
    home.tell(news(), news())
    assert eventually(lambda: service.got)
    assert eventually(lambda: home.notifier.stop(1.0), 30)  # it hangs for a minute
    assert [row.state for row in table.rows.values()] == ["retrying", "queued"]


def test_stopping_does_not_wait_for_the_next_try(house, service, news, table, eventually):
    service.answers.extend([lambda handler: handler.answer(503, {"Retry-After": "3600"})])
    home = house({"hook": hook(service)})
    home.notifier.start()
    (row,) = home.tell(news())
    assert eventually(lambda: table.rows[row.id].state == "retrying")
    assert home.notifier.stop(30)  # the next try is in an hour


def test_only_settings_that_changed_make_a_new_channel(house, services, news, eventually):
    one, two = services(), services()
    home = house({"a": hook(one), "b": hook(one)})
    before = {name: home.notifier._senders[name].channel for name in ("a", "b", "log")}
    home.notifier.replace({"a": hook(one), "b": hook(two)})
    after = {name: home.notifier._senders[name].channel for name in ("a", "b", "log")}
    assert [before[name] is after[name] for name in ("a", "b", "log")] == [True, False, True]
    home.notifier.start()
    home.tell(news(channels=["a", "b"]))
    assert eventually(lambda: one.got and two.got)


def test_new_settings_free_what_hung_on_the_old_ones(house, services, news, table, eventually):
    old, new = services(), services()
    old.answers.append(lambda handler: old.release.wait(60))
    home = house({"hook": hook(old)})
    home.notifier.start()
    (row,) = home.tell(news())
    assert eventually(lambda: old.got)
    home.notifier.replace({"hook": hook(new)})
    assert eventually(lambda: table.rows[row.id].state == "sent")
    assert len(new.got) == 1


def test_a_test_message_goes_through_the_channel_in_plain_words(house, service):
    home = house({"hook": hook(service)})
    home.notifier.send_test("hook")
    (body,) = service.bodies()
    assert body["message"] == "This is a test from Oculus. If you can read it, this channel works."
    assert (body["news"], body["rule"]) == ("FIRED", "test")
    assert [status.last_sent_ms for status in home.notifier.status() if status.name == "hook"] != [None]


def test_a_test_message_that_fails_says_what_the_service_answered(house, service):
    service.answers.append(403)
    home = house({"hook": hook(service)})
    with pytest.raises(ChannelError, match="answered 403 Forbidden"):
        home.notifier.send_test("hook")
    states = {status.name: status.state for status in home.notifier.status()}
    assert states == {"log": "ok", "desktop": "off", "hook": "broken"}
    home.notifier.send_test("hook")
    assert home.notifier.status()[-1].state == "ok"


def test_a_test_of_a_channel_that_does_not_exist_names_the_nearest(house, service):
    home = house({"hook": hook(service)})
    with pytest.raises(ChannelError, match=r"no channel 'hok'\. Did you mean hook\?"):
        home.notifier.send_test("hok")
    with pytest.raises(ChannelError, match="There are: log, desktop, hook"):
        home.notifier.send_test("xyzzy")


def test_a_test_message_and_an_alert_never_go_through_a_channel_at_the_same_time(
    house, service, news, eventually
):
    inside, together = [], []

    def slowly(handler):
        inside.append(1)
        time.sleep(0.02)
        together.append(len(inside))
        inside.pop()
        handler.answer(200)

    service.answers.extend([slowly] * 20)
    home = house({"hook": hook(service)})
    home.notifier.start()
    home.tell(*(news() for _ in range(10)))
    for _ in range(5):
        home.notifier.send_test("hook")
    assert eventually(lambda: len(together) == 15)
    assert set(together) == {1}
