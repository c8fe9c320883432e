"""A message is a row of the file with its event or not at all; and whoever hangs hangs alone."""

import duckdb
import pytest
from msgspec.structs import replace

from fakes.messengers import AnyServer, DiscordServer
from oculus.core.alert import Alert, AlertState, News, NewsKind, Verdict
from oculus.core.durations import Duration
from oculus.core.event import Severity
from oculus.core.metric import Metric
from oculus.notify.channels.discord import Discord
from oculus.storage.records import alerts

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


def put(oculus, name, value=9.0):
    oculus.writer.put([Metric(oculus.clock.now_ms(), "custom.a", f"custom.a.{name}", value, {})])


def told(oculus, number, kind, channels=("hook",)):
    now_ms = oculus.clock.now_ms()
    alert = Alert(
        id=number, rule="r", instance="", severity=Severity.WARN, state=AlertState.FIRING, message="m",
        value=None, started_ms=now_ms, fired_ms=now_ms,
    )  # fmt: skip
    return News(kind=kind, alert=alert, ts_ms=now_ms, channels=channels)


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
        eventually(lambda: (latest := oculus.live.latest("net.tcp.demo")) and latest.ts_ms > before)
        assert {rule.name: rule.state for rule in oculus.engine.status()}["second"] == "firing"
        states = "SELECT DISTINCT state FROM deliveries WHERE channel = 'stuck' ORDER BY state"
        assert oculus.reader.query(states).rows == [["queued"], ["sending"]]
        stuck.release.set()


def test_an_event_without_its_messages_is_not_written(house, monkeypatch):
    with house("channels: {hook: {type: webhook, url: 'http://127.0.0.1:9'}}") as oculus:
        verdict = Verdict(news=(told(oculus, 1, NewsKind.FIRED, ("hook", "log")),))
        deliveries = oculus.notifier.address(verdict.news)

        def fails(_cursor, _deliveries):
            raise duckdb.IOException("the disk is full")

        with monkeypatch.context() as broken:
            broken.setattr(alerts, "save_deliveries", fails)
            writing = oculus.writer.change(lambda cursor: alerts.record(cursor, verdict, deliveries))
            with pytest.raises(duckdb.Error):
                writing.result(30)
        counts = "SELECT (SELECT count(*) FROM events WHERE type = 'alert'), (SELECT count(*) FROM alerts)"
        assert oculus.reader.query(counts).rows == [[0, 0]]
        oculus.record(verdict)
        oculus.writer.change(lambda _cursor: None).result(30)
        rows = oculus.reader.query("SELECT channel, event_id > 0 FROM deliveries ORDER BY channel").rows
        assert rows == [["hook", True], ["log", True]]


def test_what_began_and_ended_in_one_group_is_told_to_nobody_and_stays_an_event(
    house, servers, eventually, monkeypatch
):
    monkeypatch.setattr(Discord, "group_for", Duration(seconds=6))
    team = servers(DiscordServer)
    text = f"""
channels: {{team: {{type: discord, discord_webhook: "{team.webhook}"}}}}
rules: [{{name: blip, condition: custom.a.blip > 5, channels: [team]}}]
"""
    with house(text) as oculus:
        put(oculus, "blip")
        eventually(lambda: oculus.reader.deliveries(10))
        put(oculus, "blip", 1.0)
        skipped = "SELECT news, last_error FROM deliveries WHERE state = 'skipped' ORDER BY id"
        over = "it was over before it was told"
        eventually(lambda: oculus.reader.query(skipped).rows == [["FIRED", over], ["RESOLVED", over]])
        events = "SELECT payload->>'news' FROM events WHERE type = 'alert' ORDER BY id"
        assert oculus.reader.query(events).rows == [["FIRED"], ["RESOLVED"]]
    assert team.got == []


def test_what_is_acknowledged_in_time_goes_to_nobody_else(house, servers, eventually):
    boss = servers(AnyServer)
    escalate = "channels: [log], escalate: {after: 6s, channels: [boss]}"
    text = f"""
channels: {{boss: {{type: webhook, url: "{boss.url}"}}}}
rules:
  - {{name: seen, condition: custom.a.seen > 5, {escalate}}}
  - {{name: unseen, condition: custom.a.unseen > 5, {escalate}}}
"""
    with house(text) as oculus:
        put(oculus, "seen")
        (first,) = eventually(lambda: oculus.reader.deliveries(10))
        assert oculus.acknowledge(first.news.alert.id)
        put(oculus, "unseen")
        eventually(lambda: boss.messages)
        assert [(each["rule"], each["news"]) for each in boss.messages] == [("unseen", "ESCALATED")]


class Desk:
    """A desktop with nobody at it."""

    def __init__(self):
        self.popups = []

    def idle_s(self):
        return None

    def popup(self, popup):
        self.popups.append((popup.title, popup.text, popup.path))


def test_a_broken_channel_is_told_on_the_desktop_in_the_log_and_as_an_event(
    house, servers, eventually, caplog
):
    hook = servers(AnyServer)
    hook.answers.append(lambda handler: handler.reply(401, b""))
    text = f"""
channels: {{hook: {{type: webhook, url: "{hook.url}/in"}}}}
rules: [{{name: bad, condition: custom.a.bad > 5, channels: [hook]}}]
"""
    said = f"{hook.url} answered 401 Unauthorized. Check url and headers under channels, hook."
    with house(text) as oculus:
        oculus.desk = desk = Desk()
        put(oculus, "bad")
        eventually(lambda: desk.popups == [("The channel hook is broken", said, "/channels")])
        kept = "SELECT message FROM events WHERE source = 'channel.hook' AND type = 'error'"
        eventually(lambda: oculus.reader.query(kept).rows == [[f"hook: {said}"]])
        (status,) = [each for each in oculus.notifier.status() if each.name == "hook"]
        assert (status.state, status.last_error) == ("broken", said)
    assert f"hook: {said}" in [record.getMessage() for record in caplog.records]


def test_what_a_channel_refused_is_told_once_its_settings_are_mended(house, servers, eventually):
    hook = servers(AnyServer)
    hook.answers.append(lambda handler: handler.reply(401, b""))
    text = """
channels: {{hook: {{type: webhook, url: "{url}"}}}}
rules: [{{name: bad, condition: custom.a.bad > 5, channels: [hook]}}]
"""
    with house(text.format(url=f"{hook.url}/wrong")) as oculus:
        put(oculus, "bad")
        states = "SELECT state FROM deliveries"
        eventually(lambda: oculus.reader.query(states).rows == [["failed"]])
        oculus.settings.files[0].write_text(text.format(url=f"{hook.url}/right"))
        assert oculus.reload() == []
        eventually(lambda: oculus.reader.query(states).rows == [["sent"]])
    assert [asked.path for asked in hook.got] == ["/wrong", "/right"]


def test_what_waits_for_a_service_knows_after_a_restart_what_was_acknowledged(house):
    with house("channels: {hook: {type: webhook, url: 'http://127.0.0.1:9'}}") as oculus:
        worse, other = (told(oculus, number, NewsKind.ESCALATED) for number in (1, 2))
        oculus.record(Verdict(news=(worse, other)))
        seen = replace(worse.alert, acknowledged_ms=oculus.clock.now_ms())
        oculus.record(Verdict(news=(replace(worse, alert=seen, held="acknowledged"),)))
        oculus.writer.change(lambda _cursor: None).result(30)
        waiting = {each.news.alert.id: each for each in alerts.load_deliveries(oculus.database.cursor())}
    assert waiting[2].news.alert.acknowledged_ms is None
    if 1 in waiting:  # or it was skipped already
        assert waiting[1].news.alert.acknowledged_ms == seen.acknowledged_ms


def test_a_service_that_asked_to_be_left_alone_is_so_after_a_restart_for_what_is_new_too(
    house, servers, eventually
):
    hook = servers(AnyServer)
    hook.answers.append(lambda handler: handler.reply(429, b"", {"Retry-After": "600"}))
    text = f"""
channels: {{hook: {{type: webhook, url: "{hook.url}/in"}}}}
rules:
  - {{name: first, condition: custom.a.first > 5, channels: [hook]}}
  - {{name: second, condition: custom.a.second > 5, channels: [hook, log]}}
"""
    with house(text) as oculus:
        put(oculus, "first")
        kept = "SELECT count(*) FROM channel_notes WHERE channel = 'hook'"
        eventually(lambda: oculus.reader.query(kept).rows == [[1]])
    with house(text) as oculus:
        put(oculus, "second")
        told = "SELECT channel, state FROM deliveries WHERE news = 'FIRED' ORDER BY id"
        rows = [["hook", "retrying"], ["hook", "queued"], ["log", "sent"]]
        eventually(lambda: oculus.reader.query(told).rows == rows)
        assert len(hook.got) == 1
        oculus.notifier.send_test("hook")  # a person may ask, and the service takes it
        eventually(lambda: oculus.reader.query(told).rows[:2] == [["hook", "sent"]] * 2)
