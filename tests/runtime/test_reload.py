"""Settings that change while Oculus runs."""

import threading

from oculus.core.clock import SystemClock
from oculus.core.metric import Metric

TCP = """
collectors:
  - {{type: tcp, target: "127.0.0.1:{port}", name: {name}, interval: 1s, timeout: 1s}}
"""


def rewrite(oculus, text):
    oculus.settings.files[0].write_text(text, "utf-8")


def test_a_changed_file_is_taken_on_while_it_runs(house, port, eventually):
    with house(TCP.format(port=port.number, name="old")) as oculus:
        eventually(lambda: oculus.live.latest("net.tcp.old"))
        rewrite(oculus, TCP.format(port=port.number, name="new"))
        eventually(lambda: oculus.live.latest("net.tcp.new"))
        assert [status.name for status in oculus.scheduler.status()] == ["new"]


def test_what_fires_for_a_host_ends_when_that_is_taken_out(house, port, eventually):
    rule = 'rules:\n  - {name: down, condition: "net.tcp.*.up == 0", channels: [log]}\n'
    port.stop()
    with house(TCP.format(port=port.number, name="old") + rule) as oculus:
        eventually(lambda: oculus.reader.alerts(state="firing"))
        rewrite(oculus, rule)
        [ended] = eventually(lambda: oculus.reader.alerts(state="resolved"))
    assert ended.alert.tags["reason"] == "nobody collects it any more"


def test_a_broken_file_changes_nothing_and_is_told(house, port, eventually):
    with house(TCP.format(port=port.number, name="old")) as oculus:
        rewrite(oculus, "collectors:\n  - {type: tpc, target: x}\n")
        problems = eventually(lambda: oculus.problems)
        assert "did you mean tcp?" in problems[0]
        assert [status.name for status in oculus.scheduler.status()] == ["old"]
        before = oculus.scheduler.status()[0].runs
        eventually(lambda: oculus.scheduler.status()[0].runs > before)
        rewrite(oculus, TCP.format(port=port.number, name="old"))
        eventually(lambda: not oculus.problems)
        told = "SELECT message FROM events WHERE message LIKE 'The settings have%' ORDER BY ts"
        broken, mended = eventually(lambda: len(rows := oculus.reader.query(told).rows) == 2 and rows)
        assert "a mistake; the old ones stay" in broken[0]
        assert mended[0] == "The settings have no mistake any more, and are in force"


def test_a_name_is_served_at_once_and_only_what_is_not_is_said_to_wait_for_a_start(house, eventually, caplog):
    with house("server: {port: 8420}") as oculus:
        rewrite(
            oculus,
            "server: {port: 8420, names: [oculus.example.org], public_url: 'https://oculus.example.org'}",
        )
        eventually(lambda: oculus.link("/") == "https://oculus.example.org/")
        assert "next start" not in caplog.text
        rewrite(oculus, "server: {port: 8421}\nlogging: {keep_days: 3}")
        eventually(lambda: "server.port, logging.keep_days counts from the next start" in caplog.text)


def test_how_long_numbers_are_kept_may_change_while_it_runs(house, eventually, caplog):
    old = Metric(SystemClock().now_ms() - 3 * 86_400_000, "custom.a", "custom.a.value", 1.0, {})
    with house("storage: {retention: 7d}") as oculus:
        oculus.writer.put([old])
        oculus.writer.settle()
        rewrite(oculus, "storage: {retention: 1d, vacuum: off}")
        eventually(lambda: len(oculus.upkeep.calendar.jobs) == 1)
        oculus.upkeep.clean()
        assert oculus.reader.query("SELECT count(*) FROM metrics WHERE symbol = 'custom.a.value'").rows == [
            [0]
        ]
        assert "next start" not in caplog.text


def test_stopping_ends_every_thread(house, port, eventually):
    before = set(threading.enumerate())
    with house(TCP.format(port=port.number, name="old")) as oculus:
        eventually(lambda: oculus.live.latest("net.tcp.old"))
    eventually(lambda: not set(threading.enumerate()) - before)
