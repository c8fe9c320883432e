"""The program's door: `oculus` and `python -m oculus`."""

from __future__ import annotations

import os
import sys
import threading

from oculus.cli import main as run_command


def main() -> int:
    """Run one command. Returns its exit code, or ends the process with it."""
    # Windows gives a program without a terminal nowhere to write to.
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
    sys.stderr = sys.stderr or sys.stdout
    code = run_command()
    if threading.active_count() > 1:
        # A thread that is deaf to its end sits inside a library (one long call of DuckDB). Python
        # would take itself apart under it and crash; everything of ours is written and closed by now.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    return code


if __name__ == "__main__":
    sys.exit(main())
