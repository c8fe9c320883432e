"""The same two days of numbers in Oculus, VictoriaMetrics, InfluxDB and Prometheus: how fast they go in, how
much room they take, and how soon a chart and a dashboard are answered over HTTP.

Everybody gets pieces of 5000 from one client. Prometheus takes no pushed history but through promtool, which
writes whole blocks.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import duckdb

from oculus.core.counters import Counters
from oculus.core.metric import Metric
from oculus.storage.database import open_database
from oculus.storage.settings import StorageSettings
from oculus.storage.writer import Writer
from peer_data import DAY_MS, DAYS, PIECE, as_lines, as_openmetrics, get, numbers, pieces, post
from peer_programs import influx, missing, program, prometheus, size_of, victoria
from serving import Row, free_port, serving, write_settings

TOKEN = "a-token-for-benchmarks-of-43-characters-len"
SYMBOL = "net.ping.host7.example.com"
TRIES = 15
Result = dict[str, float]  # rows/s, bytes a row, ms of the chart, ms of the dashboard


def main() -> list[Row]:
    given = numbers()
    ours = oculus(given)
    rows = shown("Oculus", ours, ours)
    for name, needs, work in (
        ("VictoriaMetrics", ("victoria-metrics",), with_victoria),
        ("InfluxDB", ("influxd",), with_influx),
        ("Prometheus", ("prometheus", "promtool"), with_prometheus),
    ):
        why = missing(*needs)
        rows += [(f"{name}: not measured, {why}", "", "", "")] if why else shown(name, work(given), ours)
    print(f"{len(given):,} numbers of {DAYS} days, 200 symbols")
    return rows


def shown(name: str, found: Result, ours: Result) -> list[Row]:
    """A row for each figure, with what Oculus needs beside what it needs."""
    units = {"in": "{:,.0f} rows/s", "room": "{:.1f} bytes a row", "chart": "{:.0f} ms", "board": "{:.0f} ms"}
    words = {"in": "taken in", "room": "stored", "chart": f"chart of {DAYS} days of one symbol by the hour",
             "board": "newest of 200 symbols"}  # fmt: skip
    return [
        (f"{name}: {words[key]}", units[key].format(found[key]),
         "1" if found is ours else f"Oculus: {ours[key] / found[key]:.2g} x", "")
        for key in words
    ]  # fmt: skip


def milliseconds(ask: Callable[[], object]) -> float:
    took = []
    for _ in range(TRIES):
        begun = time.perf_counter()
        ask()
        took.append((time.perf_counter() - begun) * 1000)
    return median(took)


def oculus(given: list[Metric]) -> Result:
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        data.mkdir()
        rate, room = into_the_file(data, given)
        raw = without_summaries(data / "oculus.db", len(given))
        print(f"Oculus keeps the numbers alone in {raw:.1f} bytes a row; the rest is summaries")
        port = free_port()
        limit = {"per_second": 10_000, "burst": 10_000}
        config = write_settings(Path(folder) / "oculus.yaml", server={"token": TOKEN, "rate_limit": limit})
        token = {"Authorization": f"Bearer {TOKEN}"}
        with serving(config, data, port):
            url = f"http://127.0.0.1:{port}/api"
            chart = milliseconds(lambda: get(f"{url}/metrics/{SYMBOL}", token, range=f"{DAYS}d", step="1h"))
            board = milliseconds(lambda: get(f"{url}/symbols", token))
        return {"in": rate, "room": room, "chart": chart, "board": board}


class Told:
    """A clock that goes along with the numbers, so that they come as they would in life: none is late."""

    def __init__(self, ms: int) -> None:
        self.ms = ms

    def now_ms(self) -> int:
        return self.ms

    def monotonic(self) -> float:
        return self.ms / 1000


def into_the_file(data: Path, given: list[Metric]) -> tuple[float, float]:
    """Rows a second through the writer, bytes a row once it is tidied up, summaries included."""
    clock = Told(given[0].ts_ms)
    database = open_database(data, StorageSettings(), clock)
    writer = Writer(database, Counters(), clock)
    writer.start()
    begun = time.perf_counter()
    for piece in pieces(given):
        while writer.queue_length() > 2 * PIECE:
            time.sleep(0.001)
        clock.ms = piece[-1].ts_ms
        writer.put(piece)
    writer.change(lambda cursor: None).result(60)
    rate = len(given) / (time.perf_counter() - begun)
    writer.checkpoint().result(60)
    writer.stop()
    database.close()
    return rate, size_of(data) / len(given)


def without_summaries(path: Path, rows: int) -> float:
    """Bytes a row of the numbers alone, in a file of their own."""
    alone = path.with_name("alone.db")
    with duckdb.connect(str(alone)) as copy:
        copy.execute(f"ATTACH '{path}' AS stored (READ_ONLY)")
        copy.execute("CREATE TABLE metrics AS FROM stored.metrics")
    size = size_of(alone)
    alone.unlink()
    return size / rows


def pushed(given: list[Metric], url: str) -> float:
    """Rows a second of line protocol."""
    bodies = [as_lines(piece) for piece in pieces(given)]
    begun = time.perf_counter()
    for body in bodies:
        post(url, body)
    return len(given) / (time.perf_counter() - begun)


def with_victoria(given: list[Metric]) -> Result:
    with tempfile.TemporaryDirectory() as folder, victoria(Path(folder)) as (_, url):
        rate = pushed(given, f"{url}/write?precision=ms")
        for path in ("/internal/force_flush", "/internal/force_merge"):
            post(url + path, b"")
        wait_until_still(Path(folder) / "victoria")
        found = by_promql(f"{url}/api/v1", 'metrics_value{symbol="%s"}')
        return {"in": rate, "room": size_of(Path(folder) / "victoria" / "data") / len(given), **found}


def by_promql(url: str, one: str) -> Result:
    now = time.time()
    window = {"start": f"{now - DAYS * DAY_MS / 1000:.0f}", "end": f"{now:.0f}", "step": "3600"}
    query = f"avg_over_time({one % SYMBOL}[1h])"
    chart = milliseconds(lambda: get(f"{url}/query_range", None, query=query, **window))
    assert len(get(f"{url}/query_range", None, query=query, **window)["data"]["result"][0]["values"]) > 24
    newest = "last_over_time(metrics_value[1h])"
    assert len(get(f"{url}/query", None, query=newest)["data"]["result"]) == 200
    return {"chart": chart, "board": milliseconds(lambda: get(f"{url}/query", None, query=newest))}


def with_influx(given: list[Metric]) -> Result:
    with tempfile.TemporaryDirectory() as folder, influx(Path(folder)) as (_, url):
        post(f"{url}/query?q=CREATE+DATABASE+bench", b"")
        rate = pushed(given, f"{url}/write?db=bench&precision=ms")
        wait_until_still(Path(folder) / "influx")
        of_one = f"SELECT mean(value) FROM metrics WHERE symbol = '{SYMBOL}'"
        asked = f"{of_one} AND time > now() - {DAYS}d GROUP BY time(1h)"
        chart = milliseconds(lambda: get(f"{url}/query", None, db="bench", q=asked))
        newest = "SELECT last(value) FROM metrics WHERE time > now() - 1h GROUP BY symbol"
        assert len(get(f"{url}/query", None, db="bench", q=newest)["results"][0]["series"]) == 200
        board = milliseconds(lambda: get(f"{url}/query", None, db="bench", q=newest))
        return {"in": rate, "room": size_of(Path(folder) / "influx" / "data") / len(given),
                "chart": chart, "board": board}  # fmt: skip


def with_prometheus(given: list[Metric]) -> Result:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (folder / "all.txt").open("w") as file:
            file.writelines(as_openmetrics(given))
        blocks = folder / "prometheus"
        command = [program("promtool"), "tsdb", "create-blocks-from", "openmetrics", str(folder / "all.txt")]
        begun = time.perf_counter()
        subprocess.run([*command, str(blocks)], check=True, stdout=subprocess.DEVNULL)
        rate = len(given) / (time.perf_counter() - begun)
        room = size_of(blocks) / len(given)
        with prometheus(folder, {"scrape_configs": []}) as (_, url, _):
            return {"in": rate, "room": room, **by_promql(f"{url}/api/v1", 'metrics_value{symbol="%s"}')}


def wait_until_still(folder: Path, for_s: float = 4.0, limit_s: float = 60.0) -> None:
    """Until nothing is merged any more."""
    deadline, since, before = time.monotonic() + limit_s, time.monotonic(), -1
    while time.monotonic() < min(deadline, since + for_s):
        time.sleep(0.5)
        if (now := size_of(folder)) != before:
            since, before = time.monotonic(), now


if __name__ == "__main__":
    print(json.dumps(main(), indent=1))
