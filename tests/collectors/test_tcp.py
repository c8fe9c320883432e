import errno
import socket
import threading
import time

import pytest

from oculus.collectors.network import resolve
from oculus.collectors.network.deadline import Deadline
from oculus.collectors.network.tcp import TcpSettings
from oculus.core.durations import Duration
from oculus.core.errors import SourceError

SHORT = Duration(milliseconds=300)


def test_an_open_port_is_up_with_the_time_it_took_to_connect(listen, ask):
    port = listen(lambda connection: connection.recv(1))
    values, trouble, metrics = ask(TcpSettings(target=f"127.0.0.1:{port}", tags={"room": "7"}))
    assert set(values) == {"", "up"}
    assert values["up"] == 1
    assert 0 < values[""] < 1000
    assert trouble == ""
    assert {metric.category for metric in metrics} == {"net.tcp"}
    assert metrics[0].symbol == f"net.tcp.127.0.0.1:{port}"
    assert metrics[0].tags == {"probe": "tcp", "target": f"127.0.0.1:{port}", "room": "7"}


def test_a_port_is_reached_over_ipv6(listen, ask):
    port = listen(lambda connection: connection.recv(1), host="::1")
    values, _, metrics = ask(TcpSettings(target=f"[::1]:{port}"))
    assert values["up"] == 1
    assert metrics[0].symbol == f"net.tcp.::1:{port}"
    assert metrics[0].tags["target"] == f"[::1]:{port}"


def test_a_refused_port_is_down_and_has_no_latency(closed_port, ask):
    values, trouble, _ = ask(TcpSettings(target=f"127.0.0.1:{closed_port}"))
    assert values == {"up": 0}
    assert trouble == "refused the connection"


def test_why_it_is_down_stands_beside_the_zero_and_is_gone_when_it_is_up(closed_port, listen, ask):
    _, _, [zero] = ask(TcpSettings(target=f"127.0.0.1:{closed_port}"))
    assert zero.tags["error"] == "refused the connection"
    port = listen(lambda connection: connection.recv(1))
    _, _, metrics = ask(TcpSettings(target=f"127.0.0.1:{port}"))
    assert not any("error" in metric.tags for metric in metrics)


def test_a_silent_port_is_down_when_the_timeout_has_passed(silent_port, ask):
    begun = time.monotonic()
    values, trouble, _ = ask(TcpSettings(target=f"127.0.0.1:{silent_port}", timeout=SHORT))
    assert values == {"up": 0}
    assert trouble == "no answer within 0.3 s"
    assert 0.25 < time.monotonic() - begun < 30


def test_a_host_nobody_knows_is_down(ask):
    values, trouble, _ = ask(TcpSettings(target="no-such-host.invalid:80"))
    assert values == {"up": 0}
    assert trouble == "no such host"


@pytest.mark.parametrize("host", ["a" * 70 + ".example", "a..example"])
def test_a_name_that_no_host_can_have_is_down_rather_than_a_crash(ask, host):
    assert ask(TcpSettings(target=f"{host}:80"))[1] == "no such host"


def test_an_address_in_a_zone_that_is_not_there_is_down(ask):
    values, trouble, _ = ask(TcpSettings(target="[fe80::1%nozone9]:80"))
    assert values == {"up": 0}
    assert trouble


def test_when_the_first_address_refuses_the_next_one_is_tried(listen, ask, monkeypatch):
    port = listen(lambda connection: connection.recv(1))
    both = [
        (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("::1", 0, 0, 0)),
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 0)),
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **options: both)
    values, _, _ = ask(TcpSettings(target=f"two-addresses.test:{port}"))
    assert values["up"] == 1


def test_a_silent_first_address_leaves_time_for_the_next(silent_port, ask, monkeypatch):
    with socket.create_server(("127.0.0.2", silent_port)):
        both = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 0)) for ip in ("127.0.0.1", "127.0.0.2")]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **options: both)
        half = TcpSettings(target=f"half.test:{silent_port}", timeout=Duration(seconds=4))
        assert ask(half)[0]["up"] == 1


def test_a_look_up_that_hangs_is_left_behind_at_the_timeout(ask, monkeypatch, gate):
    monkeypatch.setattr(resolve.RESOLVER, "_under_way", {})
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **options: gate.wait(60) and [])
    begun = time.monotonic()
    for _ in range(2):
        assert (
            ask(TcpSettings(target="slow.test:80", timeout=SHORT))[1]
            == "its name was not resolved within 0.3 s"
        )
    assert time.monotonic() - begun < 30
    assert len(resolve.RESOLVER._under_way) == 1  # both waited for the same look-up


def test_a_retry_that_succeeds_counts_as_up(listen, ask, monkeypatch):
    port = listen(lambda connection: connection.recv(1))
    answers = iter([socket.gaierror(socket.EAI_AGAIN, "try again")])

    def flaky(host, *args, **options):
        for error in answers:
            raise error
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 0))]

    monkeypatch.setattr(socket, "getaddrinfo", flaky)
    values, trouble, _ = ask(TcpSettings(target=f"flaky.test:{port}", retries=1))
    assert (values["up"], trouble) == (1, "")


def test_a_machine_without_sockets_left_is_not_a_host_that_is_down(ask, monkeypatch):
    def none_left(*args, **options):
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(socket, "socket", none_left)
    with pytest.raises(SourceError, match="this machine: no more sockets"):
        ask(TcpSettings(target="127.0.0.1:80"))


def test_a_name_in_the_settings_is_the_end_of_the_symbols(closed_port, ask):
    _, _, metrics = ask(TcpSettings(target=f"127.0.0.1:{closed_port}", name="The Cache"))
    assert metrics[0].symbol == "net.tcp.the-cache.up"


def test_a_category_in_the_settings_is_used(closed_port, ask):
    _, _, metrics = ask(TcpSettings(target=f"127.0.0.1:{closed_port}", category="custom.office"))
    assert metrics[0].category == "custom.office"


def test_a_name_that_no_server_knows_keeps_no_other_from_being_looked_up(monkeypatch):
    gate = threading.Event()

    def ask(host):
        if host.startswith("dark"):
            gate.wait(60)
        return [resolve.Address(socket.AF_INET, ("192.0.2.1", 0))]

    monkeypatch.setattr(resolve, "ask_system", ask)
    resolver = resolve.Resolver(threads=1, waiting=3)
    dark = [
        threading.Thread(target=resolver.resolve, args=[name, 80, Deadline(60)], daemon=True)
        for name in ("dark1.test", "dark2.test")
    ]
    for thread in dark:
        thread.start()
    assert resolver.resolve("well.test", 80, Deadline(20))[0].ip == "192.0.2.1"
    gate.set()
    for thread in dark:
        thread.join(30)  # or they would ask the real system once this test is over
