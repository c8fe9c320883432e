"""Runs the benchmarks beside this file and prints one table.

    python3 packaging/dev.py bench            all of them
    python3 packaging/dev.py bench help start the named ones

Each `bench_<name>.py` has a `main()` that returns its figures, rows of text: what was measured, the figure,
how it compares (the ratio to something measured in the same minute on the same machine), and the aim. What it
prints besides is shown beneath the table. Each runs in a process of its own, so that the memory and the
threads of one do not weigh on the figures of the next.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tables import table

FOLDER = Path(__file__).resolve().parent
HEADINGS = ("benchmark", "what", "figure", "compared", "aim")
LIMIT_S = 15 * 60  # a benchmark that hangs must not hide the others' figures


def main(names: Sequence[str]) -> int:
    """Run the named benchmarks, or all. 1 when one of them failed, 2 when there is no such one."""
    known = {path.stem.removeprefix("bench_"): path for path in sorted(FOLDER.glob("bench_*.py"))}
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"no benchmark {', '.join(unknown)}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    rows, remarks, failed = [], [], []
    for name in names or known:
        print(f"measuring {name}", file=sys.stderr, flush=True)
        figures, said, code = apart(known[name])
        rows += [(name, *row) for row in figures]
        remarks += [f"{name}: {line}" for line in said.splitlines() if line.strip()]
        failed += [name] if code else []
    print(table(HEADINGS, rows))
    print("\n".join(["", *remarks] if remarks else []))
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def apart(path: Path) -> tuple[list[list[str]], str, int]:
    """One benchmark in a process of its own: its rows, what it printed, its exit code."""
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "rows.json"
        command = [sys.executable, __file__, "--one", str(path), str(answer)]
        try:
            done = subprocess.run(
                command, stdout=subprocess.PIPE, encoding="utf-8", timeout=LIMIT_S, check=False
            )
        except subprocess.TimeoutExpired:
            return [], f"was stopped after {LIMIT_S // 60} minutes", 1
        return json.loads(answer.read_text("utf-8")) if answer.exists() else [], done.stdout, done.returncode


def one(path: Path, answer: Path) -> None:
    """Run `path`'s main() here and leave its rows in `answer`."""
    sys.path.insert(0, str(FOLDER))  # for what benchmarks share
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    answer.write_text(json.dumps(as_rows(module.main())), encoding="utf-8")


def as_rows(figures: Any) -> list[list[str]]:
    """The rows as text, each with all its columns. A benchmark that only prints has none."""
    if not isinstance(figures, Iterable) or isinstance(figures, str):
        return []
    width = len(HEADINGS) - 1
    rows = [[str(value) for value in row] for row in figures]
    return [[*row, *[""] * width][:width] for row in rows]


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        sys.exit(main(sys.argv[1:]))
