"""What hosts answer to probes, over HTTP, DNS and by the words of ping: measured, or down in words."""

from __future__ import annotations

import contextlib
import math
import re
import socket
import threading
from email.message import Message

import dns.message
import dns.query
import dns.rrset
import msgspec
import pytest
from hypothesis import strategies as st
from websockets.utils import accept_key

from fakes.fuzz import attempt, fuzzed, mutated, scrambled
from fakes.listening import listening
from oculus.collectors.network.deadline import Deadline
from oculus.collectors.network.dns_wire import ask_servers, check, question
from oculus.collectors.network.down import Down
from oculus.collectors.network.exchange import Laps, Reply, Request, fetch, target_of
from oculus.collectors.network.expect import Expectations, ExpectJson
from oculus.collectors.network.hostport import split_host_port
from oculus.collectors.network.http import measures
from oculus.collectors.network.ping_program import parse
from oculus.collectors.network.resolve import Address, resolve
from oculus.collectors.network.url import Url
from oculus.collectors.prediction.line import Line, Lost

ANSWERS = [
    b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{"status":"up"}',
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    b"HTTP/1.0 302 Found\r\nLocation: https://example.com/\r\nSet-Cookie: a=b\r\n\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
    b"220 mail.example.com ESMTP\r\n",
]
BITS = st.sampled_from(
    [b"\r\n", b"\n", b"\r", b":", b" ", b"\x00", b"\xff", b"-1",
     b"99999999999999999999", b"chunked", b"HTTP/9.9",
     b"2e2", b"\xb2\xb2\xb2", b"Content-Length: 5\r\n", b"Content-Type: text/plain; charset=rot13\r\n",
     b"Content-Type: a; charset=idna\r\n", b"Location: http://[\r\n",
     b"X: " + b"a" * 70_000, b"X: a\r\n" * 120]
)  # fmt: skip


@st.composite
def torn(draw, messages):
    made = draw(st.sampled_from(messages))
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(made)))
        end = min(len(made), start + draw(st.integers(0, 8)))
        made = made[:start] + draw(st.one_of(BITS, st.binary(max_size=3))) + made[end:]
    return made[: draw(st.integers(0, len(made)))] if draw(st.integers(0, 5)) == 0 else made


@pytest.fixture(scope="module")
def host():
    """Answers every connection with the bytes that are put into `sent`; its port."""
    sent = []

    def answer(connection):
        connection.recv(65536)
        connection.sendall(sent[-1])
        connection.shutdown(socket.SHUT_WR)
        connection.recv(1)

    with listening(answer) as port:
        yield port, sent


EXPECTED = Expectations(["200-299"], "/up/", ExpectJson(path="status", equals="up"))


@fuzzed(torn(ANSWERS), examples=250)
def test_an_answer_over_http_is_measured_or_down_in_words(host, sent):
    port, answers = host
    answers.append(sent)
    asked, laps = Request(Url.parse(f"http://127.0.0.1:{port}/health")), Laps()
    reply, error = attempt(lambda: fetch(asked, False, Deadline(2.0), laps), Down)
    if error:
        assert str(error).strip()
        return
    assert 100 <= reply.status <= 999
    assert all(math.isfinite(value) and value >= 0 for value in measures(reply, laps).values())
    assert all(wrong for wrong in EXPECTED.broken(reply))
    if location := reply.headers.get("Location"):
        _, error = attempt(lambda: target_of(asked.url, location), Down)
        assert error is None or str(error)


@fuzzed(scrambled("https://user:pa%20ss@example.com:8443/a/b?c=d#e"), examples=200)
def test_an_address_is_taken_apart_or_refused(text):
    url, error = attempt(lambda: Url.parse(text), ValueError)
    assert error is None or str(error)
    if url:
        assert 0 < url.port < 65536
        assert str(url)
        assert url.authority.isascii()


@fuzzed(st.one_of(scrambled("[2001:db8::1]:6379"), scrambled("redis:6379")), examples=200)
def test_a_host_with_its_port_is_taken_apart_or_refused(text):
    found, error = attempt(lambda: split_host_port(text, 53), ValueError)
    assert error is None or str(error)
    assert error or 0 < found[1] < 65536


FRAMES = [
    b"\x81\x05hello",
    b"\x01\x03hel\x80\x02lo",
    b"\x89\x00\x8a\x00",
    b"\x81\x7e\x01\x00" + b"a" * 256,
    b"\x88\x02\x03\xe8",
    b"\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00",  # hello, compressed
]
UPGRADED = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"


@pytest.fixture(scope="module")
def stream():
    """Shakes hands as it should, then sends the bytes that are put into `sent`; its address."""
    sent = []

    def greet(connection):
        found = re.search(rb"Sec-WebSocket-Key: (\S+)", connection.recv(65536))
        if not found:  # it had no time left to ask
            return
        accepted = f"Sec-WebSocket-Accept: {accept_key(found[1].decode())}\r\n\r\n"
        connection.sendall(UPGRADED + accepted.encode() + sent[-1])
        connection.shutdown(socket.SHUT_WR)
        connection.recv(65536)

    with listening(greet) as port:
        yield f"ws://127.0.0.1:{port}/", sent


@fuzzed(st.lists(torn(FRAMES), max_size=4).map(b"".join), examples=100)
def test_a_stream_of_torn_frames_is_messages_and_then_lost(stream, sent):
    address, bytes_to_send = stream
    bytes_to_send.append(sent)
    line, error = attempt(lambda: Line(address, 2.0), Lost)
    if error:
        assert str(error)
        return
    with contextlib.closing(line):
        for _ in range(20):
            messages, error = attempt(lambda: line.receive(1.0, lambda: None), Lost)
            if error:
                assert str(error)
                return
            assert all(isinstance(each, bytes) for each in messages)
    raise AssertionError("it did not notice the end")


PINGED = """PING 127.0.0.1 (127.0.0.1) 56(84) bytes of data.
64 bytes from 127.0.0.1: icmp_seq=1 ttl=64 time=0.031 ms
64 bytes from 127.0.0.1: icmp_seq=2 ttl=64 time=1,5 ms
Reply from 127.0.0.1: bytes=32 time<1ms TTL=128
From 10.0.0.1 icmp_seq=1 Destination Host Unreachable
rtt min/avg/max/mdev = 0.031/0.031/0.031/0.000 ms
"""


@fuzzed(scrambled(PINGED), examples=150)
def test_what_ping_prints_is_times_that_stand_in_it(said):
    echoes = parse(said, 4)
    assert len(echoes.rtts_ms) <= 4
    assert all(math.isfinite(each) and each >= 0 for each in echoes.rtts_ms)


@pytest.fixture(scope="module")
def name_server():
    """Answers each question with what `say` made of the right answer."""
    served = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    served.bind(("127.0.0.1", 0))
    state = {"say": lambda wire: wire}

    def serve():
        while True:
            try:
                asked, whom = served.recvfrom(4096)
                served.sendto(state["say"](right(asked)), whom)
            except OSError:
                return

    threading.Thread(target=serve, daemon=True).start()
    yield served.getsockname()[1], state
    served.close()


def right(asked):
    answer = dns.message.make_response(dns.message.from_wire(asked))
    answer.answer.append(dns.rrset.from_text("example.com.", 60, "IN", "A", "192.0.2.1"))
    return answer.to_wire()


CHANGES = st.lists(st.tuples(st.integers(2, 60), st.integers(0, 255)), max_size=4)


@fuzzed(CHANGES, st.integers(0, 60), st.booleans(), examples=40)
def test_a_torn_dns_answer_is_down_in_words(name_server, changes, cut, keep):
    port, state = name_server

    def say(wire):
        made = bytearray(wire)
        for at, byte in changes:
            made[min(at, len(made) - 1)] = byte
        return bytes(made if keep else made[:cut])

    state["say"] = say
    deadline = Deadline(0.15)
    address = resolve("127.0.0.1", port, deadline)
    _, error = attempt(lambda: check(ask_servers(question("example.com", "A"), address, deadline), "A"), Down)
    assert error is None or str(error).strip()
    assert isinstance(address[0], Address)


DOCUMENTS = mutated({"status": "up", "items": [1, {"a": None}]})


@fuzzed(DOCUMENTS, st.sampled_from(["status", "items[1].a", "@", "keys(@)"]), examples=100)
def test_an_expectation_of_json_holds_or_says_why(document, path):
    try:
        body = msgspec.json.encode(document)
    except (OverflowError, UnicodeEncodeError):
        return
    reply = Reply(200, "OK", Message(), body, len(body), None)
    told = Expectations(["200"], "", ExpectJson(path=path, equals="up")).broken(reply)
    assert all(isinstance(each, str) and each for each in told)
