import contextlib
import socket
import threading
import time

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
from dns.exception import DNSException

from oculus.collectors.network.dns import DnsSettings
from oculus.core.durations import Duration
from oculus.core.outgoing import hang_up

ZONE = {
    ("example.test.", "A"): "192.0.2.1",
    ("example.test.", "AAAA"): "2001:db8::1",
    ("example.test.", "MX"): "10 mail.example.test.",
    ("example.test.", "TXT"): '"v=spf1 -all"',
    ("example.test.", "NS"): "ns.example.test.",
    ("example.test.", "SOA"): "ns.example.test. host.example.test. 1 2 3 4 5",
    ("example.test.", "CAA"): '0 issue "ca.example"',
    ("_sip.example.test.", "SRV"): "1 1 5060 sip.example.test.",
    ("www.example.test.", "CNAME"): "example.test.",
    ("1.2.0.192.in-addr.arpa.", "PTR"): "example.test.",
}


class NameServer:
    """Answers from the zone above by datagram and TCP, badly for some names."""

    def __init__(self, host):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.udp = socket.socket(family, socket.SOCK_DGRAM)
        self.tcp = self.listener(host, family)
        self.port = self.tcp.getsockname()[1]
        self.asked, self.closing = [], False
        self.threads = [
            threading.Thread(target=self.quietly, args=[work], daemon=True)
            for work in (self.serve_udp, self.serve_tcp)
        ]
        for thread in self.threads:
            thread.start()

    def listener(self, host, family):
        """A port that is free for datagrams, too."""
        for _ in range(100):
            tcp = socket.create_server((host, 0), family=family)
            with contextlib.suppress(OSError):
                self.udp.bind(tcp.getsockname()[:2])
                return tcp
            tcp.close()
        pytest.fail("no port is free for both")

    def quietly(self, work):
        while not self.closing:
            with contextlib.suppress(OSError, DNSException):  # who asked may be gone, or be somebody else
                work()

    def serve_udp(self):
        data, sender = self.udp.recvfrom(4096)
        query = dns.message.from_wire(data)
        self.asked.append(str(query.question[0].name))
        answer = self.answer(query, first=self.asked.count(self.asked[-1]) == 1)
        if answer is not None:
            self.udp.sendto(answer, sender)

    def serve_tcp(self):
        connection, _ = self.tcp.accept()
        with connection:
            size = int.from_bytes(connection.recv(2), "big")
            answer = self.answer(dns.message.from_wire(connection.recv(size)), tcp=True)
            connection.sendall(len(answer).to_bytes(2, "big") + answer)

    def answer(self, query, tcp=False, first=True):
        name, kind = str(query.question[0].name), dns.rdatatype.to_text(query.question[0].rdtype)
        reply = dns.message.make_response(query)
        if name == "garbage.test.":
            return b"\x00\x01 this is not DNS"
        if name == "silent.test." or (name == "lossy.test." and first):
            return None
        if name in ("broken.test.", "refused.test."):
            reply.set_rcode(dns.rcode.SERVFAIL if name == "broken.test." else dns.rcode.REFUSED)
        elif name == "big.test." and not tcp:
            reply.flags |= dns.flags.TC
        elif name in ("lossy.test.", "big.test."):
            reply.answer.append(dns.rrset.from_text(name, 60, "IN", kind, "192.0.2.9"))
        elif (name, kind) in ZONE:
            reply.answer.append(dns.rrset.from_text(name, 60, "IN", kind, ZONE[name, kind]))
        elif not any(known == name for known, _ in ZONE):
            reply.set_rcode(dns.rcode.NXDOMAIN)
        return reply.to_wire()

    def close(self):
        self.closing = True
        for sock in (self.udp, self.tcp):
            hang_up(sock)
        for thread in self.threads:
            thread.join(60)
        self.udp.close()
        self.tcp.close()


@pytest.fixture
def server():
    server = NameServer("127.0.0.1")
    yield server
    server.close()


def settings(server, target, record="A", **more):
    return DnsSettings(target=target, record=record, server=f"127.0.0.1:{server.port}", **more)


@pytest.mark.parametrize(("name", "record"), list(ZONE))
def test_every_kind_of_record_is_found(server, ask, name, record):
    values, trouble, metrics = ask(settings(server, name, record))
    assert set(values) == {"", "up"}
    assert values["up"] == 1, trouble
    assert 0 < values[""] < 2000
    assert metrics[0].symbol == f"net.dns.{name.rstrip('.')}"
    assert metrics[0].tags == {"probe": "dns", "target": name}


def test_an_address_stands_for_its_reverse_name(server, ask):
    assert ask(settings(server, "192.0.2.1", "PTR"))[0]["up"] == 1


def test_a_name_server_is_reached_over_ipv6(ask):
    server = NameServer("::1")
    try:
        values, trouble, _ = ask(DnsSettings(target="example.test", server=f"[::1]:{server.port}"))
        assert values["up"] == 1, trouble
    finally:
        server.close()


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("nowhere.test", "no such name"),
        ("_sip.example.test", "the name has no A record"),
        ("broken.test", "the name server failed to answer (SERVFAIL)"),
        ("refused.test", "the name server refuses to answer (REFUSED)"),
        ("garbage.test", "answered with something that is not DNS"),
    ],
)
def test_a_name_without_an_answer_is_down_and_the_reason_is_said(server, ask, target, why):
    values, trouble, _ = ask(settings(server, target))
    assert values == {"up": 0}
    assert trouble == why


def test_a_silent_name_server_is_given_up_at_the_timeout(server, ask, eventually):
    begun = time.monotonic()
    values, trouble, _ = ask(settings(server, "silent.test", timeout=Duration(milliseconds=400)))
    assert values == {"up": 0}
    assert trouble == "no answer within 0.4 s"
    assert time.monotonic() - begun < 30
    eventually(lambda: server.asked == ["silent.test."] * 2)


def test_a_lost_datagram_is_sent_again_within_the_timeout(server, ask):
    assert ask(settings(server, "lossy.test", timeout=Duration(seconds=4)))[0]["up"] == 1


def test_an_answer_too_long_for_a_datagram_is_fetched_by_tcp(server, ask):
    assert ask(settings(server, "big.test"))[0]["up"] == 1


def test_without_a_server_the_systems_own_are_asked(server, ask, monkeypatch):
    class System:
        nameservers = ("127.0.0.1",)

    monkeypatch.setattr("dns.resolver.Resolver", System)
    monkeypatch.setattr("oculus.collectors.network.dns.PORT", server.port)
    assert ask(DnsSettings(target="example.test"))[0]["up"] == 1


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"target": "a..b"}, "target 'a..b' is not a name"),
        ({"target": "x" * 64}, "is not a name"),
        (
            {"target": "example.com", "server": "1.1.1.1:99999"},
            "server '1.1.1.1:99999' has no port from 1 to 65535",
        ),
    ],
)
def test_a_question_that_cannot_be_asked_is_refused(given, said):
    with pytest.raises(ValueError, match=r"is not a name|has no port") as caught:
        DnsSettings(**given)
    assert said in str(caught.value)
