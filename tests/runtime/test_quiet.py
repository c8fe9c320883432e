"""What waits while nobody is to be told, and what becomes of it when that ends sooner than was thought."""

import threading

import pytest

from fakes.messengers import AnyServer
from oculus.core.alert import NewsKind
from oculus.core.durations import Duration
from oculus.core.metric import Metric
from oculus.settings.load import load

MUTE = "mute:\n  - {name: night}\n"
SYMBOL = "custom.a.x"


@pytest.fixture
def text(receiver):
    rule = f"rules:\n  - {{name: hot, condition: {SYMBOL} > 5, channels: [hook]}}\n"
    return f'channels:\n  hook: {{type: webhook, url: "{receiver.url}"}}\n{rule}'


@pytest.fixture
def taken_on(tmp_path):
    """Let a running Oculus go on with other settings at once."""

    def apply(oculus, text):
        (tmp_path / "other.yaml").write_text(text, "utf-8")
        oculus.apply(load(tmp_path / "other.yaml"))

    return apply


def measure(oculus, value):
    oculus.writer.put([Metric(oculus.clock.now_ms(), "custom.a", SYMBOL, value, {})])


def fire(oculus, receiver):
    measure(oculus, 9.0)
    assert receiver.heard.get(timeout=30)["news"] == "FIRED"


def end(oculus, eventually):
    """It ends, and nobody is told of that yet."""
    measure(oculus, 1.0)
    eventually(lambda: oculus.reader.alerts(state="resolved"))
    waiting = [each for each in oculus.reader.deliveries(10) if each.news.kind is NewsKind.RESOLVED]
    assert [str(each.state) for each in waiting] == ["queued"]


def test_the_end_of_an_alert_is_told_when_somebody_ends_the_snooze(house, text, receiver, eventually):
    with house(text) as oculus:
        fire(oculus, receiver)
        oculus.snoozes.snooze("hot", Duration(hours=8))
        end(oculus, eventually)
        oculus.snoozes.wake("hot")
        assert receiver.heard.get(timeout=30)["news"] == "RESOLVED"


def test_the_end_of_an_alert_is_told_when_the_muted_hours_are_taken_out(
    house, text, receiver, taken_on, eventually
):
    with house(text) as oculus:
        fire(oculus, receiver)
        taken_on(oculus, text + MUTE)
        end(oculus, eventually)
        taken_on(oculus, text)
        assert receiver.heard.get(timeout=30)["news"] == "RESOLVED"


def test_the_end_of_an_alert_is_told_at_a_start_without_the_muted_hours(
    house, text, receiver, taken_on, eventually
):
    with house(text) as oculus:
        fire(oculus, receiver)
        taken_on(oculus, text + MUTE)
        end(oculus, eventually)
    with house(text):
        assert receiver.heard.get(timeout=30)["news"] == "RESOLVED"


def test_what_a_mended_channel_had_refused_is_told_when_the_snooze_ends(
    house, text, receiver, servers, taken_on, eventually
):
    wrong = servers(AnyServer)
    wrong.answers.append(lambda handler: handler.reply(401, b""))
    states = "SELECT state, next_at > now() + INTERVAL 1 HOUR FROM deliveries"
    with house(text.replace(receiver.url, wrong.url)) as oculus:
        measure(oculus, 9.0)
        eventually(lambda: oculus.reader.query(states).rows == [["failed", False]])
        oculus.snoozes.snooze("hot", Duration(hours=8))
        taken_on(oculus, text)
        eventually(lambda: oculus.reader.query(states).rows == [["queued", True]])
        assert receiver.heard.empty()
        oculus.snoozes.wake("hot")
        assert receiver.heard.get(timeout=30)["news"] == "FIRED"


def test_what_waits_for_its_service_is_not_told_of_a_rule_that_is_snoozed_meanwhile(
    house, text, receiver, servers, eventually
):
    hook, back = servers(AnyServer), threading.Event()
    hook.answers.extend([lambda handler: handler.reply(200 if back.is_set() else 503, b"")] * 100)
    states = "SELECT state, next_at > now() + INTERVAL 1 HOUR FROM deliveries"
    with house(text.replace(receiver.url, hook.url)) as oculus:
        measure(oculus, 9.0)
        eventually(lambda: oculus.reader.query(states).rows == [["retrying", False]])
        oculus.snoozes.snooze("hot", Duration(hours=8))
        eventually(lambda: oculus.reader.query(states).rows == [["retrying", True]])
        back.set()
        oculus.snoozes.wake("hot")
        eventually(lambda: oculus.reader.query(states).rows == [["sent", True]])
