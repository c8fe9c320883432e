"""A message is a row of the file with its event or not at all; and whoever hangs hangs alone."""

import duckdb
import pytest

from fakes.messengers import AnyServer
from oculus.core.alert import Alert, AlertState, News, NewsKind, Verdict
from oculus.core.event import Severity
from oculus.core.metric import Metric
from oculus.storage import alerts

SETTINGS = """
channels:
  stuck: {{type: webhook, url: "{url}", timeout: 30s}}
collectors:
  - {{type: tcp, target: "127.0.0.1:{port}", name: demo, interval: 1s, timeout: 1s}}
rules:
  - {{name: first, condition: custom.a.first > 5, channels: [stuck]}}
  - {{name: second, condition: custom.a.second > 5, channels: [stuck, log]}}
"""


@pytest.fixture
def stuck():
    """A service that never answers."""
    server = AnyServer()
    server.answers.extend([lambda handler: handler.server.release.wait(60)] * 10)
    yield server
    server.end()


def put(oculus, name):
    oculus.writer.put([Metric(oculus.clock.now_ms(), "custom.a", f"custom.a.{name}", 9.0, {})])


def test_a_channel_that_hangs_holds_up_neither_another_nor_judging_nor_collecting(
    house, stuck, port, eventually
):
    with house(SETTINGS.format(url=stuck.url, port=port.number)) as oculus:
        put(oculus, "first")
        eventually(lambda: stuck.got)
        before = oculus.clock.now_ms()
        put(oculus, "second")
        sent = "SELECT channel FROM deliveries WHERE state = 'sent'"
        eventually(lambda: oculus.reader.query(sent).rows == [["log"]])
        eventually(lambda: oculus.live.latest("net.tcp.demo").ts_ms > before)
        assert {rule.name: rule.state for rule in oculus.engine.status()}["second"] == "firing"
        states = "SELECT DISTINCT state FROM deliveries WHERE channel = 'stuck' ORDER BY state"
        assert oculus.reader.query(states).rows == [["queued"], ["sending"]]
        stuck.release.set()


def test_an_event_without_its_messages_is_not_written(house, monkeypatch):
    with house("channels: {hook: {type: webhook, url: 'http://127.0.0.1:9'}}") as oculus:
        now_ms = oculus.clock.now_ms()
        alert = Alert(
            id=1, rule="r", instance="", severity=Severity.WARN, state=AlertState.FIRING, message="m",
            value=None, started_ms=now_ms, fired_ms=now_ms,
        )  # fmt: skip
        verdict = Verdict(
            news=(News(kind=NewsKind.FIRED, alert=alert, ts_ms=now_ms, channels=("hook", "log")),)
        )
        deliveries = oculus.notifier.address(verdict.news)

        def fails(_cursor, _deliveries):
            raise duckdb.IOException("the disk is full")

        with monkeypatch.context() as broken:
            broken.setattr(alerts, "save_deliveries", fails)
            writing = oculus.writer.change(lambda cursor: alerts.record(cursor, verdict, deliveries))
            with pytest.raises(duckdb.Error):
                writing.result(5)
        counts = "SELECT (SELECT count(*) FROM events WHERE type = 'alert'), (SELECT count(*) FROM alerts)"
        assert oculus.reader.query(counts).rows == [[0, 0]]
        oculus.record(verdict)
        oculus.writer.change(lambda _cursor: None).result(5)
        rows = oculus.reader.query("SELECT channel, event_id > 0 FROM deliveries ORDER BY channel").rows
        assert rows == [["hook", True], ["log", True]]
