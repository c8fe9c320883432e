import pytest

from oculus.collectors.network.ping import PingSettings
from oculus.collectors.network.tcp import TcpSettings
from oculus.collectors.once import collect_once
from oculus.collectors.words import masked, of_crash
from oculus.core.durations import Duration
from oculus.core.errors import OculusError, SourceError


def test_two_collectors_of_one_host_are_told_apart_by_their_symbols(desk):
    desk.scheduler.replace(
        [
            PingSettings(target="127.0.0.1"),
            TcpSettings(target="127.0.0.1:9", name="127.0.0.1"),
            TcpSettings(target="127.0.0.1:9"),
        ]
    )
    names = [status.name for status in desk.scheduler.status()]
    assert names == ["net.ping.127.0.0.1", "net.tcp.127.0.0.1", "127.0.0.1:9"]
    desk.scheduler.pause("net.ping.127.0.0.1")
    desk.scheduler.pause("net.tcp.127.0.0.1:9")
    assert [status.state for status in desk.scheduler.status()] == ["paused", "ok", "paused"]
    with pytest.raises(OculusError, match=r"2 collectors are called 127.0.0.1. Write one of net.ping.127"):
        desk.scheduler.pause("127.0.0.1")


def test_asking_once_returns_the_numbers_and_the_trouble(closed_port):
    metrics, trouble = collect_once(TcpSettings(target=f"127.0.0.1:{closed_port}"))
    assert [(metric.symbol, metric.value) for metric in metrics] == [
        (f"net.tcp.127.0.0.1:{closed_port}.up", 0)
    ]
    assert trouble == "refused the connection"


def test_asking_once_says_in_words_what_cannot_be_asked(scripted):
    def broken(collector):
        raise SourceError("fng", "no connection", "Look at the network.")

    scripted.does = {"fng": broken}
    with pytest.raises(OculusError, match=r"fng could not ask its source: fng: no connection. Look at"):
        collect_once(scripted.settings(name="fng"))


def test_asking_once_does_not_wait_for_ever(scripted, gate, monkeypatch):
    monkeypatch.setattr("oculus.collectors.job.GRACE_S", 0.05)
    scripted.does = {"hangs": lambda collector: gate.wait(60)}
    with pytest.raises(OculusError, match="hangs was given up: took longer than"):
        collect_once(scripted.settings(name="hangs", timeout=Duration(milliseconds=50)))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://joe:pw@host/x", "http://••••••@host/x"),
        ("see https://h/?a=1&api_key=k1&b=2 now", "see https://h/?a=1&api_key=••••••&b=2 now"),
        ("https://h/?access_token=abc#top", "https://h/?access_token=••••••#top"),
        ("http://host/@me?keyboard", "http://host/@me?keyboard"),
    ],
)
def test_what_addresses_carry_in_secret_is_masked(text, shown):
    assert masked(text) == shown


def test_a_crash_is_said_on_one_line_of_a_bearable_length():
    said = of_crash(ValueError("a\nb" * 1000))
    assert "\n" not in said
    assert len(said) <= 300
