"""Prometheus as the judge: the same series and rules must fire at the same times.

Where they differ is where a missing sample is no false condition: there Prometheus forgets, and Oculus waits.
"""

import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from oculus.core.durations import short
from oculus.core.metric import Metric
from oculus.rules.trials.replay import Replay

UNPACKED = Path(sys.prefix, "peers", "usr", "bin")  # by packaging/dev.py test, without installing it
JUDGE = shutil.which("promtool", path=os.pathsep.join([os.environ.get("PATH", ""), str(UNPACKED)]))
pytestmark = pytest.mark.skipif(
    JUDGE is None, reason="no judge: Debian's package prometheus is neither installed nor unpacked"
)

STEP_S, ROUNDS = 30, 40
LENGTHS = ("0s", "30s", "1m", "90s", "5m")
CONDITIONS = ("> 3", "<= 2", "== 4", "!= 0")


class Trace:
    """One rule and one series, None where no sample came."""

    def __init__(self, number, chance, missing=()):
        self.name = f"t{number}"
        self.hold, self.recover = chance.choice(LENGTHS), chance.choice(LENGTHS)
        self.sign = CONDITIONS[number % len(CONDITIONS)]
        values = []
        while len(values) < ROUNDS:  # runs of different lengths, so that `for` is met now and then
            values += [chance.randint(0, 5)] * chance.choice((1, 1, 2, 3, 5, 9))
        self.values = [None if n in missing else value for n, value in enumerate(values[:ROUNDS])]

    def rule(self):
        """As Prometheus has it."""
        held = {"for": self.hold} if self.hold != "0s" else {}
        kept = {"keep_firing_for": self.recover} if self.recover != "0s" else {}
        return {"alert": self.name, "expr": f"{self.name} {self.sign}", **held, **kept}

    def series(self):
        return " ".join("_" if value is None else str(value) for value in self.values)

    def ours(self, make_rule):
        """Whether Oculus has it firing after each round."""
        rule = make_rule(f"{self.name} {self.sign}", for_=self.hold, recover_for=self.recover)
        metrics = [
            Metric(n * STEP_S * 1000, self.name, self.name, float(value), {})
            for n, value in enumerate(self.values)
            if value is not None
        ]
        edges = {}
        for news in Replay([rule]).run(metrics, 0, ROUNDS * STEP_S * 1000):
            edges[news.ts_ms // 1000 // STEP_S] = str(news.kind) == "FIRED"
        firing, now = [], False
        for n in range(ROUNDS):
            now = edges.get(n, now)
            firing.append(now)
        return firing


def verdict(folder, traces, firing):
    """What promtool says when it is asked whether Prometheus has each trace firing at just these rounds."""
    rules = {"groups": [{"name": "g", "interval": "30s", "rules": [trace.rule() for trace in traces]}]}
    asked = [
        {
            "expr": f'count by (alertname) (ALERTS{{alertname="{trace.name}",alertstate="firing"}})',
            "eval_time": short(n * STEP_S),
            "exp_samples": [{"labels": f'{{alertname="{trace.name}"}}', "value": 1}] if fires else [],
        }
        for trace, rounds in zip(traces, firing, strict=True)
        for n, fires in enumerate(rounds)
    ]
    series = [{"series": trace.name, "values": trace.series()} for trace in traces]
    tests = {
        "rule_files": ["rules.json"],
        "evaluation_interval": "30s",
        "tests": [{"interval": "30s", "input_series": series, "promql_expr_test": asked}],
    }
    (folder / "rules.json").write_text(json.dumps(rules), "utf-8")  # JSON is YAML
    (folder / "tests.json").write_text(json.dumps(tests), "utf-8")
    return subprocess.run(
        [JUDGE, "test", "rules", "tests.json"], cwd=folder, capture_output=True, text=True, timeout=60
    )


def test_forty_traces_fire_and_resolve_when_prometheus_says_so(tmp_path, make_rule):
    chance = random.Random(6)
    traces = [Trace(number, chance) for number in range(40)]
    firing = [trace.ours(make_rule) for trace in traces]
    assert sum(any(rounds) for rounds in firing) >= 20  # or it would be a verdict about nothing
    ran = verdict(tmp_path, traces, firing)
    assert ran.returncode == 0, ran.stderr


def test_the_judge_finds_a_mistake(tmp_path, make_rule):
    trace = Trace(0, random.Random(1))
    firing = trace.ours(make_rule)
    firing[3] = not firing[3]
    assert verdict(tmp_path, [trace], [firing]).returncode != 0


def test_a_series_that_is_silent_for_long_is_forgotten_by_prometheus_and_not_by_us(tmp_path, make_rule):
    trace = Trace(0, random.Random(1))
    trace.hold = trace.recover = "0s"
    trace.values = [5] * 5 + [None] * 20 + [5] * 15
    ours = trace.ours(make_rule)
    assert all(ours)
    assert verdict(tmp_path, [trace], [ours]).returncode != 0
    theirs = [n < 5 + 300 // STEP_S or n >= 25 for n in range(ROUNDS)]  # it looks back five minutes
    ran = verdict(tmp_path, [trace], [theirs])
    assert ran.returncode == 0, ran.stderr
