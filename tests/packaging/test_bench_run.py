"""`dev.py bench` shows every figure, and never hides a benchmark that failed."""

import subprocess
import sys

import pytest


@pytest.fixture
def bench(root, tmp_path):
    """Runs a copy of the runner over the benchmarks that a test writes beside it."""
    for name in ("run.py", "tables.py"):
        (tmp_path / name).write_bytes((root / "tests" / "bench" / name).read_bytes())

    def run(*names, **benchmarks):
        for name, text in benchmarks.items():
            (tmp_path / f"bench_{name}.py").write_text(text)
        command = [sys.executable, str(tmp_path / "run.py"), *names]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    return run


QUICK = 'def main():\n    return [("to ready", "0.4 s", "2.1 x bare", "under 1 s")]\n'
WORDY = 'def main():\n    print("no figures, only words")\n'
BROKEN = 'def main():\n    raise RuntimeError("no such luck")\n'


def test_all_figures_stand_in_one_table(bench):
    done = bench(quick=QUICK, wordy=WORDY)
    assert done.returncode == 0
    assert "| quick     | to ready | 0.4 s  | 2.1 x bare | under 1 s |" in done.stdout.splitlines()
    assert "wordy: no figures, only words" in done.stdout


def test_a_named_benchmark_runs_alone(bench):
    done = bench("wordy", quick=QUICK, wordy=WORDY)
    assert "0.4 s" not in done.stdout


def test_a_broken_benchmark_is_named_and_the_others_still_run(bench):
    done = bench(broken=BROKEN, quick=QUICK)
    assert done.returncode == 1
    assert "failed: broken" in done.stderr
    assert "no such luck" in done.stderr
    assert "0.4 s" in done.stdout


def test_a_misspelt_name_is_answered_with_those_there_are(bench):
    done = bench("quik", quick=QUICK)
    assert done.returncode == 2
    assert done.stderr.strip() == "no benchmark quik; there are quick"
