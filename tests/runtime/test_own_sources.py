"""Sources of one's own through a whole Oculus: a push, a plugin, and a file that is a table."""

import os

import requests

from oculus.core.secret import Secret
from oculus.web.serving.server import WebServer

SETTINGS = """
collectors:
  - {type: push, name: backup, secret: hidden-words, expect_every: 1s, interval: 1s, timeout: 1s}
  - {type: plugin, module: office.py, interval: 1s, timeout: 1s}
rules:
  - {name: no_backup, condition: custom.backup.up == 0, severity: error, channels: [log]}
  - name: over_limit
    sql: |
      SELECT symbol, max(value) AS value FROM metrics JOIN limits USING (symbol)
      WHERE value > most GROUP BY symbol
    schedule: "* * * * * *"
    channels: [log]
"""
PLUGIN = """
from oculus.plugin import Collector

class Office(Collector):
    category = "custom.office"

    def collect(self):
        return [self.metric("custom.office.heat", {heat})]
"""


def test_they_meet_in_rules_and_sql(house, tmp_path, eventually):
    (tmp_path / "office.py").write_text("broken")
    with house(SETTINGS) as oculus, WebServer(oculus, "127.0.0.1", 0, Secret("t" * 43)) as web:
        answer = requests.post(f"{web.url}/in/backup?secret=hidden-words", data="1", timeout=30)
        assert answer.json()["accepted"] == 2
        (tmp_path / "data" / "tables" / "limits.csv").write_text("symbol,most\ncustom.office.heat,30\n")
        os.utime(tmp_path / "data" / "tables" / "limits.csv", ns=(1, 1))
        (tmp_path / "office.py").write_text(PLUGIN.format(heat=35))  # mended while it runs

        def fired():
            sql = "SELECT DISTINCT rule FROM alerts ORDER BY rule"
            return [row[0] for row in oculus.reader.query(sql).rows] == ["no_backup", "over_limit"]

        eventually(fired)
        eventually(lambda: {each.name: each.state for each in oculus.scheduler.status()}["office"] == "ok")
