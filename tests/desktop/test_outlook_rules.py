"""What the icon says of rules that a real Oculus judges."""

import pytest

from fakes.waiting import eventually
from oculus.core.clock import SystemClock
from oculus.core.metric import Metric
from oculus.desktop.icons import State
from oculus.desktop.outlook import outlook
from oculus.runtime import Oculus
from oculus.settings.load import load

RULES = """
rules:
  - name: rows
    sql: >
      SELECT symbol, CASE WHEN value > 5 THEN 'critical' ELSE 'warn' END AS severity
      FROM metrics WHERE symbol = 'net.ping.gw' ORDER BY ts DESC LIMIT 1
    schedule: "* * * * * *"
    severity: info
    message: "{{ symbol }}"
  - name: silent
    condition: net.ping.gw > 1000
    no_data: alert
    no_data_for: 1s
    severity: error
"""


@pytest.fixture
def oculus(tmp_path):
    path = tmp_path / "oculus.yaml"
    path.write_text(RULES)
    with Oculus(load(path, environment={}), tmp_path / "data") as made:
        yield made


def tell(oculus, value):
    oculus.writer.put([Metric(SystemClock().now_ms(), "net.ping", "net.ping.gw", value, {})])


def severities(oculus, rule):
    return [str(each.severity) for each in outlook(oculus).troubles if each.rule == rule]


def test_the_severity_of_a_row_and_the_silence_of_a_symbol_reach_the_icon(oculus):
    tell(oculus, 1.0)
    eventually(lambda: severities(oculus, "rows") == ["warn"])
    eventually(lambda: severities(oculus, "silent") == ["error"])
    assert outlook(oculus).state is State.ERROR
    tell(oculus, 9.0)
    eventually(lambda: severities(oculus, "rows") == ["critical"])
    assert outlook(oculus).state is State.CRITICAL
