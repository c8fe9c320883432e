"""How soon `oculus serve` works, and what it takes of the memory when it has settled.

Aim   /readyz within 1 s with 50 collectors; after a minute under 50 MB of its own (Anonymous), and a resident
      size at most 1.3 times that of a bare Python which has opened the same DuckDB file (the rest is the
      library's own file pages)
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from serving import Row, fifty_collectors, host, serving, write_settings

STARTS = 5
SETTLE_S = 60
MB = 1024  # smaps_rollup counts in kB
BARE = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1])
connection.execute("SELECT count(*) FROM metrics").fetchall()
print(open("/proc/self/smaps_rollup").read())
"""


def main() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder, host() as port:
        data = Path(folder) / "data"
        config = write_settings(Path(folder) / "oculus.yaml", collectors=fifty_collectors(port))
        library = median(importing_s() for _ in range(STARTS))
        starts = [start_s(config, Path(folder) / f"first{n}") for n in range(STARTS)]
        rows = [
            (
                "serve to /readyz, 50 collectors, first start",
                f"{median(starts):.2f} s",
                f"{median(starts) / library:.1f} x python -c 'import duckdb'",
                "under 1 s",
            )
        ]
        return rows + (memory(config, data) if Path("/proc/self/smaps_rollup").exists() else [])


def start_s(config: Path, data: Path) -> float:
    with serving(config, data) as (_, took):
        return took


def importing_s() -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import duckdb"], check=True)
    return time.perf_counter() - begun


def memory(config: Path, data: Path) -> list[Row]:
    """Two rows: what is its own, and what is resident."""
    with serving(config, data) as (program, _):
        time.sleep(SETTLE_S)
        ours = sizes_mb(Path(f"/proc/{program.pid}/smaps_rollup").read_text())
    told = subprocess.run(
        [sys.executable, "-c", BARE, str(data / "oculus.db")], check=True, capture_output=True, text=True
    )
    bare = sizes_mb(told.stdout)
    aims = {"Anonymous": "under 50 MB", "Rss": "at most 1.3 x"}
    return [
        (
            f"serve after {SETTLE_S} s idle, {name}",
            f"{ours[name]:.0f} MB",
            f"{ours[name] / bare[name]:.2f} x bare Python with the file open ({bare[name]:.0f} MB)",
            aim,
        )
        for name, aim in aims.items()
    ]


def sizes_mb(rollup: str) -> dict[str, float]:
    lines = [line.split() for line in rollup.splitlines()[1:]]
    return {words[0].rstrip(":"): int(words[1]) / MB for words in lines if len(words) > 1}


if __name__ == "__main__":
    for row in main():
        print(*row, sep="   ")
