"""What looks odd in the rules of a running copy, by what is collected and stored."""

from oculus.core.metric import Metric

DAY_MS = 86_400_000
SETTINGS = """
collectors:
  - {{type: tcp, target: "127.0.0.1:{port}", name: shop, interval: 1h, timeout: 1s}}
rules:
  - {{name: never, condition: "net.ping.gw-1 > 200"}}
  - {{name: always, condition: "net.ping.* < 200"}}
  - {{name: sometimes, condition: "net.ping.gw-1 > 50"}}
  - {{name: unknown, condition: "net.tcp.shopp > 50"}}
  - {{name: young, condition: "net.ping.new > 50"}}
  - {{name: part, condition: "net.tcp.shop.up == 0", for: 1h}}
  - {{name: broken, sql: "SELECT * FROM metric", schedule: "0 0 1 1 *"}}
  - {{name: sound, sql: "SELECT * FROM metrics WHERE value > $v", params: {{v: 5}}, schedule: "0 0 1 1 *"}}
"""


def test_a_running_copy_says_what_looks_odd(house, port, eventually):
    with house(SETTINGS.format(port=port.number)) as oculus:
        now_ms = oculus.clock.now_ms()
        eventually(lambda: oculus.live.latest("net.tcp.shop"))
        oculus.writer.put(
            [
                Metric(now_ms - hour * DAY_MS // 24, "net.ping", "net.ping.gw-1", 10.0 + hour, {})
                for hour in range(60)
            ]
        )
        oculus.writer.put([Metric(now_ms, "net.ping", "net.ping.new", 9.0, {})])
        eventually(lambda: oculus.live.latest("net.ping.new"))
        said = {rule.name: [str(hint) for hint in oculus.lint(rule.name)] for rule in oculus.settings.rules}
    assert said["never"] == [
        "condition: has not held once in the last 7 days: net.ping.gw-1 was 10 to 69; see that it can hold"
    ]
    assert "has held all of the last 7 days" in said["always"][0]
    assert said["unknown"] == [
        "condition: column 1: no collector writes net.tcp.shopp; did you mean net.tcp.shop?"
    ]
    assert "1h is less than two intervals of net.tcp.shop.up (1h)" in said["part"][0]
    assert "There is no table 'metric'" in said["broken"][0]
    assert said["sometimes"] == said["young"] == said["sound"] == []
