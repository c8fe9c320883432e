"""One WebSocket without a thread of its own: whole messages, proxies, and every way to end."""

import base64
import contextlib
import re
import socket
import threading
import time

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import serve
from websockets.utils import accept_key

from oculus.collectors.prediction import line
from oculus.collectors.prediction.line import Line, Lost
from oculus.core.outgoing import hang_up


@pytest.fixture
def peer():
    """A WebSocket server that does what it is told with each connection; returns its address."""
    servers = []

    def start(handle):
        server = serve(handle, "127.0.0.1", 0, ping_interval=None)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"ws://127.0.0.1:{server.socket.getsockname()[1]}/ws"

    yield start
    for server in servers:
        server.shutdown()


@pytest.fixture
def dial():
    made = []

    def start(address, timeout_s=30.0):
        made.append(Line(address, timeout_s))
        return made[-1]

    yield start
    for each in made:
        each.close()


def now():
    """Gathers nothing."""


def stay(connection):
    with contextlib.suppress(ConnectionClosed, TimeoutError):
        connection.recv(timeout=20)


def test_it_needs_no_thread_of_its_own(peer, dial):
    address = peer(stay)
    before = set(threading.enumerate())
    dial(address)
    new = [thread.name for thread in set(threading.enumerate()) - before]
    assert len([name for name in new if "recv_events" in name]) <= 1, "the server's own"


def test_what_comes_in_a_moment_is_taken_together(peer, dial):
    sent = threading.Event()

    def handle(connection):
        for number in range(300):
            connection.send(str(number))
            time.sleep(0.0005)
        sent.set()
        stay(connection)

    made = dial(peer(handle))
    turns, found = 0, []
    while len(found) < 300:
        turns += 1
        found += made.receive(5.0, lambda: sent.wait(30) and time.sleep(0.1))
    assert found == [str(number).encode() for number in range(300)]
    assert turns <= 3


def test_a_message_in_parts_comes_whole(peer, dial):
    def handle(connection):
        connection.send(iter(["hel", "lo ", "all"]))
        stay(connection)

    made = dial(peer(handle))
    found = []
    while not found:
        found = made.receive(5.0, now)
    assert found == [b"hello all"]


def test_what_comes_along_with_the_handshake_is_not_waited_for(listen):
    def handle(connection):
        asked = connection.recv(65536).decode()
        key = re.search("Sec-WebSocket-Key: (.+)\r\n", asked)[1]
        hello = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        accept = f"Sec-WebSocket-Accept: {accept_key(key)}\r\n\r\n"
        connection.sendall((hello + accept).encode() + b"\x81\x02hi")
        connection.recv(65536)

    made = Line(f"ws://127.0.0.1:{listen(handle)}/ws", 30.0)
    with contextlib.closing(made):
        begun = time.monotonic()
        assert made.receive(60.0, now) == [b"hi"]
        assert time.monotonic() - begun < 30


def test_nothing_is_what_it_says_when_nothing_comes(peer, dial):
    assert dial(peer(stay)).receive(0.02, now) == []


def test_a_ping_of_the_other_end_is_answered(peer, dial):
    answered = threading.Event()

    def handle(connection):
        if connection.ping().wait(30):
            answered.set()
        stay(connection)

    made = dial(peer(handle))
    while not answered.is_set():
        made.receive(0.05, now)


def test_the_last_words_before_the_end_are_heard(peer, dial):
    made = dial(peer(lambda connection: connection.send("over")))
    found = []
    with pytest.raises(Lost, match="the connection was closed"):  # noqa: PT012 - the end comes when it comes
        for _ in range(100):
            found += made.receive(1.0, now)
    assert found == [b"over"]


def test_a_message_without_end_is_refused(peer, dial, monkeypatch):
    monkeypatch.setattr(line, "LARGEST_MESSAGE", 1000)
    made = dial(peer(lambda connection: connection.send("x" * 5000)))
    with pytest.raises(Lost, match="the connection was closed"):  # noqa: PT012
        for _ in range(100):
            assert made.receive(1.0, now) == []


def test_another_thread_can_end_a_wait(peer, dial):
    made = dial(peer(stay))
    threading.Timer(0.05, made.cut).start()
    begun = time.monotonic()
    with pytest.raises(Lost):  # noqa: PT012
        while True:
            made.receive(60.0, now)
    assert time.monotonic() - begun < 30


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\npage", "it was answered 200"),
        (b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n", "it was answered 429"),
        (b"SSH-2.0-OpenSSH_9\r\n", "the connection was closed"),
        (b"", "the connection was closed"),
    ],
)
def test_whoever_speaks_no_websocket_is_told_in_words(answers, said, told):
    with pytest.raises(Lost, match=told):
        Line(f"ws://127.0.0.1:{answers(said)}/ws", 30.0)


def test_a_handshake_that_drips_ends_in_time(answers):
    port = answers(b"HTTP/1.1 101 Switching Protocols\r\n", *[b"X"] * 40, pause_s=0.1)
    begun = time.monotonic()
    with pytest.raises(Lost, match="it was not answered in time"):
        Line(f"ws://127.0.0.1:{port}/ws", 0.5)
    assert time.monotonic() - begun < 30


@pytest.mark.parametrize(
    ("address", "told"),
    [("ws://127.0.0.1:9/", "it is refused"), ("ws://nowhere.invalid/", "it cannot be reached")],
)
def test_nobody_there_is_told_in_words(address, told):
    with pytest.raises(Lost, match=told):
        Line(address, 2.0)


@pytest.fixture
def proxy(monkeypatch):
    """A proxy that the environment names; what it was asked, and with what it answers."""
    asked, answer = [], [b"HTTP/1.1 200 Connection established\r\n\r\n"]
    listener = socket.create_server(("127.0.0.1", 0))

    def serve_one():
        with contextlib.suppress(OSError):
            while True:
                here, _ = listener.accept()
                head = b""
                while b"\r\n\r\n" not in head:
                    head += here.recv(4096) or b"\r\n\r\n"
                asked.append(head.decode())
                here.sendall(answer[0])
                if b" 200 " in answer[0]:
                    host, port = head.split()[1].decode().rsplit(":", 1)
                    join(here, socket.create_connection((host, int(port))))
                else:
                    here.close()

    thread = threading.Thread(target=serve_one, daemon=True)
    thread.start()
    monkeypatch.setenv("HTTP_PROXY", f"http://me:pass%21@127.0.0.1:{listener.getsockname()[1]}")
    monkeypatch.setenv("http_proxy", f"http://me:pass%21@127.0.0.1:{listener.getsockname()[1]}")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "")
    yield asked, answer
    hang_up(listener)
    thread.join(60)
    listener.close()


def join(here, there):
    def pump(source, target):
        with contextlib.suppress(OSError):
            while piece := source.recv(65536):
                target.sendall(piece)
            target.shutdown(socket.SHUT_WR)

    for pair in ((here, there), (there, here)):
        threading.Thread(target=pump, args=pair, daemon=True).start()


def test_a_proxy_of_the_environment_is_used_with_its_password(peer, dial, proxy):
    asked, _ = proxy
    address = peer(lambda connection: (connection.send("through"), stay(connection)))
    made = dial(address)
    found = []
    while not found:
        found = made.receive(0.2, now)
    assert found == [b"through"]
    assert asked[0].startswith(f"CONNECT {address.split('/')[2]} HTTP/1.")
    assert f"Proxy-Authorization: Basic {base64.b64encode(b'me:pass!').decode()}" in asked[0]


def test_a_proxy_that_refuses_is_told_in_words(peer, proxy):
    proxy[1][0] = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"
    with pytest.raises(Lost, match=r"the proxy refuses \(407 Proxy Authentication Required\)"):
        Line(peer(stay), 2.0)


def test_a_proxy_of_another_kind_is_told_in_words(peer, proxy, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "socks5://127.0.0.1:9")
    with pytest.raises(Lost, match="the proxy: is of the kind socks5, through which it cannot go"):
        Line(peer(stay), 2.0)


def test_who_is_not_to_be_asked_through_the_proxy_is_not(peer, dial, proxy, monkeypatch):
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")
    dial(peer(stay))
    assert proxy[0] == []
