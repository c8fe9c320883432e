"""POST /in/<name>: numbers come in with the collector's own secret, and with nothing else."""

import threading

import pytest

from oculus.collectors.custom.push import PushSettings
from oculus.core.durations import Duration
from oculus.core.secret import Secret

SECRET = "open sesame"


@pytest.fixture(scope="module")
def pushed(tmp_path_factory, open_house):
    settings = [
        PushSettings(name="backup", secret=Secret(SECRET), expect_every=Duration(hours=26)),
        PushSettings(name="off", secret=Secret(SECRET), enabled=False),
    ]
    with open_house(tmp_path_factory.mktemp("push"), collectors=settings) as house:
        yield house


def stored(house, symbol):
    house.oculus.writer.change(lambda cursor: None).result(30)
    return [row["value"] for row in house.get(f"/api/metrics?symbol={symbol}&order=asc").json()["metrics"]]


def test_a_push_with_the_secret_as_bearer_is_stored(pushed):
    answer = pushed.post("/in/backup", token=SECRET, json={"rows": 5, "seconds": 1.5})
    symbols = ["custom.backup.rows", "custom.backup.seconds", "custom.backup.up"]
    assert (answer.status_code, answer.json()) == (200, {"accepted": 3, "symbols": symbols})
    assert stored(pushed, "custom.backup.rows") == [5.0]
    assert stored(pushed, "custom.backup.up")[-1] == 1.0


def test_the_secret_may_stand_in_the_address(pushed):
    assert pushed.post("/in/backup?secret=open%20sesame", token="", data="8").status_code == 200
    assert stored(pushed, "custom.backup.value") == [8.0]


def test_a_push_does_not_wait_for_pages(pushed, gate):
    pages = pushed.server._front.pages.pool
    busy = [pages.submit(gate.wait) for _ in range(40)]
    assert pushed.post("/in/backup", token=SECRET, json={"meanwhile": 1}).status_code == 200
    assert not any(each.done() for each in busy)


@pytest.mark.parametrize("token", ["", "wrong", None])
def test_without_the_secret_nothing_is_taken_not_even_with_the_token(pushed, token):
    answer = pushed.post("/in/backup", token=token, json={"stranger": 1})
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "unauthorized"
    assert stored(pushed, "custom.backup.stranger") == []


def test_a_wrong_name_is_answered_like_a_wrong_secret(pushed):
    wrong_name = pushed.post("/in/backpu", token=SECRET, json={"value": 1})
    wrong_secret = pushed.post("/in/backup", token="wrong", json={"value": 1})
    said = [
        each.json()["error"]["message"].replace("backpu", "backup") for each in (wrong_name, wrong_secret)
    ]
    assert (wrong_name.status_code, wrong_secret.status_code) == (401, 401)
    assert said[0] == said[1]


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"", 400, "not JSON"),
        (b'{"value": "high"}', 400, "'high' is not a number"),
        (b'{"value": 1, "ts": "soon"}', 400, "is not a time"),
        (b"[" + b"1," * 5000 + b"1]", 400, "more than 5000"),
        (b"1" * 300_000, 413, "too large"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_the_reason(pushed, body, status, words):
    answer = pushed.post("/in/backup", token=SECRET, data=body)
    assert answer.status_code == status
    assert words in answer.json()["error"]["message"]


def test_a_push_is_told_to_come_again_rather_than_accepted_and_lost(pushed, gate, monkeypatch):
    monkeypatch.setattr("oculus.web.api.push.MOST_WAITING", 3)
    writer, body = pushed.oculus.writer, [{"waits": number} for number in range(5)]
    writing = threading.Event()
    held = writer.change(lambda cursor: (writing.set(), gate.wait(60)))
    assert writing.wait(30)
    first = pushed.post("/in/backup", token=SECRET, json=body)
    second = pushed.post("/in/backup", token=SECRET, json=body)
    gate.set()
    held.result(30)
    assert (first.status_code, second.status_code) == (200, 503)
    assert second.headers["Retry-After"] == "1"
    assert "Too many numbers wait" in second.json()["error"]["message"]
    assert len(stored(pushed, "custom.backup.waits")) == 5
    assert pushed.post("/in/backup", token=SECRET, json=body).status_code == 200


def test_a_push_that_is_switched_off_says_so(pushed):
    assert pushed.post("/in/off", token=SECRET, data="1").status_code == 409


def test_other_ways_of_asking_are_refused(pushed):
    assert pushed.get("/in/backup", token=SECRET).status_code == 405
