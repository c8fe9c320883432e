"""This machine's own lost network is no failure of the hosts outside."""

import socket
import threading

import pytest

from oculus.collectors import anchors
from oculus.collectors.anchors import ConnectivitySettings, answers, any_answers, gateway
from oculus.collectors.network.dns import DnsSettings
from oculus.collectors.network.http import HttpSettings
from oculus.collectors.network.ping import PingSettings
from oculus.collectors.network.tcp import TcpSettings
from oculus.collectors.outage import Outage, outside
from oculus.core.counters import Counters
from oculus.core.metric import Metric

PROBES = [
    TcpSettings(target="a.example:80"),
    TcpSettings(target="b.example:80"),
    TcpSettings(target="127.0.0.1:80", name="home"),
    PingSettings(target="c.example"),
]


class Clock:
    def __init__(self):
        self.seconds = 0.0

    def now_ms(self):
        return round(self.seconds * 1000)

    def monotonic(self):
        return self.seconds


class House:
    """An outage between collectors that are played and a writer that is a list."""

    def __init__(self, settings, probes=PROBES):
        self.clock = Clock()
        self.online = True
        self.asked = 0
        self.passed, self.lost, self.found = [], [], []
        self.counters = Counters()
        self.outage = Outage(
            self.passed.extend, self.lost.append, self.found.append, self.clock, self.counters, self.answers
        )
        self.outage.replace(settings, probes)

    def answers(self, _):
        self.asked += 1
        return self.online

    def say(self, host, up, kind="tcp"):
        symbol = f"net.{kind}.{host}"
        now = self.clock.now_ms()
        self.outage.sift([Metric(now, f"net.{kind}", f"{symbol}.up", float(up), {"probe": kind})])

    def at(self, seconds):
        self.clock.seconds = float(seconds)
        self.outage.step()

    def passed_on(self):
        return [(metric.symbol.removeprefix("net."), metric.value) for metric in self.passed]


@pytest.fixture
def house():
    return House(ConnectivitySettings())


A, B, C = ("tcp.a.example:80.up", 0.0), ("tcp.b.example:80.up", 0.0), ("ping.c.example.up", 0.0)


def test_a_host_that_is_down_while_an_anchor_answers_is_down(house):
    house.say("a.example:80", 0)
    assert house.passed == []
    house.at(1)
    assert house.passed_on() == [A]
    house.say("b.example:80", 0)  # just now it was known that the network works
    assert house.passed_on() == [A, B]
    assert (house.asked, house.lost) == (1, [])


def test_all_hosts_down_and_no_anchor_is_this_machine_offline(house):
    house.online = False
    house.at(10)
    house.say("a.example:80", 0)
    house.at(11)
    assert not house.outage.offline()
    house.say("b.example:80", 0)
    house.at(12)
    assert house.outage.offline()
    assert [(gap.from_ms, gap.to_ms) for gap in house.lost] == [(10_000, None)]
    house.say("c.example", 0, "ping")
    assert house.passed == []
    assert house.counters.get("outage.dropped") == 3


def test_it_is_told_once_however_long_it_lasts(house):
    house.online = False
    for second in range(0, 600, 10):
        house.clock.seconds = float(second)
        house.say("a.example:80", 0)
        house.say("b.example:80", 0)
        house.at(second + 1)
    assert (len(house.lost), house.found) == (1, [])


def test_an_anchor_that_answers_again_ends_it(house):
    house.online = False
    house.say("c.example", 0, "ping")
    house.at(1)
    house.online = True
    house.at(7)
    assert [(gap.from_ms, gap.to_ms) for gap in house.found] == [(0, 7000)]
    house.say("a.example:80", 0)
    assert house.passed_on() == [A]


def test_a_host_that_answers_ends_it_too(house):
    house.online = False
    house.say("c.example", 0, "ping")
    house.at(1)
    house.say("a.example:80", 1)
    assert not house.outage.offline()
    assert house.passed_on() == [("tcp.a.example:80.up", 1.0)]


def test_one_host_that_answers_shows_that_the_other_is_down_whatever_the_anchors_say(house):
    house.online = False
    house.say("a.example:80", 0)
    house.at(1)
    house.say("b.example:80", 1)
    assert house.passed_on() == [A, ("tcp.b.example:80.up", 1.0)]
    assert house.lost == []


def test_probes_that_are_asked_rarely_are_not_waited_for(house):
    house.online = False
    house.say("a.example:80", 0)
    house.at(29)
    assert not house.outage.offline()
    house.at(31)
    assert house.outage.offline()


def test_what_is_on_this_machine_is_never_held_back(house):
    house.online = False
    house.say("home", 0)
    assert house.passed_on() == [("tcp.home.up", 0.0)]


def test_numbers_that_are_no_probes_pass(house):
    house.outage.sift([Metric(0, "crypto.price", "crypto.price.btc_usd", 1.0, {})])
    assert len(house.passed) == 1


def test_switched_off_all_passes():
    house = House(None)
    house.online = False
    house.say("a.example:80", 0)
    assert house.passed_on() == [A]


def test_switching_it_off_while_offline_ends_the_gap(house):
    house.online = False
    house.say("c.example", 0, "ping")
    house.at(1)
    house.outage.replace(None, PROBES)
    assert len(house.found) == 1


def test_nothing_that_waits_is_lost_when_oculus_stops(house):
    house.say("a.example:80", 0)
    house.outage.finish()
    assert house.passed_on() == [A]


def test_the_anchors_are_asked_only_when_something_depends_on_it(house):
    house.say("a.example:80", 1)
    for second in range(100):
        house.at(second)
    assert house.asked == 0


def test_only_probes_that_leave_this_machine_count():
    probes = [
        *PROBES,
        HttpSettings(target="http://localhost:8000/"),
        HttpSettings(target="http://[::1]:8000/", name="six"),
        HttpSettings(target="https://d.example/"),
        DnsSettings(target="e.example", server="127.0.0.1:5353", name="near"),
        DnsSettings(target="e.example", name="far"),
        TcpSettings(target="f.example:1", enabled=False),
    ]
    assert [kind for _, kind in outside(probes)] == ["tcp", "tcp", "ping", "http", "dns"]


def test_an_anchor_that_refuses_has_answered():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert answers(("127.0.0.1", port), 1.0)
    assert answers(("127.0.0.1", port), 1.0)
    assert any_answers(ConnectivitySettings(anchors=(f"127.0.0.1:{port}",), gateway=False))


@pytest.fixture
def silent(monkeypatch):
    """Anchors called `silent` say nothing for long; the others answer. Gives those that are over."""
    gate, over = threading.Event(), []

    def answer(where, _timeout_s):
        if where[0] == "silent":
            gate.wait(60)
        over.append(where[0])
        return True

    monkeypatch.setattr(anchors, "answers", answer)
    yield over
    gate.set()


def test_nobody_waits_for_an_anchor_once_another_has_answered(silent):
    named = ConnectivitySettings(anchors=("silent:53", "other:53"), gateway=False)
    assert any_answers(named, timeout_s=60)
    assert silent == ["other"]


def test_an_anchor_that_says_nothing_in_time_has_not_answered(silent):
    assert not any_answers(ConnectivitySettings(anchors=("silent:53",), gateway=False), timeout_s=0)


def test_an_anchor_whose_name_cannot_be_has_not_answered():
    assert not answers(("a..example", 53), 1.0)


def test_without_anchors_nothing_answers():
    assert not any_answers(ConnectivitySettings(anchors=(), gateway=False))


def test_the_gateway_is_read_from_the_table_of_routes(tmp_path):
    routes = tmp_path / "route"
    routes.write_text(
        "Iface\tDestination\tGateway\tFlags\n"
        "eth0\t0001A8C0\t00000000\t0001\n"
        "eth0\t00000000\t0101A8C0\t0003\n",
        "ascii",
    )
    assert gateway(routes) == "192.168.1.1"
    assert gateway(tmp_path / "none") is None


def test_an_anchor_that_is_no_address_is_refused():
    with pytest.raises(ValueError, match=r"anchors .* has no port"):
        ConnectivitySettings(anchors=("1.1.1.1:0",))
