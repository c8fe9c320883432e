"""The stream over TLS, and how it ends."""

import threading
import time

import pytest
from websockets.sync.server import serve

from oculus.collectors.network import tls
from oculus.collectors.prediction import streams
from oculus.collectors.prediction.messages import Resolved, Trade
from oculus.collectors.prediction.quotes import Quotes
from oculus.collectors.prediction.stream import Pace, Stream
from oculus.collectors.prediction.streams import Streams


@pytest.fixture
def secure_url(server_tls):
    def listen(connection):
        for _ in connection:
            pass

    secure = server_tls("localhost", "127.0.0.1")
    with serve(listen, "127.0.0.1", 0, ssl=secure, ping_interval=None) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"wss://localhost:{server.socket.getsockname()[1]}/ws"


@pytest.fixture
def stream(secure_url):
    tls.context.cache_clear()
    made = Stream(secure_url, ["1"], Quotes(), Pace(look=5, shortest_wait=0.02, longest_wait=0.05))
    yield made
    made.stop()
    tls.context.cache_clear()


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"])
def test_an_authority_named_by_the_environment_is_trusted(stream, ca_file, monkeypatch, eventually, variable):
    monkeypatch.setenv(variable, ca_file)
    stream.start()
    eventually(lambda: not stream.trouble)


def test_a_certificate_that_is_not_trusted_is_told_as_such(stream, eventually):
    stream.start()
    eventually(lambda: "its certificate is not trusted" in stream.trouble)


def test_it_ends_at_once_although_nothing_comes(stream, ca_file, monkeypatch, eventually):
    monkeypatch.setenv("SSL_CERT_FILE", ca_file)
    stream.start()
    eventually(lambda: not stream.trouble)
    begun = time.monotonic()
    assert stream.stop(30)
    assert time.monotonic() - begun < 30


def test_it_pings_every_ten_seconds_and_waits_longer_and_longer_up_to_a_minute_between_tries():
    made, waits = Stream("ws://127.0.0.1:9/", ["1"], Quotes()), []
    made.stopping.wait = waits.append
    for _ in range(9):
        made.step()
    assert Pace().ping == 10.0
    for number, wait in enumerate(waits, 1):
        assert 0.5 * min(60, 2**number) <= wait <= min(60, 2**number)
    shares = {round(wait / min(60, 2**number), 3) for number, wait in enumerate(waits, 1)}
    assert len(shares) > 1, "not all who lost their connection return together"
    made._rest(lived_s=61)
    assert waits[-1] <= 1.0, "the last connection was a good one"


def test_a_server_that_refuses_is_told_and_tried_again(eventually):
    made = Stream("ws://127.0.0.1:9/", ["1"], Quotes(), Pace(shortest_wait=0.01, longest_wait=0.02))
    made.start()
    eventually(lambda: made.trouble == "it is refused")
    eventually(lambda: made._tries >= 3)
    assert made.stop(30)


def test_a_stream_that_is_made_while_all_are_ended_never_starts(monkeypatch):
    house, made = Streams(Quotes()), []

    class Late(Stream):
        def __init__(self, *args):
            super().__init__(*args)
            made.append(self)
            house.close()

    monkeypatch.setattr(streams, "Stream", Late)
    house.listen("ws://127.0.0.1:9", ["1"], Pace())
    assert [stream.alive() for stream in made] == [False]
    assert house.running == []


def test_a_token_that_has_moved_to_another_stream_is_not_forgotten_when_its_old_one_ends(monkeypatch):
    monkeypatch.setattr(streams, "MOST_TOKENS", 1)
    quotes, nowhere, pace = Quotes(), "ws://127.0.0.1:9/", Pace()
    house = Streams(quotes)
    kept, left = (Stream(nowhere, [token], quotes, pace) for token in ("1", "2"))
    house.running = [kept, left]
    house.listen(nowhere, ["2"], pace)
    assert (house.running, kept.tokens) == ([kept], ("2",))
    quotes.take([Trade("2", 0.4, 1000)])  # which the other has heard
    left.step()  # was still trying to connect
    assert quotes.price("2") is not None


def test_what_nobody_listens_to_any_more_is_forgotten():
    quotes = Quotes()
    quotes.take([Trade("1", 0.4, 1000), Trade("2", 0.6, 1000), Resolved(("3",), "3")])
    house = Streams(quotes)
    house.close()
    house.listen("ws://127.0.0.1:9/", ["2"], Pace())
    assert quotes.price("1") is None
    assert quotes.price("2") is not None
    assert quotes.ended(["3"]) is None
