"""What callers of the web server send: answered or refused in the one shape of every refusal."""

from __future__ import annotations

import json
import re
import socket

import msgspec
import pytest
from hypothesis import strategies as st

from fakes.fuzz import DEEP, as_bytes, attempt, fuzzed, mutated, scrambled
from fakes.market import Clock
from oculus.core.secret import Secret
from oculus.runtime import Oculus
from oculus.settings.schema import RateLimit, ServerSettings, Settings
from oculus.web.access.guard import Guard, Request
from oculus.web.api.params import moment, read_query
from oculus.web.errors import HttpError
from oculus.web.serving.server import WebServer
from oculus.web.stream.client import Client, like
from oculus.web.stream.hub import understand

TOKEN = Secret("a-token-for-tests-of-43-characters-in-length")
WISH = {"subscribe": {"symbols": ["crypto.*", "net.ping.x"], "alerts": True, "events": False}}


@fuzzed(as_bytes(mutated(WISH)), st.booleans(), examples=200)
def test_whatever_a_reader_of_the_stream_says_it_is_understood_or_told_why(said, as_text):
    client = Client()
    understand(client, said.decode("utf-8", "replace") if as_text else said)
    for text, _ in client._waiting:
        error = json.loads(text)["error"]
        assert error["message"]
        assert "subscribe" in error["hint"]


@pytest.mark.parametrize("said", [*DEEP, b'"\xed\xa0\x80"', b"\xff"])
def test_a_reader_who_says_what_is_no_text_or_too_deep_is_told_why(said):
    client = Client()
    understand(client, said)
    assert len(client._waiting) == 1


@fuzzed(st.text(alphabet="ab*.", max_size=12), st.text(alphabet="ab.", max_size=12), examples=200)
def test_a_glob_of_the_stream_means_what_it_says(glob, symbol):
    assert like(glob, symbol) == bool(re.fullmatch(".*".join(map(re.escape, glob.split("*"))), symbol))


class Wanted(msgspec.Struct):
    symbol: str = ""
    limit: int = 100
    order: str = "asc"
    tags: dict[str, str] = {}


@fuzzed(scrambled("symbol=net.*&limit=5&order=desc&tags.probe=ping&since=15m", most=6), examples=200)
def test_parameters_are_read_or_refused_by_name(text):
    found, error = attempt(lambda: read_query(Wanted, text), HttpError)
    assert error is None or error.status == 400
    assert error or isinstance(found.limit, int)


@fuzzed(
    st.one_of(scrambled("2026-11-25T12:00:00+01:00"), scrambled("15m"), st.text(max_size=20)), examples=150
)
def test_a_moment_in_an_address_is_read_or_refused(text):
    found, error = attempt(lambda: moment("since", text, 1_764_000_000_000), HttpError)
    assert error is None or error.status == 400
    assert error or found is None or isinstance(found, int)


HEADERS = {"host": "127.0.0.1:8420", "origin": "http://127.0.0.1:8420",
           "authorization": f"Bearer {TOKEN.reveal()}", "cookie": "oculus_8420=abc; other=1",
           "sec-fetch-site": "same-origin", "x-oculus-token": "t"}  # fmt: skip


@st.composite
def heads(draw):
    names = draw(st.lists(st.sampled_from(list(HEADERS)), unique=True))
    return {name: draw(scrambled(HEADERS[name], most=3)) for name in names}


@fuzzed(heads(), st.sampled_from(["GET", "POST", "DELETE"]), scrambled("/api/metrics", most=2), examples=300)
def test_whatever_stands_in_the_head_of_a_request_it_passes_or_is_refused(headers, method, path):
    guard = Guard(TOKEN, "oculus_8420", "127.0.0.1", Clock())
    server = ServerSettings(rate_limit=RateLimit(per_second=1000, burst=1000))
    _, error = attempt(lambda: guard.check(Request(method, path, headers, "127.0.0.1", "127.0.0.1"), server),
                       HttpError)  # fmt: skip
    assert error is None or error.status in (401, 403, 421, 429)
    needs_none = path.startswith(("/static/", "/in/")) or path in ("/healthz", "/readyz", "/login")
    assert error or needs_none or any(TOKEN.reveal() in value for value in headers.values())


@pytest.mark.parametrize(
    "origin", ["http://[", "http://[::1", "null", "", "//", "http://127.0.0.1:8420@evil.example"]
)
def test_a_write_from_a_place_that_makes_no_sense_is_refused(origin):
    headers = {"host": "127.0.0.1:8420", "origin": origin, "authorization": f"Bearer {TOKEN.reveal()}"}
    guard = Guard(TOKEN, "oculus_8420", "127.0.0.1", Clock())
    request = Request("POST", "/login", headers, "127.0.0.1", "127.0.0.1")
    _, error = attempt(lambda: guard.check(request, ServerSettings()), HttpError)
    assert origin == "null" or error.status == 403


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    settings = Settings(server=ServerSettings(port=0, rate_limit=RateLimit(per_second=10_000, burst=10_000)))
    with (
        Oculus(settings, tmp_path_factory.mktemp("web")) as oculus,
        WebServer(oculus, "127.0.0.1", 0, TOKEN) as web,
    ):
        yield web


def raw(server, sent):
    """All that comes back for these bytes."""
    port = int(server.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), 5) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        received = b""
        try:
            while piece := connection.recv(65536):
                received += piece
        except ConnectionError:
            pass  # it hung up on what was no request
    return received


ASKED = (
    "POST /api/query?format=csv HTTP/1.1\r\nHost: HOST\r\nAuthorization: Bearer TOKEN\r\n"
    "Connection: close\r\n"
    'Content-Type: application/json\r\nContent-Length: 18\r\n\r\n{"sql": "SELECT 1"}'
).replace("TOKEN", TOKEN.reveal())


@fuzzed(scrambled(ASKED, most=3), examples=60)
def test_bytes_that_are_hardly_a_request_are_answered_or_hung_up_on(server, text):
    host = server.url.removeprefix("http://")
    received = raw(server, text.replace("HOST", host).encode("utf-8", "replace"))
    assert received == b"" or received.startswith(b"HTTP/1.1 ")
    assert b"Traceback" not in received
    assert not received.startswith(b"HTTP/1.1 5")
    again = raw(server, f"GET /healthz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
    assert again.startswith((b"HTTP/1.1 200", b"HTTP/1.1 429"))  # the pages' own limit
