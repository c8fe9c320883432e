"""The page of the channels: how each fares, a test of each, and the ledger."""

import pytest

from oculus.core.alert import Alert, AlertState, News, NewsKind, Verdict
from oculus.core.event import Severity
from oculus.core.secret import Secret
from oculus.notify.channels.webhook import WebhookSettings

NASTY = "<b>@everyone</b>"


@pytest.fixture(scope="module")
def house(tmp_path_factory, open_house):
    hook = WebhookSettings(url=Secret("http://127.0.0.1:9/secret-path"))
    with open_house(tmp_path_factory.mktemp("channels"), channels={"ops": hook}) as made:
        yield made


def alert(house, number, rule, channels):
    now_ms = house.oculus.clock.now_ms()
    body = Alert(
        id=number,
        rule=rule,
        instance="",
        severity=Severity.WARN,
        state=AlertState.FIRING,
        message="m",
        value=None,
        started_ms=now_ms,
        fired_ms=now_ms,
    )
    news = News(kind=NewsKind.FIRED, alert=body, ts_ms=now_ms, channels=channels)
    house.oculus.record(Verdict(news=(news,)))


def test_every_message_stands_in_the_ledger_sent_or_not(house, eventually):
    assert "Nobody was told of anything yet" in house.get("/channels").text
    alert(house, 1, NASTY, ("log", "ops", "nobody"))
    page = eventually(lambda: (text := house.get("/channels").text).count("retrying") and text)
    assert "there is no channel of this name" in page
    assert "refuses connections" in page
    assert "&lt;b&gt;@everyone" in page
    assert NASTY not in page
    assert "trying again" in page
    assert "next try <time" in page
    assert "secret-path" not in page


def test_a_test_says_what_the_service_said(house):
    said = house.post("/partials/test/ops").text
    assert "not sent" in said
    assert "refuses connections" in said
    assert "The message was taken" in house.post("/partials/test/log").text
    assert "Did you mean ops?" in house.post("/partials/test/op").text


def test_nobody_else_can_set_a_test_going(house):
    assert house.ask("POST", "/partials/test/log", token="").status_code in (302, 303, 401)
    answer = house.post("/partials/test/log", headers={"Origin": "http://evil.example"})
    assert answer.status_code == 403
