"""Collectors, rules, alerts, channels and events through the API, with the real stages behind it."""

import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from fakes.listening import listening
from oculus.core.durations import Duration


@pytest.fixture(scope="module")
def host():
    """A port that accepts connections."""
    with listening(lambda connection: None) as port:
        yield port


@pytest.fixture(scope="module")
def hook():
    """A web hook that says no."""

    class Refusing(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_error(403)

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Refusing)
    thread = threading.Thread(target=server.serve_forever, name="test-hook", daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def busy(tmp_path_factory, host, hook, open_house):
    """An Oculus that watches `host` and a port where nobody is, and has something to say about it."""
    from oculus.collectors.network.tcp import TcpSettings
    from oculus.core.event import Severity
    from oculus.core.secret import Secret
    from oculus.notify.channels.webhook import WebhookSettings
    from oculus.rules.settings import RuleSettings

    often = {"interval": Duration(seconds=1), "timeout": Duration(seconds=1)}
    with open_house(
        tmp_path_factory.mktemp("busy"),
        collectors=[
            TcpSettings(name="here", target=f"127.0.0.1:{host}", **often),
            TcpSettings(name="gone", target="127.0.0.1:1", **often),
            TcpSettings(name="off", target="127.0.0.1:2", enabled=False),
        ],
        channels={"hook": WebhookSettings(url=Secret(f"http://127.0.0.1:{hook}/"))},
        rules=[
            RuleSettings(
                name="gone down",
                condition="net.tcp.gone.up == 0",
                severity=Severity.CRITICAL,
                message="nobody is there",
                channels=("log",),
            ),
            RuleSettings(name="slow/here", condition="net.tcp.here > 100k"),
            RuleSettings(name="idle", condition="net.tcp.here > 1", enabled=False),
        ],
    ) as made:
        yield made


def one(answers, name):
    return next(answer for answer in answers if answer["name"] == name)


def test_collectors_tell_how_they_fare(busy, eventually):
    def settled():
        found = busy.get("/api/collectors").json()["collectors"]
        return found if all(each["last_run"] for each in found if each["state"] != "off") else None

    found = eventually(settled)
    here, gone, off = (one(found, name) for name in ("here", "gone", "off"))
    assert (here["type"], here["state"], here["last_error"]) == ("tcp", "ok", "")
    assert "net.tcp.here" in here["symbols"]
    assert here["last_success"].endswith("Z")
    assert here["calls_left"] is None
    assert gone["state"] == "failing"
    assert gone["last_error"]
    assert (off["state"], off["last_run"], off["next_run"]) == ("off", None, None)


def test_a_collector_can_be_run_paused_and_resumed(busy):
    ran = busy.post("/api/collectors/here/run")
    assert ran.status_code in (200, 409)  # it may be running just now
    if ran.status_code == 200:
        symbols = {metric["symbol"]: metric["value"] for metric in ran.json()["metrics"]}
        assert symbols["net.tcp.here.up"] == 1
        assert ran.json()["count"] == len(symbols)
    assert busy.post("/api/collectors/here/pause").json()["state"] == "paused"
    assert busy.post("/api/collectors/here/resume").json()["state"] == "ok"


def test_a_pause_is_in_the_file_when_the_answer_comes(busy):
    kept = "SELECT body FROM remembered WHERE name = 'collectors.paused'"
    for what, paused in (("pause", 1), ("resume", 0)):
        busy.oculus.writer.change(lambda _cursor: time.sleep(0.2))  # a disk that takes its time
        busy.post(f"/api/collectors/here/{what}")
        assert busy.oculus.reader.query(kept).rows[0][0].count("here") == paused


@pytest.mark.parametrize("what", ["run", "pause", "resume"])
def test_a_collector_nobody_has_is_not_found(busy, what):
    answer = busy.post(f"/api/collectors/nobody/{what}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


def test_a_collector_that_is_off_is_not_run(busy):
    answer = busy.post("/api/collectors/off/run")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "conflict")
    assert "switched off" in answer.json()["error"]["message"]


def fired(busy):
    return [
        alert
        for alert in busy.get("/api/alerts?state=firing").json()["alerts"]
        if alert["rule"] == "gone down"
    ]


def test_an_alert_tells_what_and_since_when_and_who_was_told(busy, eventually):
    def told():
        return [
            each for each in fired(busy) if each["deliveries"] and each["deliveries"][0]["state"] == "sent"
        ]

    (alert,) = eventually(told)
    assert (alert["rule"], alert["severity"], alert["state"]) == ("gone down", "critical", "firing")
    assert (alert["message"], alert["value"]) == ("nobody is there", 0)
    assert alert["started_at"] <= alert["fired_at"]
    assert alert["ended_at"] is None
    (delivery,) = alert["deliveries"]
    assert (delivery["channel"], delivery["news"], delivery["alert_id"]) == ("log", "FIRED", alert["id"])
    assert delivery["sent_at"].endswith("Z")


def test_alerts_have_the_shape_that_webhooks_get(busy, eventually):
    from oculus.notify.render.news import alert_json

    (alert,) = eventually(lambda: fired(busy))
    (record,) = busy.oculus.reader.alerts(rule="gone down")
    (delivery,) = record.deliveries
    assert set(alert_json(delivery.news)) == {*alert, "news"}


def test_an_alert_can_be_acknowledged(busy, eventually):
    (alert,) = eventually(lambda: fired(busy))
    answer = busy.post(f"/api/alerts/{alert['id']}/ack")
    assert answer.status_code == 200
    assert answer.json()["acknowledged_at"].endswith("Z")
    assert busy.post(f"/api/alerts/{alert['id']}/ack").status_code == 200
    eventually(lambda: fired(busy)[0]["acknowledged_at"])
    assert busy.post("/api/alerts/12345/ack").status_code == 404


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ("severity=critical", 1),
        ("severity=warn", 0),
        ("rule=gone down", 1),
        ("rule=other", 0),
        ("state=resolved", 0),
        ("since=1h", 1),
        ("until=1h", 0),
        ("limit=1", 1),
    ],
)
def test_alerts_are_chosen_by_severity_rule_state_and_time(busy, eventually, asked, count):
    eventually(lambda: fired(busy))
    assert len(busy.get(f"/api/alerts?{asked}").json()["alerts"]) == count


@pytest.mark.parametrize("asked", ["severity=bad", "state=odd", "limit=0", "since=x", "nothing=1"])
def test_a_bad_choice_of_alerts_is_named(busy, asked):
    answer = busy.get(f"/api/alerts?{asked}")
    assert answer.status_code == 400
    assert asked.partition("=")[0] in answer.json()["error"]["message"]


def test_rules_tell_how_they_stand(busy, eventually):
    eventually(lambda: fired(busy))
    rules = busy.get("/api/rules").json()["rules"]
    assert [rule["name"] for rule in rules] == ["gone down", "slow/here", "idle"]
    gone = one(rules, "gone down")
    assert (gone["state"], gone["value"], gone["severity"], gone["kind"]) == (
        "firing",
        0,
        "critical",
        "simple",
    )
    assert (gone["condition"], gone["channels"]) == ("net.tcp.gone.up == 0", ["log"])
    assert (gone["for"], gone["cooldown"], gone["enabled"], gone["snoozed_until"]) == ("0s", "0s", True, None)
    assert gone["last_fired"].endswith("Z")
    assert one(rules, "slow/here")["state"] == "ok"
    assert (one(rules, "idle")["state"], one(rules, "idle")["enabled"]) == ("off", False)


def test_one_rule_comes_with_its_instances_and_its_history(busy, eventually):
    eventually(lambda: fired(busy))
    rule = busy.get("/api/rules/gone%20down").json()
    (instance,) = rule["instances"]
    assert (instance["state"], instance["symbol"]) == ("firing", "net.tcp.gone.up")
    assert rule["history"][0]["id"] == instance["alert_id"]
    assert busy.get("/api/rules/slow%2Fhere").json()["name"] == "slow/here"
    assert busy.get("/api/rules/none").status_code == 404


def test_channels_tell_how_they_fare(busy):
    channels = busy.get("/api/channels").json()["channels"]
    log = one(channels, "log")
    assert (log["type"], log["state"], log["queued"]) == ("log", "ok", 0)
    assert one(channels, "hook")["last_sent"] is None


def test_a_channel_can_be_tried(busy):
    assert busy.post("/api/channels/log/test").json() == {"channel": "log", "sent": True}
    refused = busy.post("/api/channels/hook/test")
    assert (refused.status_code, refused.json()["error"]["code"]) == (502, "not_delivered")
    assert "403" in refused.json()["error"]["message"]
    assert busy.post("/api/channels/none/test").status_code == 404


def test_events_tell_what_happened(busy, eventually):
    eventually(lambda: fired(busy))
    events = busy.get("/api/events?type=alert").json()["events"]
    fire = events[-1]
    assert (fire["source"], fire["severity"], fire["message"]) == (
        "rule.gone down",
        "critical",
        "nobody is there",
    )
    assert fire["payload"]["news"] == "FIRED"
    started = busy.get("/api/events?source=oculus&type=system").json()["events"]
    assert any("started" in event["message"] for event in started)
    assert busy.get("/api/events?type=odd").status_code == 400


def test_the_status_counts_what_runs(busy, eventually):
    eventually(lambda: fired(busy))
    status = busy.get("/api/status").json()
    assert status["ready"] is True
    assert status["problems"] == []
    assert status["collectors"] == {"failing": 1, "off": 1, "ok": 1}
    assert status["rules"]["firing"] == 1
    assert status["version"]
    assert status["rows_written"] > 0
    assert status["database_bytes"] > 0


def test_deliveries_are_counted_for_prometheus(busy, eventually):
    eventually(lambda: 'oculus_deliveries_total{channel="log",state="sent"}' in busy.get("/metrics").text)
    text = busy.get("/metrics").text
    assert 'oculus_collector_runs_total{collector="here",type="tcp"}' in text
    assert 'oculus_collector_ok{collector="gone",type="tcp"} 0' in text


def test_settings_are_read_again_when_asked_and_mistakes_are_told(busy, monkeypatch):
    assert busy.post("/api/reload").json() == {"reloaded": True}
    monkeypatch.setattr(busy.oculus, "reload", lambda: ["oculus.yaml:3: port: is no number"])
    answer = busy.post("/api/reload")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "conflict")
    assert "oculus.yaml:3" in answer.json()["error"]["hint"]
