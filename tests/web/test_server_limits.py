"""What the front door does with callers who are slow, many, or send too much."""

import json
import socket
import time

import pytest
import requests

from oculus.core.errors import ConfigError, OculusError
from oculus.core.secret import Secret
from oculus.web.serving import protocol
from oculus.web.serving.protocol import PatientProtocol
from oculus.web.serving.server import WebServer

TOKEN = Secret("a-token-for-tests-of-43-characters-in-length")
ASKING = (
    b"POST /api/query HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %b\r\n" % TOKEN.reveal().encode()
)


def connect(house):
    return socket.create_connection(("127.0.0.1", house.server.port), timeout=30)


def heard(connection):
    """Everything until the other side closes."""
    pieces = []
    try:
        while piece := connection.recv(65536):
            pieces.append(piece)
    except ConnectionResetError:
        pass
    return b"".join(pieces)


def test_a_free_port_is_picked_and_told(shared):
    assert shared.server.port > 0
    assert shared.url == f"http://127.0.0.1:{shared.server.port}"
    assert requests.get(shared.url + "/healthz", timeout=30).json() == {"status": "ok"}


def test_a_taken_port_is_told_in_words(shared):
    with pytest.raises(OculusError) as caught:
        WebServer(shared.oculus, "127.0.0.1", shared.server.port, TOKEN)
    assert f"Port {shared.server.port} on 127.0.0.1 is taken" in str(caught.value)
    assert "--port" in caught.value.hint


def test_an_address_of_another_machine_is_told_in_words(shared):
    with pytest.raises(OculusError, match="cannot listen on"):
        WebServer(shared.oculus, "192.0.2.1", 0, TOKEN)


def test_an_open_port_with_a_short_token_is_refused(shared):
    with pytest.raises(ConfigError, match=r"server\.token"):
        WebServer(shared.oculus, "0.0.0.0", 0, Secret("short"))


def test_an_ipv6_address_is_served(shared):
    try:
        server = WebServer(shared.oculus, "::1", 0, TOKEN)
    except OculusError:
        pytest.skip("this machine has no IPv6")
    with server:
        assert requests.get(f"{server.url}/healthz", timeout=30).status_code == 200


def test_stopping_does_not_wait_for_open_connections(house):
    idle, half = connect(house), connect(house)
    half.sendall(ASKING + b"Content-Length: 100\r\n\r\nabc")
    time.sleep(0.05)
    begun = time.monotonic()
    assert house.server.stop(30)
    assert time.monotonic() - begun < PatientProtocol.patience_s
    idle.close()
    half.close()
    assert not house.server.alive()


def test_stopping_hangs_up_on_a_reader_who_does_not_read(house):
    connection = connect(house)
    body = json.dumps({"sql": f"SELECT '{'x' * 5000}' FROM range(1000)"}).encode()
    connection.sendall(ASKING + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    assert connection.recv(1000)
    house.server.stop()
    assert len(heard(connection)) < 6_000_000


def test_after_stopping_the_port_is_free(house):
    port = house.server.port
    house.server.stop()
    WebServer(house.oculus, "127.0.0.1", port, TOKEN).stop()


def test_headers_that_never_end_are_cut_off(shared, monkeypatch):
    monkeypatch.setattr(PatientProtocol, "patience_s", 0.3)
    connection = connect(shared)
    connection.sendall(b"GET / HTTP/1.1\r\n")
    begun = time.monotonic()
    try:
        while time.monotonic() - begun < 60:
            connection.sendall(b"X-A: b\r\n")
            time.sleep(0.02)
    except OSError:
        pass
    assert time.monotonic() - begun < 30


def test_a_connection_that_says_nothing_is_cut_off(shared, monkeypatch):
    monkeypatch.setattr(PatientProtocol, "patience_s", 0.2)
    assert heard(connect(shared)) == b""


def test_a_reader_who_does_not_read_is_cut_off(shared, monkeypatch, eventually):
    monkeypatch.setattr(PatientProtocol, "patience_s", 0.3)
    body = json.dumps({"sql": f"SELECT '{'x' * 5000}' FROM range(1000)"}).encode()
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect(("127.0.0.1", shared.server.port))
    connection.sendall(ASKING + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    mine = connection.getsockname()

    def known():
        return any(each.client == mine for each in list(shared.server._server.server_state.connections))

    assert connection.recv(1)
    eventually(lambda: not known())
    assert len(heard(connection)) < 5_000_000


@pytest.mark.parametrize(
    "request_text",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"a" * 300_000 + b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_what_is_no_request_gets_the_usual_shape(shared, request_text):
    connection = connect(shared)
    connection.sendall(request_text)
    if request_text.startswith(b"\x16"):
        connection.shutdown(socket.SHUT_WR)
    answer = heard(connection)
    if answer:  # the rest of an endless head may arrive after we closed, and take the answer along
        head, _, body = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 400 ")
        assert b"content-security-policy" in head
        assert json.loads(body)["error"]["code"] == "bad_request"
    assert requests.get(shared.url + "/healthz", timeout=30).status_code == 200


def test_a_large_body_is_refused_with_words(shared):
    answer = shared.post("/api/query", data=b"x" * 1_000_000)
    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "too_large"


def test_a_large_body_is_refused_also_when_it_comes_in_chunks(shared):
    answer = shared.post("/api/query", data=(b"x" * 10_000 for _ in range(50)))
    assert answer.status_code == 413


def test_a_body_may_come_in_chunks(shared):
    answer = shared.post("/api/query", data=iter([b'{"sql": ', b'"SELECT 1"}']))
    assert answer.json()["rows"] == [[1]]


def test_whoever_comes_when_the_house_is_full_is_turned_away_in_words(house, monkeypatch):
    monkeypatch.setattr(protocol, "MOST_CONNECTIONS", 3)
    held = [connect(house) for _ in range(3)]
    for connection in held:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
    answer = heard(connect(house))
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"retry-after: 5" in answer.lower()
    assert b"3 connections are as many as Oculus serves" in answer
    for connection in held:
        connection.close()


def test_an_endless_body_is_cut_off(shared):
    connection = connect(shared)
    connection.sendall(ASKING + b"Transfer-Encoding: chunked\r\n\r\n")
    sent = 0
    try:
        while sent < 100_000_000:
            connection.sendall(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
            sent += 0x10000
    except OSError:
        pass
    assert sent < 50_000_000


def test_a_stranger_s_body_is_not_even_read(shared):
    connection = connect(shared)
    connection.sendall(b"POST /api/query HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n")
    assert connection.recv(65536).startswith(b"HTTP/1.1 401 ")


def test_keep_alive_serves_several_requests_on_one_connection(shared):
    with requests.Session() as session:
        for _ in range(5):
            assert session.get(shared.url + "/healthz", timeout=30).status_code == 200


def test_no_answer_names_the_server_software(shared):
    headers = requests.get(shared.url + "/healthz", timeout=30).headers
    assert "server" not in {name.lower() for name in headers}
