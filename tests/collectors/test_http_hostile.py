import itertools
import time

import pytest

from oculus.collectors.network.http import HttpSettings
from oculus.core.durations import Duration

OK = b"HTTP/1.1 200 OK\r\n"
SHORT = Duration(seconds=1)  # for what must come to it
LONG = Duration(seconds=30)


def probe(ask, port, timeout=LONG, **more):
    begun = time.monotonic()
    values, trouble, _ = ask(HttpSettings(target=f"http://127.0.0.1:{port}/", timeout=timeout, **more))
    assert time.monotonic() - begun < timeout.total_seconds() + 15
    assert values["up"] == 0
    assert "" not in values  # no whole answer, no whole time
    return values, trouble


def forever(piece, pause_s=0.0, head=b""):
    """Read the request, then send `piece` again and again until the other side hangs up."""

    def handle(connection):
        connection.recv(65536)
        connection.sendall(head)
        for _ in itertools.count():
            connection.sendall(piece)
            time.sleep(pause_s)

    return handle


def test_a_refused_port_is_down(closed_port, ask):
    values, trouble = probe(ask, closed_port)
    assert trouble == "refused the connection"
    assert set(values) == {"dns", "up"}  # what was not reached has no time


def test_a_port_that_does_not_accept_is_down_at_the_timeout(silent_port, ask):
    assert probe(ask, silent_port, SHORT)[1] == "no answer within 1 s"


def test_a_server_that_accepts_and_says_nothing_is_down_at_the_timeout(listen, ask):
    values, trouble = probe(ask, listen(lambda peer: peer.recv(65536) and peer.recv(1)), SHORT)
    assert trouble == "the answer was not complete within 1 s"
    assert "connect" in values
    assert "first_byte" not in values


def test_headers_that_drip_cannot_outlast_the_timeout(listen, ask):
    port = listen(forever(b"a", 0.05, OK + b"X-Slow: "))
    values, trouble = probe(ask, port, SHORT)
    assert trouble == "the answer was not complete within 1 s"
    assert "first_byte" in values
    assert "transfer" not in values


def test_a_body_that_drips_cannot_outlast_the_timeout(listen, ask):
    port = listen(forever(b"a", 0.05, OK + b"\r\n"))
    assert probe(ask, port, SHORT)[1] == "the answer was not complete within 1 s"


def test_an_endless_body_is_cut_off(listen, ask):
    port = listen(forever(b"a" * 65536, 0.0, OK + b"\r\n"))
    assert probe(ask, port)[1] == "its body was cut off at 10 MiB"


def test_an_endless_row_of_chunks_is_cut_off(listen, ask):
    port = listen(
        forever(b"10000\r\n" + b"a" * 65536 + b"\r\n", 0.0, OK + b"Transfer-Encoding: chunked\r\n\r\n")
    )
    assert probe(ask, port)[1] == "its body was cut off at 10 MiB"


def test_a_header_of_ten_megabytes_is_refused(answers, ask):
    port = answers(OK + b"X-Big: " + b"a" * 10_000_000 + b"\r\n\r\n")
    assert probe(ask, port)[1] == "sent a header line longer than 64 KiB"


def test_ten_thousand_headers_are_refused(answers, ask):
    port = answers(OK + b"X-A: b\r\n" * 10_000 + b"\r\n")
    assert "more than 100 headers" in probe(ask, port)[1]


def test_endless_interim_answers_cannot_outlast_the_timeout(listen, ask):
    port = listen(forever(b"HTTP/1.1 100 Continue\r\n\r\n", 0.001))
    assert probe(ask, port, SHORT)[1] == "the answer was not complete within 1 s"


def test_a_body_that_ends_early_is_down(answers, ask):
    port = answers(OK + b"Content-Length: 10\r\n\r\nabc")
    assert probe(ask, port)[1] == "its body ended 7 bytes early"


def test_chunks_that_end_early_are_down(answers, ask):
    port = answers(OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nabc")
    assert probe(ask, port)[1] == "its body ended early"


@pytest.mark.parametrize(
    "said", [b"SSH-2.0-OpenSSH_9.2\r\n", b"\x00\xff\x00\xff", b"\r\n\r\n", b"HTTP/9 x\r\n\r\n"]
)
def test_what_is_not_http_is_named_so(answers, ask, said):
    assert probe(ask, answers(said))[1] == "answered with something that is not HTTP"


def test_a_server_that_hangs_up_without_a_word_is_named_so(answers, ask):
    assert probe(ask, answers())[1] == "closed the connection without an answer"


def test_redirects_in_a_circle_end(site, ask):
    server = site({"/": (302, {"Location": "/b"}, b""), "/b": (302, {"Location": "/"}, b"")})
    assert probe(ask, server.port)[1] == f"redirects in a circle, back to http://127.0.0.1:{server.port}/"
    assert len(server.asked) == 2


def test_a_long_row_of_redirects_ends(site, ask):
    server = site({f"/{n or ''}": (302, {"Location": f"/{n + 1}"}, b"") for n in range(30)})
    assert probe(ask, server.port)[1] == "redirects more than 10 times"
    assert len(server.asked) == 11


@pytest.mark.parametrize(
    "location", ["ftp://example.com/", "file:///etc/passwd", "http://:80/", "http://[x/"]
)
def test_a_redirect_to_what_is_no_web_address_is_not_followed(site, ask, location):
    server = site({"/": (302, {"Location": location}, b"")})
    assert probe(ask, server.port)[1] == "redirects to something that is not a web address"


def test_a_long_body_is_counted_whole_and_searched_in_its_beginning(site, ask):
    server = site({"/": (200, {}, b"a" * 3_000_000 + b"end")})
    settings = HttpSettings(target=f"http://127.0.0.1:{server.port}/", expect_body="end")
    values, trouble, _ = ask(settings)
    assert values["bytes"] == 3_000_003
    assert trouble == "the first 1 MiB of its body does not have end"
