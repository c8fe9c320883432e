"""`oculus doctor --bench`: the figures of this machine, beside what they should be."""

import argparse
import json
import sys

import pytest

from oculus.cli import doctor, doctor_bench
from oculus.cli.doctor_bench import report
from oculus.doctor import bench
from oculus.doctor.bench import Figure

WHAT = {
    "numbers taken into the file", "chart of a week of one symbol", "start until ready, 50 collectors",
    "dashboard of 50 collectors, p95", "a number until its message is out, p95",
}  # fmt: skip


@pytest.fixture
def short(monkeypatch):
    """A form that is shorter still."""
    for name, value in {"EACH": 10, "SETTLE_S": 0.1, "ALERTS": 2, "PAGES": 3, "CHARTS": 3}.items():
        monkeypatch.setattr(bench, name, value)


def test_everything_is_measured_in_a_folder_of_its_own_that_is_gone_afterwards(short, tmp_path, monkeypatch):
    monkeypatch.setattr(bench.tempfile, "tempdir", str(tmp_path))
    figures = {each.what: each for each in bench.measure()}
    assert figures.keys() >= WHAT
    assert ("memory of its own" in figures) is (sys.platform == "linux")
    assert all(each.value > 0 for each in figures.values())
    assert list(tmp_path.iterdir()) == []


def test_neither_settings_nor_data_of_the_person_are_looked_at(monkeypatch, capsys):
    figure = Figure(what="x", value=5, unit="ms", aim=10)
    monkeypatch.setattr(doctor_bench, "measure", lambda: iter([figure]))
    args = argparse.Namespace(bench=True, json=True)  # not even where they lie
    assert doctor.run(args) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["figures"][0] == {
        "what": "x", "value": 5.0, "unit": "ms", "aim": 10.0, "at_least": False, "reached": True,
    }  # fmt: skip
    assert "in a folder of its own" in said.err


@pytest.mark.parametrize(
    ("value", "aim", "at_least", "reached"),
    [(5, 10, False, True), (11, 10, False, False), (11, 10, True, True), (9, 10, True, False)],
)
def test_a_figure_is_held_against_its_aim(value, aim, at_least, reached):
    figure = Figure(what="x", value=value, unit="ms", aim=aim, at_least=at_least)
    assert figure.reached is reached
    assert ("NOT REACHED" in report([figure])) is not reached
    assert ("at least 10 ms" in report([figure])) is at_least


def test_nothing_is_held_against_a_figure_of_which_nothing_is_promised():
    assert Figure(what="x", value=5, unit="MB").reached is None
