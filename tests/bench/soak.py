"""Does anything grow? 500 collectors, 200 rules and 20 open pages, hurried; one table.

    python3 packaging/dev.py soak          20 minutes, a day on clocks that run 72 times as fast: each
                                           collector runs 1440 times, as in a week of questions every
                                           seven minutes; what is older than 12 hours is cleaned hourly
    python3 packaging/dev.py soak 3        as many minutes as you have patience for

1 when something grew that should not: memory of its own, threads, files held open, or the time that alerts
and pages take. The beginning does not count: what is filled once (the trails of the last hour, the cache of
the database) is being filled then.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import psutil

import soak_world as world
from serving import free_port, serving, write_settings
from soak_pages import Pages
from tables import table

MINUTES = 20.0
HURRIED = (sys.executable, str(Path(__file__).with_name("hurried.py")))
TOKEN = "a-token-for-the-soak-of-more-than-32-letters"
MOMENTS = ("start", "middle", "end")
MB = 2**20
LOOK_S = 3.0  # between two looks at memory and threads


class Figure(NamedTuple):
    """How one thing is read and shown. It grew when the end is beyond `times` the middle and `more`."""

    name: str
    unit: str
    times: float
    more: float


FIGURES = (
    Figure("memory of its own", "MB", 1.1, 10),
    Figure("resident", "MB", 1.2, 20),
    Figure("threads", "", 1.1, 10),  # those of the collectors come and go with the work
    Figure("files held open", "", 1.0, 10),
    Figure("push to message, p95", "ms", 1.5, 50),
    Figure("a refresh of the dashboard, p95", "ms", 1.5, 100),
    Figure("a page, p95", "ms", 1.5, 200),
)  # fmt: skip
TOLD = ("rows written", "alerts", "file")  # grow because they should


def main(arguments: Sequence[str]) -> int:
    minutes = float(arguments[0]) if arguments else MINUTES
    seen, failures, told = soaked(minutes * 60)
    grew = [figure.name for figure in FIGURES if has_grown(figure, seen)]
    rows = [
        [f.name, *(shown(each[f.name], f.unit) for each in seen), "grew" if f.name in grew else ""]
        for f in FIGURES
    ]
    rows += [[name, *(str(each[name]) for each in seen), ""] for name in TOLD]
    print(table(["what", *MOMENTS, ""], rows))
    print(f"\n{minutes:g} minutes, {told}")
    for line in sorted(set(failures))[:10]:
        print(f"failed: {line} ({failures.count(line)} times)")
    return 1 if grew or failures else 0


def has_grown(figure: Figure, seen: Sequence[dict[str, float]]) -> bool:
    middle, end = seen[1][figure.name], seen[2][figure.name]
    return end > middle * figure.times + figure.more


def soaked(seconds: float) -> tuple[list[dict[str, float]], list[str], str]:
    """The figures at three moments, what went wrong, and how much was done."""
    with (
        tempfile.TemporaryDirectory() as folder,
        world.hosts() as (steady, restless),
        world.webhook() as (webhook, told),
    ):
        given = world.settings(steady, restless, webhook)
        given["server"]["token"] = TOKEN
        config = write_settings(Path(folder) / "oculus.yaml", **given)
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        with serving(config, Path(folder) / "data", port, HURRIED) as (program, _):
            pages = Pages(url, TOKEN, told)
            process = psutil.Process(program.pid)
            look = looker(process, pages, Path(folder) / "data", url)
            with pages.open():
                seen = watched(seconds, pages, look, lambda: sizes(process))
            counts = f"{len(given['collectors'])} collectors, {len(given['rules'])} rules"
            return seen, pages.failures, f"{counts}, {pages.heard} messages of the stream heard"


Look = Callable[[], dict[str, float]]


def watched(seconds: float, pages: Pages, look: Look, sizes: Look) -> list[dict[str, float]]:
    """Each moment is a tenth of the time long, so that its figures are of many requests and looks."""
    begun, seen = time.monotonic(), []
    for moment, ends_at in zip(MOMENTS, (0.2, 0.55, 1.0), strict=True):
        wait_until(begun + (ends_at - 0.1) * seconds)
        for times in (pages.refreshes, pages.opened, pages.alerts):
            times.take()
        looks = [sizes()]
        while time.monotonic() < begun + ends_at * seconds:
            time.sleep(LOOK_S)
            looks.append(sizes())
        seen.append({name: statistics.median(one[name] for one in looks) for name in looks[0]} | look())
        print(f"{moment}: {({name: round(value) for name, value in seen[-1].items() if name not in TOLD})}",
              file=sys.stderr, flush=True)  # fmt: skip
    return seen


def wait_until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.monotonic()))


def sizes(process: psutil.Process) -> dict[str, float]:
    """What goes up and down with the work, and with what is cached until the next full hour."""
    with process.oneshot():
        return {
            "memory of its own": own_mb(process), "resident": process.memory_info().rss / MB,
            "threads": process.num_threads(),
        }  # fmt: skip


def looker(process: psutil.Process, pages: Pages, data: Path, url: str) -> Look:
    def look() -> dict[str, float]:
        return {
            "files held open": handles(process),
            "push to message, p95": p95(pages.alerts.take()),
            "a refresh of the dashboard, p95": p95(pages.refreshes.take()),
            "a page, p95": p95(pages.opened.take()),
            "rows written": int(asked(url, "SELECT count(*) FROM metrics")),
            "alerts": int(asked(url, "SELECT count(*) FROM alerts")),
            "file": f"{sum(each.stat().st_size for each in data.glob('oculus.db*')) / MB:.0f} MB",
        }

    return look


def own_mb(process: psutil.Process) -> float:
    """The memory that is nobody else's: Anonymous on Linux, what is unique elsewhere."""
    rollup = Path(f"/proc/{process.pid}/smaps_rollup")
    if rollup.exists():
        line = next(line for line in rollup.read_text().splitlines() if line.startswith("Anonymous:"))
        return int(line.split()[1]) / 1024
    return float(process.memory_full_info().uss) / MB


def handles(process: psutil.Process) -> int:
    """The least of some looks: at any moment some probes hold a socket for as long as they take."""
    looks = []
    for _ in range(20):
        looks.append(process.num_handles() if sys.platform == "win32" else process.num_fds())
        time.sleep(0.05)
    return min(looks)


def asked(url: str, sql: str) -> float:
    request = urllib.request.Request(
        f"{url}/api/query", json.dumps({"sql": sql}).encode(),
        {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"},
    )  # fmt: skip
    with urllib.request.urlopen(request, timeout=30) as answer:
        return float(json.load(answer)["rows"][0][0])


def p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=100)[94] if len(times) > 1 else 0.0


def shown(value: float, unit: str) -> str:
    return f"{value:.0f} {unit}".rstrip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
