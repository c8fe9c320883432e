"""The same two days of numbers in Oculus, VictoriaMetrics, InfluxDB and Prometheus: how fast they go in, how
much room they take, and how soon a chart and a dashboard are answered over HTTP.

Everybody gets pieces of 5000 from one client; Oculus those of 4000 that fit into a body, until they are in
the file. Its room is that of a fresh copy, as the others' is that of merged files. Prometheus takes no
pushed history but through promtool, which writes whole blocks.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
import urllib.error
from collections.abc import Callable
from pathlib import Path
from statistics import median

import duckdb

from oculus.core.metric import Metric
from peer_data import DAY_MS, DAYS, as_lines, as_openmetrics, as_pushes, get, numbers, pieces, post, raw_get
from peer_programs import influx, missing, program, prometheus, size_of, victoria
from serving import Row, free_port, serving, write_settings

TOKEN = "a-token-for-benchmarks-of-43-characters-len"
SECRET = "a-secret-for-benchmarks"
PUSH = 4_000  # numbers that fit into a body
LATER = (429, 503)  # too many at once, or more than can be written
MINUTE_MS = 60_000
ROLLED = "SELECT epoch_ms(rolled_until_at) FROM rollup_marks WHERE name = 'metrics'"
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
        file, port = Path(folder) / "data" / "oculus.db", free_port()
        server = {"token": TOKEN, "rate_limit": {"per_second": 10_000, "burst": 10_000}}
        push = {"type": "push", "name": "bench", "secret": SECRET}
        config = write_settings(Path(folder) / "oculus.yaml", server=server, collectors=[push])
        token = {"Authorization": f"Bearer {TOKEN}"}
        url = f"http://127.0.0.1:{port}"
        with serving(config, file.parent, port):
            rate = pushed_to_oculus(given, url)
            wait_until(lambda: asked(url, ROLLED) >= given[-1].ts_ms - 4 * MINUTE_MS)
            room = len(raw_get(f"{url}/api/backup", token)) / len(given)
        raw = without_summaries(file, len(given))
        print(f"Oculus keeps the numbers alone in {raw:.1f} bytes a row; the rest is summaries")
        with serving(config, file.parent, port):
            one = f"{url}/api/metrics/custom.bench.{SYMBOL}"
            assert len(get(one, token, range=f"{DAYS}d", step="1h")["series"]) > 24
            chart = milliseconds(lambda: get(one, token, range=f"{DAYS}d", step="1h"))
            board = milliseconds(lambda: get(f"{url}/api/symbols", token))
        return {"in": rate, "room": room, "chart": chart, "board": board}


def pushed_to_oculus(given: list[Metric], url: str) -> float:
    """Rows a second of its own JSON, until they are committed."""
    bodies = [as_pushes(piece) for piece in pieces(given, PUSH)]
    begun = time.perf_counter()
    for body in bodies:
        while not accepted(f"{url}/in/bench", body):
            time.sleep(0.05)
    wait_until(lambda: asked(url, "SELECT count(*) FROM metrics WHERE symbol LIKE 'custom.%'") >= len(given))
    return len(given) / (time.perf_counter() - begun)


def accepted(url: str, body: bytes) -> bool:
    """False when it is to be sent again."""
    try:
        post(url, body, Authorization=f"Bearer {SECRET}")
    except urllib.error.HTTPError as error:
        if error.code not in LATER:
            raise
        return False
    return True


def asked(url: str, sql: str) -> float:
    """The only number of an answer to SQL; 0 for NULL."""
    body = json.dumps({"sql": sql}).encode()
    found = json.loads(post(f"{url}/api/query", body, Authorization=f"Bearer {TOKEN}"))
    return float(found["rows"][0][0] or 0)


def wait_until(true: Callable[[], bool], limit_s: float = 120.0) -> None:
    deadline = time.monotonic() + limit_s
    while not true():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.05)


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
