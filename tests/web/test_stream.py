"""/api/stream with a real WebSocket client: what it brings, to whom, and how it treats the slow."""

import json
import socket
import time
from contextlib import ExitStack

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from oculus.core.event import Event, EventType, Severity
from oculus.rules.settings import RuleSettings
from oculus.web.stream.client import Client, like
from oculus.web.stream.messages import Numbers, Subscription

WAIT_S = 60


def address(house, path="/api/stream"):
    return house.url.replace("http://", "ws://") + path


def listen(house, **more):
    headers = more.pop("additional_headers", {"Authorization": f"Bearer {house.token}"})
    return connect(address(house), additional_headers=headers, proxy=None, ping_interval=None, **more)


def wish(link, **what):
    """Subscribe, and know that it is in force: what is asked wrongly afterwards is answered in turn."""
    link.send(json.dumps({"subscribe": what}))
    link.send("{}")
    heard(link, "error")


def heard(link, kind):
    """The next message of this kind."""
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        found = json.loads(link.recv(timeout=WAIT_S))
        if found["type"] == kind:
            return found
    raise AssertionError(f"no {kind} in time")


def test_a_number_arrives_once_it_is_stored(house):
    with listen(house) as link:
        wish(link, symbols=["net.*"])
        house.store(house.metric("net.tcp.db", 12.5, target="db"))
        found = heard(link, "metrics")
        assert house.query("SELECT count(*) FROM metrics WHERE symbol = 'net.tcp.db'").json()["rows"] == [[1]]
    [metric] = found["metrics"]
    assert (metric["symbol"], metric["value"], metric["tags"]) == ("net.tcp.db", 12.5, {"target": "db"})
    assert set(metric) == {"ts", "category", "symbol", "value", "tags"}


def test_only_what_was_subscribed_to_arrives(house):
    with listen(house) as link:
        wish(link, symbols=["crypto.*"])
        house.store(house.metric("net.tcp.db", 1), house.metric("crypto.price.btc_usd", 2))
        house.store(house.metric("net.tcp.db", 3))
        house.store(house.metric("crypto.price.btc_usd", 4))
        assert [m["value"] for m in heard(link, "metrics")["metrics"]] == [2]
        assert [m["value"] for m in heard(link, "metrics")["metrics"]] == [4]


def test_who_only_wants_to_know_that_something_came_is_sent_no_numbers(house):
    with listen(house) as link:
        wish(link, changed=True)
        house.store(house.metric("net.tcp.db", 1))
        assert json.loads(link.recv(timeout=WAIT_S)) == {"type": "changed"}


def test_that_something_came_waits_once_however_much_comes(house):
    client = Client()
    client.subscribe(Subscription(changed=True))
    for value in range(5):
        client.numbers(Numbers([house.metric("net.tcp.db", value)]))
    assert len(client._waiting) == 1
    assert client.dropped == 0


RULE = RuleSettings(
    name="slow", condition="net.tcp.db > 10", severity=Severity.WARN, message="db is slow", channels=("log",)
)


def test_an_alert_arrives_when_it_begins_and_when_it_ends(tmp_path, open_house):
    with open_house(tmp_path, rules=[RULE]) as house, listen(house) as link:
        wish(link, symbols=[], alerts=True)
        house.store(house.metric("net.tcp.db", 50))
        begun = heard(link, "alert")
        house.store(house.metric("net.tcp.db", 1))
        ended = heard(link, "alert")
        stored = house.get("/api/alerts").json()["alerts"]
    assert (begun["news"], begun["alert"]["rule"], begun["alert"]["state"]) == ("FIRED", "slow", "firing")
    assert (ended["news"], ended["alert"]["state"]) == ("RESOLVED", "resolved")
    assert [alert["id"] for alert in stored] == [begun["alert"]["id"]]


def test_an_event_arrives(house):
    house.store()  # so that the one about the start has gone by
    with listen(house) as link:
        wish(link, symbols=[], events=True)
        said = Event(
            ts_ms=house.oculus.clock.now_ms(),
            source="oculus",
            type=EventType.SYSTEM,
            severity=Severity.INFO,
            message="<script>alert(1)</script> שלום 🚀",
        )
        house.oculus.writer.tell(said)
        found = heard(link, "event")["event"]
    assert found["message"] == said.message
    assert found["ts"].endswith("Z")


@pytest.mark.parametrize(
    "said", ["{}", "nonsense", '{"subscribe": {"symbols": 5}}', '{"subscribe": {"no": 1}}', b"\xff"]
)
def test_what_cannot_be_understood_is_answered_and_ends_nothing(shared, said):
    with listen(shared) as link:
        link.send(said)
        error = heard(link, "error")["error"]
        assert set(error) == {"code", "message", "hint"}
        assert error["code"] == "bad_request"
        wish(link, symbols=["net.*"])


def refused(house, path="/api/stream", host="127.0.0.1", **headers):
    port = house.server.port
    with (
        socket.create_connection(("127.0.0.1", port)) as line,
        pytest.raises(InvalidStatus) as caught,
        connect(
            f"ws://{host}:{port}{path}",
            sock=line,
            additional_headers=headers,
            proxy=None,
            ping_interval=None,
        ),
    ):
        pass
    answer = caught.value.response
    assert set(json.loads(answer.body)["error"]) == {"code", "message", "hint"}
    return answer.status_code


def test_a_stranger_is_refused(shared):
    assert refused(shared) == 401
    assert refused(shared, Authorization="Bearer wrong") == 401


def test_a_page_of_another_site_is_refused_even_with_the_cookie(shared):
    assert refused(shared, Origin="https://evil.example", Cookie=cookie(shared)) == 403
    assert refused(shared, Origin="null", Cookie=cookie(shared)) == 403


def test_a_name_that_is_not_ours_is_refused(shared):
    assert refused(shared, host="evil.example", Authorization=f"Bearer {shared.token}") == 421


@pytest.mark.parametrize("path", ["/", "/api/status", "/healthz", "/static/app.js"])
def test_there_is_but_one_stream(shared, path):
    assert refused(shared, path, Authorization=f"Bearer {shared.token}") == 404


def test_our_own_page_listens_with_its_cookie(shared):
    headers = {"Origin": shared.url, "Cookie": cookie(shared)}
    with listen(shared, additional_headers=headers) as link:
        wish(link, symbols=["net.*"])


def cookie(house):
    answer = house.post("/login", data={"token": house.token}, token="")
    return answer.headers["Set-Cookie"].partition(";")[0]


def test_who_comes_without_a_websocket_is_told_to(shared):
    answer = shared.get("/api/stream")
    assert (answer.status_code, answer.json()["error"]["code"]) == (426, "upgrade_required")


def test_a_stream_outlives_the_patience_for_requests(house, monkeypatch):
    monkeypatch.setattr("oculus.web.serving.protocol.PatientProtocol.patience_s", 2.0)
    with listen(house) as link:
        time.sleep(2.3)  # nothing happens, which is what cuts a request off
        wish(link, symbols=["net.*"])


def test_a_token_that_is_renewed_ends_what_the_old_one_opened(house, monkeypatch):
    monkeypatch.setattr("oculus.web.stream.endpoint.LOOK_AGAIN_S", 0.05)
    with listen(house) as link:
        wish(link, symbols=[])
        monkeypatch.setattr("oculus.web.access.guard.Guard.is_token", lambda self, given: False)
        with pytest.raises(ConnectionClosed) as closed:
            link.recv(timeout=WAIT_S)
    assert closed.value.rcvd.code == 4401


def test_signing_out_ends_at_once_what_this_session_opened_and_nothing_else(house, monkeypatch):
    monkeypatch.setattr("oculus.web.stream.endpoint.LOOK_AGAIN_S", 3600)  # only signing out itself can end it
    mine, other = cookie(house), cookie(house)
    with (
        listen(house, additional_headers={"Cookie": mine}) as gone,
        listen(house, additional_headers={"Cookie": other}) as stays,
        listen(house) as program,
    ):
        wish(gone, symbols=[])
        house.post("/logout", headers={"Cookie": mine}, token="")
        with pytest.raises(ConnectionClosed) as closed:
            gone.recv(timeout=WAIT_S)
        for link in (stays, program):
            wish(link, symbols=["net.*"])
    assert closed.value.rcvd.code == 4401


def test_stopping_does_not_wait_for_those_who_listen(tmp_path, open_house):
    with open_house(tmp_path) as house, listen(house) as link:
        wish(link, symbols=[])
        begun = time.monotonic()
        assert house.server.stop(30)
        assert time.monotonic() - begun < 30
        with pytest.raises(ConnectionClosed):
            link.recv(timeout=WAIT_S)


def test_somebody_who_leaves_as_it_stops_does_not_break_the_stop(house):
    with listen(house) as link:
        wish(link, symbols=[])
        (leaving,) = (each for each in house.server._server.server_state.connections if hasattr(each, "conn"))
        leaving.conn.send_close(1000)  # what the library answers when the other end closes
        assert house.server.stop(30)
        assert not house.server.alive()


def test_a_reader_who_stands_still_holds_nobody_up_and_learns_what_it_missed(house, monkeypatch):
    monkeypatch.setattr("oculus.web.stream.client.MOST_WAITING", 20_000)
    with listen(house) as quick, listen(house, max_queue=1) as slow:
        wish(quick, symbols=["net.tcp.db"])
        wish(slow, symbols=["custom.*"])
        slow.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.send(json.dumps({"subscribe": {"symbols": ["custom.*"]}}))
        long = {"tag": "x" * 500}
        sent = 0
        [client] = [c for c in streams(house)._clients if c._wish.symbols == ["custom.*"]]
        deadline = time.monotonic() + WAIT_S
        while not client.dropped:
            assert time.monotonic() < deadline
            house.store(*(house.metric(f"custom.a.b{n}", n, **long) for n in range(400)))
            sent += 400
        house.store(house.metric("net.tcp.db", 1))
        assert heard(quick, "metrics")["metrics"][0]["value"] == 1
        got = missed = 0
        while got + missed < sent:
            found = json.loads(slow.recv(timeout=WAIT_S))
            got += len(found.get("metrics", ()))
            missed += found.get("dropped", 0)
    assert missed > 0
    assert got + missed == sent


def streams(house):
    return house.server._front._websockets()._stream


def test_nothing_is_gathered_for_those_who_have_gone(house, eventually):
    with listen(house) as link:
        wish(link, symbols=[])
        assert house.oculus.feed._watchers
    eventually(lambda: not house.oculus.feed._watchers)


def test_many_listen_and_all_of_them_hear(house):
    with ExitStack() as stack:
        links = [stack.enter_context(listen(house)) for _ in range(40)]
        for link in links:
            wish(link, symbols=["net.*"])
        house.store(house.metric("net.tcp.db", 7))
        assert [heard(link, "metrics")["metrics"][0]["value"] for link in links] == [7] * 40


def test_the_oldest_make_room(house):
    client = Client(most=1000)
    for value in range(50):
        client.numbers(Numbers([house.metric("net.tcp.db", value)]))
    assert client.dropped > 0
    kept = [json.loads(text)["metrics"][0]["value"] for text, _ in client._waiting]
    assert kept == list(range(client.dropped, 50))


@pytest.mark.parametrize(
    ("glob", "symbol", "means"),
    [
        ("net.ping.gw", "net.ping.gw", True),
        ("net.ping.gw", "net.ping.gw.up", False),
        ("net.*", "net.ping.gw.up", True),
        ("*", "crypto.price.btc_usd", True),
        ("*.up", "net.ping.gw.up", True),
        ("a*a", "a", False),
        ("net.*.up", "net.up", False),
        ("*b*b", "ab", False),
        ("*" * 50 + "x", "a" * 500, False),
    ],
)
def test_a_glob_means_what_it_means_to_the_api(glob, symbol, means):
    assert like(glob, symbol) is means
