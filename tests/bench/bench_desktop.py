"""What the desktop adds to `oculus serve`: memory beside it, and how soon the window is there after a click.

Aim   with its icon at most 1.4 times the memory of `serve`; the window on the screen within 2 s of the click
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from serving import Row, fifty_collectors, host, write_settings

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # the screen of the tests

from fakes.screen import NEEDED, Screen  # type: ignore[import-not-found]
from fakes.waiting import eventually  # type: ignore[import-not-found]

SETTLE_S = 30
CLICKS = 5
MB = 1024  # smaps_rollup counts in kB


def main() -> list[Row]:
    if missing := [package for program, package in NEEDED.items() if shutil.which(program) is None]:
        print(f"no desktop to measure on: install {' '.join(missing)}")
        return []
    with tempfile.TemporaryDirectory() as folder, host() as port, screen(Path(folder)) as seen:
        config = write_settings(
            Path(folder) / "oculus.yaml", server={"port": 0}, collectors=fifty_collectors(port)
        )
        with program(seen, config, "--hidden") as desktop, program(seen, config, "serve") as serve:
            time.sleep(SETTLE_S)
            rows = [row(field, what, desktop, serve) for field, what in FIELDS.items()]
            eventually(lambda: "#35c98a" in seen.icon_colours())
            return [*rows, window(seen)]


FIELDS = {"Rss": "resident, with the icon", "Anonymous": "memory of its own, with the icon"}


def row(field: str, what: str, desktop: int, serve: int) -> Row:
    mine, other = memory(desktop, field), memory(serve, field)
    return what, f"{mine:.0f} MB", f"{mine / other:.2f} x serve", "at most 1.4 times"


def memory(process: int, field: str) -> float:
    lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{field}:")) / MB


def window(seen: Any) -> Row:
    """From the click on the icon to the window on the screen."""
    took = []
    for _ in range(CLICKS):
        begun = time.monotonic()
        seen.click()
        (shown,) = eventually(seen.windows)
        took.append(time.monotonic() - begun)
        time.sleep(1)
        seen.tell_to_close(shown)
        eventually(lambda: not seen.windows())
        time.sleep(1)
    return "window after the click", f"{median(took):.2f} s", f"slowest {max(took):.2f} s", "within 2 s"


@contextmanager
def screen(folder: Path) -> Iterator[Any]:
    made = Screen(folder)
    try:
        made.start_bus(folder)
        made.start_popups()
        made.start_tray()
        yield made
    finally:
        made.close()


@contextmanager
def program(seen: Any, config: Path, *arguments: str) -> Iterator[int]:
    data = config.parent / arguments[0].strip("-")
    command = [sys.executable, "-m", "oculus", "--config", str(config), "--data", str(data), *arguments]
    process = subprocess.Popen(command, env=seen.environment, stderr=subprocess.DEVNULL)
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait(10)


if __name__ == "__main__":
    print(*main(), sep="\n")
