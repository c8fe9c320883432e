"""From a real socket to a real webhook, through a real file."""

import time

from oculus.core.durations import Duration
from oculus.core.metric import Metric
from oculus.storage.records import silences


def settings(port, receiver, hold="0s"):
    return f"""
collectors:
  - {{type: tcp, target: "127.0.0.1:{port.number}", name: shop, interval: 1s, timeout: 1s}}
channels:
  hook: {{type: webhook, url: "{receiver.url}"}}
rules:
  - name: shop_down
    condition: net.tcp.shop.up == 0
    for: {hold}
    severity: critical
    message: "The shop is down"
    channels: [hook, log]
"""


def test_a_stopped_server_is_told_and_its_return_too(house, port, receiver, eventually):
    with house(settings(port, receiver)) as oculus:
        eventually(lambda: oculus.live.latest("net.tcp.shop"))
        port.stop()
        fired = receiver.heard.get(timeout=30)
        port.start()
        resolved = receiver.heard.get(timeout=30)
    assert (fired["news"], fired["rule"], fired["state"]) == ("FIRED", "shop_down", "firing")
    assert fired["message"] == "The shop is down"
    assert (resolved["news"], resolved["id"]) == ("RESOLVED", fired["id"])
    assert resolved["ended_at"] > fired["started_at"]


def test_everything_seen_and_told_is_in_the_file(house, port, receiver, eventually):
    with house(settings(port, receiver)) as oculus:
        eventually(lambda: oculus.live.latest("net.tcp.shop"))
        port.stop()
        receiver.heard.get(timeout=30)
        eventually(
            lambda: (
                oculus.reader.query("SELECT state FROM deliveries WHERE channel = 'hook'").rows == [["sent"]]
            )
        )
        down = oculus.reader.query(
            "SELECT count(*) FROM metrics WHERE symbol = 'net.tcp.shop.up' AND value = 0"
        )
        events = oculus.reader.query("SELECT source FROM events WHERE type = 'alert'")
    assert down.rows[0][0] >= 1
    assert events.rows == [["rule.shop_down"]]


def test_a_failed_probe_makes_up_no_number(house, port, receiver, eventually):
    port.stop()
    with house(settings(port, receiver)) as oculus:
        eventually(lambda: oculus.live.latest("net.tcp.shop.up"))
        found = oculus.reader.query("SELECT count(*) FROM metrics WHERE symbol = 'net.tcp.shop'")
    assert found.rows == [[0]]


def test_trouble_told_before_a_restart_is_not_told_again_but_its_end_is(house, port, receiver, eventually):
    text = settings(port, receiver)
    port.stop()
    with house(text) as oculus:
        fired = receiver.heard.get(timeout=30)
        sent = "SELECT state FROM deliveries WHERE channel = 'hook'"
        eventually(lambda: oculus.reader.query(sent).rows == [["sent"]])
    with house(text) as oculus:
        eventually(lambda: oculus.scheduler.status()[0].failing_since_ms)
        assert [rule.state for rule in oculus.engine.status()] == ["firing"]
        port.start()
        resolved = receiver.heard.get(timeout=30)
    assert (resolved["news"], resolved["id"]) == ("RESOLVED", fired["id"])
    assert receiver.heard.empty()


def test_after_a_restart_every_symbol_is_known_at_once(house, port, receiver, eventually):
    text = settings(port, receiver)
    with house(text) as oculus:
        before = eventually(lambda: oculus.live.latest("net.tcp.shop"))
    with house(text.replace("interval: 1s", "interval: 1h")) as oculus:
        after = oculus.live.latest("net.tcp.shop")
    assert after.ts_ms >= before.ts_ms


def test_what_was_collected_before_the_stop_is_stored(house, port, receiver, eventually):
    text = settings(port, receiver)
    with house(text) as oculus:
        eventually(lambda: oculus.live.latest("net.tcp.shop"))
        last = oculus.scheduler.run_now("shop")
    with house(text) as oculus:
        stored = oculus.reader.query("SELECT epoch_ms(max(ts)) FROM metrics WHERE symbol = 'net.tcp.shop.up'")
    assert stored.rows[0][0] >= max(metric.ts_ms for metric in last)


def test_what_was_acknowledged_is_in_the_file_when_the_answer_comes(house, port, receiver, eventually):
    port.stop()
    with house(settings(port, receiver)) as oculus:
        receiver.heard.get(timeout=30)
        firing = eventually(lambda: oculus.reader.alerts(state="firing"))
        oculus.acknowledge(firing[0].alert.id)
        assert oculus.reader.alerts(state="firing")[0].alert.acknowledged_ms


def test_a_snooze_is_in_the_file_when_the_answer_comes(house, port, receiver):
    with house(settings(port, receiver)) as oculus:
        oculus.writer.change(lambda _cursor: time.sleep(0.3))  # a disk that takes its time
        oculus.snoozes.snooze("shop_down", Duration(hours=1))
        assert oculus.reader.query("SELECT rule FROM silences").rows == [["shop_down"]]
        oculus.writer.change(lambda _cursor: time.sleep(0.3))
        oculus.snoozes.wake("shop_down")
        assert silences.load(oculus.database.cursor()) == {}


def test_what_was_paused_is_paused_after_a_restart(house, port, receiver):
    text = settings(port, receiver)
    with house(text) as oculus:
        oculus.scheduler.pause("shop")
    with house(text) as oculus:
        assert [each.state for each in oculus.scheduler.status()] == ["paused"]
        oculus.scheduler.resume("shop")
    with house(text) as oculus:
        assert [each.state for each in oculus.scheduler.status()] == ["ok"]


def test_an_alert_for_which_the_writer_has_no_room_is_written_when_it_has(
    house, port, receiver, eventually, monkeypatch
):
    with house(settings(port, receiver)) as oculus, monkeypatch.context() as full:
        eventually(lambda: oculus.live.latest("net.tcp.shop"))
        oculus.scheduler.pause("shop")
        full.setattr(oculus.writer._inbox, "limit", -oculus.writer._inbox.reserve)
        down = Metric(oculus.clock.now_ms(), "net.tcp", "net.tcp.shop.up", 0.0, {})
        oculus.engine.put([down])
        eventually(lambda: oculus.engine.status()[0].state == "firing")
        assert oculus.reader.alerts(state="firing") == []
        full.undo()
        assert receiver.heard.get(timeout=30)["news"] == "FIRED"
