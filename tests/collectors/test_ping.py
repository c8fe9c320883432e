import os
import shutil
import subprocess
import sys
import time

import pytest

from oculus.collectors.network import ping as module
from oculus.collectors.network.deadline import Deadline
from oculus.collectors.network.icmp import NotAllowed, raw, unprivileged
from oculus.collectors.network.ping import PingSettings
from oculus.collectors.network.ping_program import arguments, parse, program
from oculus.core.durations import Duration
from oculus.core.errors import SourceError

LINUX = """PING 127.0.0.1 (127.0.0.1) 56(84) bytes of data.
64 bytes from 127.0.0.1: icmp_seq=1 ttl=64 time=0.031 ms
64 bytes from 127.0.0.1: icmp_seq=2 ttl=64 time=12.5 ms
64 bytes from 127.0.0.1: icmp_seq=2 ttl=64 time=12.9 ms (DUP!)

--- 127.0.0.1 ping statistics ---
3 packets transmitted, 2 received, +1 duplicates, 33% packet loss, time 2003ms
rtt min/avg/max/mdev = 0.031/6.265/12.500/6.234 ms
"""
MACOS = """PING6(56=40+8+8 bytes) ::1 --> ::1
16 bytes from ::1, icmp_seq=0 hlim=64 time=0.123 ms

--- ::1 ping6 statistics ---
1 packets transmitted, 1 packets received, 0.0% packet loss
round-trip min/avg/max/std-dev = 0.123/0.123/0.123/0.000 ms
"""
GERMAN_WINDOWS = """Ping wird ausgeführt für 10.0.0.1 mit 32 Bytes Daten:
Antwort von 10.0.0.1: Bytes=32 Zeit=14ms TTL=117
Antwort von 10.0.0.1: Bytes=32 Zeit<1ms TTL=117

Ping-Statistik für 10.0.0.1:
    Pakete: Gesendet = 2, Empfangen = 2, Verloren = 0
Ca. Zeitangaben in Millisek.:
    Minimum = 1ms, Maximum = 14ms, Mittelwert = 7ms
"""


def allowed(way):
    try:
        return bool(way("127.0.0.1", 1, Deadline(2)).rtts_ms)
    except NotAllowed:
        return False


def test_this_machine_answers_to_ping(ask):
    values, trouble, metrics = ask(PingSettings(target="127.0.0.1"))
    assert set(values) == {"", "loss", "jitter", "min", "max", "up"}
    assert (values["up"], values["loss"], trouble) == (1, 0, "")
    assert 0 < values["min"] <= values[""] <= values["max"] < 1000
    assert metrics[0].symbol == "net.ping.127.0.0.1"
    assert metrics[0].tags == {"probe": "ping", "target": "127.0.0.1"}


@pytest.mark.parametrize("target", ["::1", "localhost"])
def test_names_and_ipv6_addresses_are_pinged_too(ask, target):
    values, _, _ = ask(PingSettings(target=target, count=1))
    assert values["up"] == 1
    assert "jitter" not in values  # one reply alone has no step


@pytest.mark.parametrize("ip", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("way", [unprivileged, raw, program])
def test_each_way_that_is_allowed_here_gets_its_replies(way, ip):
    if not allowed(way):
        pytest.skip("not allowed on this machine")
    echoes = way(ip, 3, Deadline(20))
    assert (echoes.sent, len(echoes.rtts_ms)) == (3, 3)
    assert all(0 <= rtt < 1000 for rtt in echoes.rtts_ms)


@pytest.mark.skipif(not shutil.which("unshare") or os.geteuid() != 0, reason="needs a network of its own")
def test_datagram_sockets_are_used_where_the_system_lets_everybody_ping():
    code = (
        "from oculus.collectors.network.icmp import unprivileged;"
        "from oculus.collectors.network.deadline import Deadline;"
        "print([len(unprivileged(ip, 2, Deadline(20)).rtts_ms) for ip in ('127.0.0.1', '::1')])"
    )
    shell = (
        f'ip link set lo up && echo "0 0" > /proc/sys/net/ipv4/ping_group_range && "{sys.executable}" -c "$0"'
    )
    done = subprocess.run(["unshare", "-n", "sh", "-c", shell, code], capture_output=True, text=True)
    if "unshare failed" in done.stderr:
        pytest.skip("this machine gives nobody a network of its own")
    assert done.stdout.strip() == "[2, 2]", done.stderr


def test_pings_at_the_same_time_do_not_take_each_others_replies(ask):
    if not allowed(raw):
        pytest.skip("not allowed on this machine")
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda _: raw("127.0.0.1", 4, Deadline(3)), range(16)))
    assert [len(echoes.rtts_ms) for echoes in found] == [4] * 16


def test_where_a_way_is_closed_the_next_one_is_gone(ask, monkeypatch):
    def closed(ip, count, deadline):
        raise NotAllowed

    monkeypatch.setattr(module, "WAYS", (closed, closed, program))
    if shutil.which("ping"):
        assert ask(PingSettings(target="127.0.0.1", count=2))[0]["up"] == 1
    monkeypatch.setattr(module, "WAYS", (closed, closed, closed))
    with pytest.raises(SourceError, match=r"does not let Oculus ping.*ping_group_range"):
        ask(PingSettings(target="127.0.0.1"))


def test_a_host_that_does_not_reply_is_down_with_all_lost(ask, monkeypatch):
    from oculus.collectors.network.icmp import Echoes

    monkeypatch.setattr(module, "WAYS", (lambda ip, count, deadline: Echoes(sent=count),))
    values, trouble, _ = ask(PingSettings(target="192.0.2.77", timeout=Duration(seconds=1)))
    assert values == {"loss": 100, "up": 0}
    assert trouble == "no reply within 1 s"


@pytest.mark.skipif(not allowed(raw), reason="not allowed on this machine")
def test_lost_replies_do_not_hold_it_longer_than_the_timeout():
    begun = time.monotonic()
    raw("240.0.0.1", 4, Deadline(0.5))  # nobody has it
    assert time.monotonic() - begun < 30


def test_a_host_nobody_knows_is_down_without_a_loss(ask):
    values, trouble, _ = ask(PingSettings(target="no-such-host.invalid"))
    assert values == {"up": 0}
    assert trouble == "no such host"


@pytest.mark.parametrize(
    ("said", "rtts"), [(LINUX, [0.031, 12.5]), (MACOS, [0.123]), (GERMAN_WINDOWS, [14.0, 1.0]), ("", [])]
)
def test_what_ping_programs_print_is_read_in_any_language(said, rtts):
    assert parse(said, 3).rtts_ms == rtts


def test_the_program_says_why_nothing_came_back():
    said = "From 10.0.0.1 icmp_seq=1 Destination Host Unreachable\n"
    assert parse(said, 1).why == "the host is unreachable"


def test_the_options_are_those_that_the_platform_knows():
    assert arguments("linux", "::1", 4, 4.9) == ["-n", "-c", "4", "-i", "0.2", "-W", "4", "-w", "4", "::1"]
    assert arguments("darwin", "10.0.0.1", 2, 2.0) == ["-n", "-c", "2", "-i", "0.2", "-W", "2000", "10.0.0.1"]
    assert arguments("win32", "10.0.0.1", 2, 2.0) == ["-n", "2", "-w", "1000", "10.0.0.1"]


@pytest.mark.parametrize("target", ["-f", "--help", "a b", "host/path", ""])
def test_a_target_that_is_no_host_is_refused(target):
    with pytest.raises(ValueError, match="is not a host"):
        PingSettings(target=target)
