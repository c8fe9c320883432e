"""How long `oculus --help` takes, beside a Python that does nothing.

Aim   under 60 ms, and under 3 times `python -c pass`
"""

from __future__ import annotations

import subprocess
import sys
import time
from statistics import median

from serving import OCULUS, Row

ROUNDS = 30


def main() -> list[Row]:
    nothing, with_help = [], []
    for _ in range(ROUNDS):  # taken in turn, so that both meet the same machine
        nothing.append(took_ms([sys.executable, "-c", "pass"]))
        with_help.append(took_ms([str(OCULUS), "--help"]))
    bare, ours = median(nothing), median(with_help)
    return [
        ("python -c pass", f"{bare:.0f} ms", "1.0", ""),
        ("oculus --help", f"{ours:.0f} ms", f"{ours / bare:.1f} x python -c pass", "under 60 ms, under 3 x"),
    ]


def took_ms(command: list[str]) -> float:
    begun = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return (time.perf_counter() - begun) * 1000


if __name__ == "__main__":
    for row in main():
        print(*row, sep="   ")
