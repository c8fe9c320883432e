"""Programs that Oculus is compared with, started on a free port and stopped again."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from bench_probes import SERVER
from serving import free_port

sys.path.append(str(Path(__file__).resolve().parents[2] / "packaging"))
import peers

MB = 2**20
STOP_S = 20


@contextmanager
def running(
    command: Sequence[str], ready: str, limit_s: float = 60, **how: Any
) -> Iterator[tuple[psutil.Process, float]]:
    """The program, once `ready` answers; and how many seconds that took. `how`: folder and environment."""
    begun = time.perf_counter()
    with Path(command[0]).open("rb"):  # a clear error where it is not there
        program = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **how)
    try:
        wait_until_ready(program, ready, limit_s)
        yield psutil.Process(program.pid), time.perf_counter() - begun
    finally:
        program.terminate()
        try:
            program.wait(STOP_S)
        except subprocess.TimeoutExpired:
            program.kill()
            program.wait()


def wait_until_ready(program: subprocess.Popen[bytes], url: str, limit_s: float) -> None:
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        if program.poll() is not None:
            raise RuntimeError(f"{program.args!r} ended with exit code {program.returncode}")
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                if answer.status < 300:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.02)
    raise RuntimeError(f"{program.args!r} was not ready within {limit_s:.0f} s")


@contextmanager
def accepting() -> Iterator[int]:
    """A port that takes every connection and hangs up, in a process of its own."""
    with subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield int(server.stdout.readline())
        finally:
            server.terminate()


@contextmanager
def blackbox(folder: Path) -> Iterator[tuple[psutil.Process, int]]:
    """Prometheus' prober, for TCP."""
    port = free_port()
    config = folder / "blackbox.yml"
    config.write_text(json.dumps({"modules": {"tcp_connect": {"prober": "tcp", "timeout": "4s"}}}))
    command = [program("prometheus-blackbox-exporter"), f"--config.file={config}",
               f"--web.listen-address=127.0.0.1:{port}"]  # fmt: skip
    with running(command, f"http://127.0.0.1:{port}/-/healthy") as (process, _):
        yield process, port


@contextmanager
def alertmanager(folder: Path, webhook: str) -> Iterator[tuple[psutil.Process, int]]:
    """Sends whatever it is told at once."""
    port = free_port()
    config = folder / "alertmanager.yml"
    route = {"receiver": "told", "group_wait": "0s", "group_interval": "1s", "repeat_interval": "1h"}
    config.write_text(
        json.dumps({"route": route, "receivers": [{"name": "told", "webhook_configs": [{"url": webhook}]}]})
    )
    command = [with_its_files(folder), f"--config.file={config}", "--cluster.listen-address=",
               f"--storage.path={folder / 'am'}", f"--web.listen-address=127.0.0.1:{port}"]  # fmt: skip
    with running(command, f"http://127.0.0.1:{port}/-/ready") as (process, _):
        yield process, port


@contextmanager
def prometheus(
    folder: Path, config: dict[str, object], keep: str = "15d"
) -> Iterator[tuple[psutil.Process, str, float]]:
    """The process, its address, the seconds until it was ready."""
    port = free_port()
    path = folder / "prometheus.yml"
    path.write_text(json.dumps(config))
    command = [program("prometheus"), f"--config.file={path}", f"--storage.tsdb.path={folder / 'prometheus'}",
               f"--storage.tsdb.retention.time={keep}", f"--web.listen-address=127.0.0.1:{port}"]  # fmt: skip
    with running(command, f"http://127.0.0.1:{port}/-/ready") as (process, took):
        yield process, f"http://127.0.0.1:{port}", took


@contextmanager
def victoria(folder: Path) -> Iterator[tuple[psutil.Process, str]]:
    port = free_port()
    command = [program("victoria-metrics"), f"-storageDataPath={folder / 'victoria'}", "-retentionPeriod=1y",
               f"-httpListenAddr=127.0.0.1:{port}", "-search.latencyOffset=0s"]  # fmt: skip
    with running(command, f"http://127.0.0.1:{port}/health") as (process, _):
        yield process, f"http://127.0.0.1:{port}"


@contextmanager
def influx(folder: Path) -> Iterator[tuple[psutil.Process, str]]:
    port, rpc = free_port(), free_port()
    config = folder / "influxdb.conf"
    config.write_text(
        f'reporting-disabled = true\nbind-address = "127.0.0.1:{rpc}"\n'
        f'[meta]\n dir = "{folder}/influx/meta"\n'
        f'[data]\n dir = "{folder}/influx/data"\n wal-dir = "{folder}/influx/wal"\n'
        f' index-version = "tsi1"\n cache-snapshot-write-cold-duration = "1s"\n'
        f' compact-full-write-cold-duration = "2s"\n[monitor]\n store-enabled = false\n'
        f'[http]\n bind-address = "127.0.0.1:{port}"\n log-enabled = false\n max-body-size = 0\n'
    )
    with running([program("influxd"), "-config", str(config)], f"http://127.0.0.1:{port}/ping") as (
        process,
        _,
    ):
        yield process, f"http://127.0.0.1:{port}"


def with_its_files(folder: Path) -> str:
    """Debian's Alertmanager wants its templates where it would be installed. Where it is only unpacked, a
    copy of the program is told another place, of the same length.
    """
    found, wanted = program("prometheus-alertmanager"), "/usr/share/prometheus/alertmanager"
    unpacked = peers.FOLDER / wanted.lstrip("/")
    room = len(wanted) - len(f"{folder}/a")
    if Path(wanted, "default.tmpl").exists() or not unpacked.exists() or room < 0:
        return found
    (folder / "a").symlink_to(unpacked)
    copy = folder / "alertmanager"
    copy.write_bytes(Path(found).read_bytes().replace(wanted.encode(), f"{folder}/{'/' * room}a".encode()))
    copy.chmod(0o755)
    return str(copy)


def program(name: str) -> str:
    found = peers.find(name)
    assert found is not None, name
    return found


def missing(*names: str) -> str:
    """Why these cannot be had, in words; "" when they are there. Fetches what may be fetched."""
    return peers.fetch(names)


def anonymous_mb(*processes: psutil.Process) -> float:
    """Memory that is nobody else's, of all of them."""
    total = 0
    for process in processes:
        rollup = Path(f"/proc/{process.pid}/smaps_rollup").read_text()
        total += next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Anonymous:"))
    return total / 1024


def resident_mb(*processes: psutil.Process) -> float:
    return sum(process.memory_info().rss for process in processes) / MB


def cpu_s(*processes: psutil.Process) -> float:
    return sum(sum(process.cpu_times()[:2]) for process in processes)


def size_of(folder: Path) -> int:
    """Bytes on the disk: files that are mostly holes count as little as they take."""
    files = [folder] if folder.is_file() else [path for path in folder.rglob("*") if path.is_file()]
    return sum(path.stat().st_blocks * 512 for path in files)
