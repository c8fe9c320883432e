"""The whole suite: two halves beside each other, and a second try for what failed by accident."""

import shutil
import sys

import pytest

MEET = """
import pathlib, sys, time
mine, theirs = map(pathlib.Path, sys.argv[1:3])
mine.touch()
for _ in range(3000):
    if theirs.exists():
        sys.exit(print("met") or int(sys.argv[3]))
    time.sleep(0.01)
"""

TESTS = """
import pathlib, pytest
tries = pathlib.Path({folder!r})

@pytest.mark.parametrize("number", {numbers})
def test_one(number):
    tried = tries / str(number)
    times = len(tried.read_text()) if tried.exists() else 0
    tried.write_text("x" * (times + 1))
    assert times >= {failures}.get(number, 0)
"""


@pytest.fixture
def half(suite, root, monkeypatch, tmp_path):
    """Run five tests, of which those of {number: n} fail n times; returns exit code and tries of each."""

    def run(failures, files=5):
        monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # what others add takes seconds to load
        (tmp_path / "tries").mkdir()
        shutil.copy(root / "pyproject.toml", tmp_path)  # the options that ours run with
        for file in range(files):
            numbers = list(range(file, 5, files))
            text = TESTS.format(folder=str(tmp_path / "tries"), failures=failures, numbers=numbers)
            (tmp_path / f"test_{file}.py").write_text(text)
        monkeypatch.setattr(suite, "ROOT", tmp_path)
        half = suite.Half("five", [str(tmp_path)], tmp_path)
        code = half.verdict(suite.beside(half.command(), ["python3", "-c", ""])[0])
        return code, [len((tmp_path / "tries" / str(number)).read_text()) for number in range(5)]

    return run


def test_the_two_halves_are_the_whole(suite, root):
    assert all((root / path).is_dir() for path in suite.WAITING)
    assert suite.OTHERS[:1] == ["tests"]
    assert suite.OTHERS[1:] == [f"--ignore={path}" for path in suite.WAITING]


@pytest.mark.parametrize("codes", [(0, 0), (1, 0), (0, 4)])
def test_two_run_at_the_same_time_and_both_tell_how_they_ended(suite, tmp_path, capfd, codes):
    one, other = str(tmp_path / "one"), str(tmp_path / "other")
    commands = [
        [sys.executable, "-c", MEET, *places, str(code)]
        for places, code in zip(((one, other), (other, one)), codes, strict=True)
    ]
    assert suite.beside(*commands) == codes
    assert capfd.readouterr().out.split() == ["met", "met"]


def test_what_passes_is_not_tried_again(half, capfd):
    assert half({}) == (0, [1] * 5)
    assert "once more" not in capfd.readouterr().err


def test_an_accident_is_tried_again_alone_and_named(half, capfd):
    assert half({3: 1}) == (0, [1, 1, 1, 2, 1])
    assert "UNSTEADY" in (said := capfd.readouterr().err)
    assert "test_3.py::test_one[3]" in said.splitlines()[-1]


def test_what_fails_twice_fails_the_run(half, capfd):
    assert half({3: 1, 4: 9}) == (1, [1, 1, 1, 2, 2])
    assert "UNSTEADY" not in capfd.readouterr().err


def test_failures_in_many_files_are_no_accident(half):
    assert half({0: 1, 1: 1, 2: 1, 3: 1}) == (1, [1] * 5)


def test_many_failures_in_one_file_may_be_one_accident(half):
    assert half({0: 1, 1: 1, 2: 1, 3: 1}, files=1) == (0, [2, 2, 2, 2, 1])


def test_a_half_that_never_ran_is_not_saved_by_a_second_try(suite, tmp_path):
    half = suite.Half("none", [str(tmp_path / "nowhere.py")], tmp_path)
    assert half.verdict(4) == 4


@pytest.mark.parametrize(("verdicts", "whole"), [((0, 0), 0), ((1, 0), 1), ((0, 2), 1)])
def test_either_half_can_fail_the_whole(suite, monkeypatch, verdicts, whole):
    monkeypatch.setattr(suite, "beside", lambda one, other: verdicts)
    assert suite.main() == whole
