"""The program's door: `oculus` and `python -m oculus`."""

from __future__ import annotations

import os
import sys

from oculus.cli import main as run_command


def main() -> int:
    """Run one command. Returns its exit code, or ends the process with it."""
    # Windows gives a program without a terminal nowhere to write to.
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
    sys.stderr = sys.stderr or sys.stdout
    code = run_command()
    if "threading" in sys.modules:  # `--help` does without
        _leave_the_deaf(code)
    return code


def _leave_the_deaf(code: int) -> None:
    """End at once where a thread is deaf to its end: it sits inside a library (one long call of DuckDB).

    Python would take itself apart under it and crash; everything of ours is written and closed by now.
    """
    import threading

    if threading.active_count() > 1:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    sys.exit(main())
