"""Oculus beside Prometheus with its blackbox exporter and Alertmanager: fifty targets at rest, two thousand
probes, and the way from a number to a message; and beside Uptime Kuma at rest.

Both watch the same TCP port of this machine, and both send to the same webhook. Prometheus' lateness is how
far the 99th percentile of its intervals is from the interval, as it says itself; that of Oculus is how late a
probe starts.
"""

from __future__ import annotations

import queue
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import psutil

from peer_kuma import VERSION, kuma, lacking
from peer_programs import (
    accepting,
    alertmanager,
    anonymous_mb,
    blackbox,
    cpu_s,
    missing,
    prometheus,
    resident_mb,
)
from serving import Row, free_port, serving, write_settings

FEW, MANY = 50, 2000
SETTLE_S = 60.0
LOOK_S = 20.0
CHANGES = 20
TOKEN = "a-token-for-benchmarks-of-43-characters-len"
NEEDED = ("prometheus", "prometheus-blackbox-exporter", "prometheus-alertmanager")
SERVER = {"token": TOKEN, "rate_limit": {"per_second": 10_000, "burst": 10_000}}


def main() -> list[Row]:
    why = missing(*NEEDED)
    with tempfile.TemporaryDirectory() as name, accepting() as port:
        folder = Path(name)
        ours = at_rest(folder, port), probing(folder, port), telling(folder)
        if why:
            print(f"Prometheus was not measured: {why}")
            theirs = (None, None, None)
        else:
            theirs = its_rest(folder, port), its_probing(folder, port), its_telling(folder)
        of_kuma = kuma_at_rest(folder, port, ours[0])
    return [*(row for mine, its in zip(ours, theirs, strict=True) for row in beside(mine, its)), *of_kuma]


def beside(ours: dict[str, tuple[float, str]], theirs: dict[str, tuple[float, str]] | None) -> list[Row]:
    """A row for each figure: ours, theirs and the ratio."""
    rows = []
    for what, (value, unit) in ours.items():
        its = theirs[what] if theirs else None
        compared = f"Prometheus {its[0]:.3g} {unit}; {value / its[0]:.2g} x" if its and its[0] else ""
        rows.append((what, f"{value:.3g} {unit}", compared, ""))
    return rows


# Oculus


def at_rest(folder: Path, port: int) -> dict[str, tuple[float, str]]:
    tcp = [{"type": "tcp", "name": f"t{n}", "target": f"127.0.0.1:{port}"} for n in range(FEW)]
    config = write_settings(folder / "few.yaml", collectors=tcp)
    with serving(config, folder / "few") as (program, took):
        time.sleep(SETTLE_S)
        return resting(took, psutil.Process(program.pid))


def resting(took: float, *processes: psutil.Process) -> dict[str, tuple[float, str]]:
    return {
        f"start to ready, {FEW} targets": (took, "s"),
        "memory of its own, at rest": (anonymous_mb(*processes), "MB"),
        "resident, at rest": (resident_mb(*processes), "MB"),
    }


def probing(folder: Path, port: int) -> dict[str, tuple[float, str]]:
    every = {"interval": "5s", "timeout": "4s"}
    tcp = [{"type": "tcp", "name": f"t{n}", "target": f"127.0.0.1:{port}", **every} for n in range(MANY)]
    config = write_settings(folder / "many.yaml", server=SERVER, collectors=tcp)
    at = free_port()
    with serving(config, folder / "many", at) as (program, _):
        time.sleep(LOOK_S / 2)
        cost = share_of_a_core(psutil.Process(program.pid))
        late_ms = lateness_ms(f"http://127.0.0.1:{at}/metrics")
    return probed(cost, late_ms)


def probed(cost: float, late_ms: float) -> dict[str, tuple[float, str]]:
    return {
        f"{MANY} TCP probes every 5 s: cost": (cost, "cores"),
        f"{MANY} TCP probes every 5 s: lateness, p99": (late_ms, "ms"),
    }


def share_of_a_core(*processes: psutil.Process) -> float:
    before, begun = cpu_s(*processes), time.perf_counter()
    time.sleep(LOOK_S)
    return (cpu_s(*processes) - before) / (time.perf_counter() - begun)


def lateness_ms(url: str) -> float:
    """What Oculus says of itself."""
    for line in text(url, {"Authorization": f"Bearer {TOKEN}"}).splitlines():
        if line.startswith("oculus_collector_lateness_seconds_p99 "):
            return float(line.split()[-1]) * 1000
    return 0.0


def telling(folder: Path) -> dict[str, tuple[float, str]]:
    rule = {"name": "over", "condition": "custom.bench.value > 50", "channels": ["told"]}
    source = {"type": "http_json", "name": "bench", "metrics": {"value": "value"}, "interval": "1s",
              "timeout": "900ms"}  # fmt: skip
    with told() as (webhook, heard), value() as (url, change):
        config = write_settings(
            folder / "tell.yaml", server=SERVER, collectors=[{**source, "url": url}], rules=[rule],
            channels={"told": {"type": "webhook", "url": webhook}},
        )  # fmt: skip
        with serving(config, folder / "tell"):
            time.sleep(3)
            return changed(change, heard)


def changed(change: Callable[[float], None], heard: queue.Queue[float]) -> dict[str, tuple[float, str]]:
    """From the moment a polled value changes to the message about it; asked every second."""
    took = []
    for number in range(CHANGES):
        time.sleep(1.7)
        begun = time.perf_counter()
        change(100.0 if number % 2 == 0 else 0.0)
        took.append(heard.get(timeout=60) - begun)
    return {
        "a value asked every second changes: message, half": (median(took), "s"),
        "a value asked every second changes: message, p95": (quantiles(took, n=20)[18], "s"),
    }


# Prometheus


def scraping(blackbox_port: int, port: int, count: int, every: str) -> dict[str, Any]:
    """Its usual way to probe: each target goes to the exporter as a parameter, told apart by a label."""
    targets = [{"targets": [f"127.0.0.1:{port}"], "labels": {"n": str(n)}} for n in range(count)]
    relabel = [
        {"source_labels": ["__address__"], "target_label": "__param_target"},
        {"target_label": "__address__", "replacement": f"127.0.0.1:{blackbox_port}"},
    ]
    job = {"job_name": "tcp", "metrics_path": "/probe", "params": {"module": ["tcp_connect"]},
           "scrape_interval": every, "scrape_timeout": "4s", "static_configs": targets,
           "relabel_configs": relabel}  # fmt: skip
    return {"scrape_configs": [job]}


def its_rest(folder: Path, port: int) -> dict[str, tuple[float, str]]:
    with (
        blackbox(folder) as (prober, at),
        alertmanager(folder, f"http://127.0.0.1:{port}/") as (teller, _),
        prometheus(folder, scraping(at, port, FEW, "30s")) as (server, _, took),
    ):
        time.sleep(SETTLE_S)
        return resting(took, server, prober, teller)


def its_probing(folder: Path, port: int) -> dict[str, tuple[float, str]]:
    with tempfile.TemporaryDirectory(dir=folder) as apart, blackbox(folder) as (prober, at):
        config = scraping(at, port, MANY, "5s")
        with prometheus(Path(apart), config) as (server, url, _):
            time.sleep(LOOK_S / 2)
            cost = share_of_a_core(server, prober)
            return probed(cost, abs(interval_s(url) - 5) * 1000)


def interval_s(url: str) -> float:
    """The 99th percentile of how far two scrapes are apart, from what it says of itself."""
    for line in text(f"{url}/metrics").splitlines():
        if line.startswith("prometheus_target_interval_length_seconds{") and 'quantile="0.99"' in line:
            return float(line.split()[-1])
    return 0.0


def its_telling(folder: Path) -> dict[str, tuple[float, str]]:
    rules = folder / "rules.json"
    rules.write_text('{"groups": [{"name": "g", "rules": [{"alert": "over", "expr": "value > 50"}]}]}')
    with (
        tempfile.TemporaryDirectory(dir=folder) as apart,
        told() as (webhook, heard),
        value() as (url, change),
        alertmanager(Path(apart), webhook) as (_, at),
    ):
        job = {"job_name": "v", "metrics_path": "/text", "static_configs": [{"targets": [url.split("/")[2]]}]}
        config = {
            "global": {"scrape_interval": "1s", "scrape_timeout": "900ms", "evaluation_interval": "1s"},
            "scrape_configs": [job], "rule_files": [str(rules)],
            "alerting": {"alertmanagers": [{"static_configs": [{"targets": [f"127.0.0.1:{at}"]}]}]},
        }  # fmt: skip
        with prometheus(Path(apart), config):
            time.sleep(8)
            return changed(change, heard)


# Uptime Kuma


def kuma_at_rest(folder: Path, port: int, ours: dict[str, tuple[float, str]]) -> list[Row]:
    """It asks no oftener than every 20 s, so it is at rest only that it can be compared."""
    if why := lacking():
        print(f"Uptime Kuma was not measured: {why}")
        return []
    with kuma(folder, port, FEW) as (process, took):
        time.sleep(SETTLE_S)
        found = resting(took, process)
    return [
        (
            f"Uptime Kuma {VERSION}: {what}",
            f"{value:.3g} {unit}",
            f"Oculus: {ours[what][0] / value:.2g} x",
            "",
        )
        for what, (value, unit) in found.items()
    ]


# What both ask and tell


def text(url: str, headers: dict[str, str] | None = None) -> str:
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers or {}), timeout=30) as answer:
        return str(answer.read().decode())


@contextmanager
def value() -> Iterator[tuple[str, Callable[[float], None]]]:
    """A number to ask for: JSON at /, Prometheus' text at /text; and how to change it."""
    state = {"now": 0.0}

    class Value(Quiet):
        def do_GET(self) -> None:
            now = state["now"]
            self.say(f"value {now}\n" if self.path == "/text" else f'{{"value": {now}}}')

    with served(Value) as address:
        yield address, lambda number: state.update(now=number)


@contextmanager
def told() -> Iterator[tuple[str, queue.Queue[float]]]:
    """A webhook, and when something came."""
    heard: queue.Queue[float] = queue.Queue()

    class Told(Quiet):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            heard.put(time.perf_counter())
            self.say("")

    with served(Told) as address:
        yield address, heard


class Quiet(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def say(self, words: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json" if self.path != "/text" else "text/plain")
        self.send_header("Content-Length", str(len(words)))
        self.end_headers()
        self.wfile.write(words.encode())

    def log_message(self, *_: Any) -> None:
        """Nothing is worth a line here."""


@contextmanager
def served(handler: type[Quiet]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, name="bench-peer", daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()


if __name__ == "__main__":
    for row in main():
        print(*row, sep="   ")
