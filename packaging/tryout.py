"""Start what was frozen, with an empty environment, and ask it what people would ask it."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import pack
from about import VERSION
from parts import ROOT

HELP_MS = 150
TRIES = 7
READY_S, ANSWER_S, POPUP_S, WINDOW_S, END_S = 20.0, 60.0, 20.0, 30.0, 10.0
DESKTOP = {"Xvfb", "openbox", "trayer", "dunst", "dbus-daemon"}
SETTINGS = """\
server: {{port: 0}}
desktop: {{software_rendering: true}}
collectors:
  - {{type: tcp, target: "127.0.0.1:{port}", name: shop, interval: 1s, timeout: 1s}}
"""
Say = Callable[[str], None]
Environment = dict[str, str]


class Broken(Exception):
    """It does not do what it should. The words are for people."""


class Frozen:
    """The programs in a folder, with settings and data of their own."""

    def __init__(self, program: Path, home: Path, environment: Environment) -> None:
        self.program, self.data, self.config = program, home / "data", home / "oculus.yaml"
        self.environment = environment
        self.said = home / "said"

    def ask(self, *words: str, code: int = 0) -> str:
        """What one command prints. Raises Broken when it ends otherwise than with `code`."""
        place = ["--config", str(self.config), "--data", str(self.data)]
        done = subprocess.run(
            [str(self.program), *words, *(place if not words[0].startswith("-") else [])],
            capture_output=True, encoding="utf-8", env=self.environment, timeout=ANSWER_S, check=False,
        )  # fmt: skip
        if done.returncode != code:
            raise Broken(
                f"`oculus {' '.join(words)}` ended with {done.returncode}:\n{done.stdout}{done.stderr}"
            )
        return done.stdout

    @contextmanager
    def running(self, *words: str) -> Iterator[str]:
        """A copy in the background, by its address. Raises Broken when it does not end well."""
        command = [str(self.program), *words, "--config", str(self.config), "--data", str(self.data)]
        with self.said.open("wb") as said:
            process = subprocess.Popen(command, env=self.environment, stdout=said, stderr=said)
        try:
            yield until(lambda: self.address(process), READY_S, "it does not serve its pages")
            process.send_signal(getattr(signal, "CTRL_BREAK_EVENT", signal.SIGTERM))
            if code := process.wait(END_S):
                raise Broken(f"told to end, it ended with {code}: {self.said.read_text('utf-8')}")
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()

    def address(self, process: subprocess.Popen[bytes]) -> str:
        said = self.said.read_text("utf-8")
        if process.poll() is not None:
            raise Broken(f"it ended at once: {said}")
        found = re.search(r"Oculus is at (\S+)", said)
        return found[1].rstrip("/") if found else ""

    def get(self, address: str) -> bytes:
        token = (self.data / "token").read_text("utf-8").strip()
        asked = urllib.request.Request(address, headers={"Authorization": f"Bearer {token}"})  # noqa: S310
        with urllib.request.urlopen(asked, timeout=READY_S) as answer:  # noqa: S310  our own address
            return bytes(answer.read())


def all_of_it(folder: Path, *, window: bool, say: Say) -> str:
    """What does not work, in words; empty when everything does."""
    program = folder / ("oculus.exe" if sys.platform == "win32" else "oculus")
    with (
        tempfile.TemporaryDirectory(prefix="oculus-tryout-") as home,
        socket.create_server(("127.0.0.1", 0)) as shop,
    ):
        frozen = Frozen(program, Path(home), {})
        frozen.config.write_text(SETTINGS.format(port=shop.getsockname()[1]), "utf-8")
        try:
            words(frozen, say)
            probe(frozen, say)
            serving(frozen, say)
            on_desktop(frozen, Path(home), say, window=window)
        except (Broken, OSError, subprocess.TimeoutExpired) as error:
            return str(error)
    return ""


def words(frozen: Frozen, say: Say) -> None:
    """--version, and how long --help takes. Raises Broken when that is too long."""
    if VERSION not in frozen.ask("--version"):
        raise Broken(f"--version does not say {VERSION}")
    waited, worked = [], []
    for _ in range(TRIES):
        begun, used = time.perf_counter(), processor_s()
        if "usage: oculus" not in frozen.ask("--help"):
            raise Broken("--help is no help")
        waited.append((time.perf_counter() - begun) * 1000)
        worked.append((processor_s() - used) * 1000)
    said = f"--help: {min(waited):.0f} ms at best, {sorted(waited)[TRIES // 2]:.0f} ms mostly"
    say(f"{said}, of which it works {min(worked):.0f} ms; bound {HELP_MS}")
    if min(worked) > HELP_MS:  # whoever builds may have a busy machine
        raise Broken(f"--help works for more than {HELP_MS} ms")


def processor_s() -> float:
    """Seconds that programs which have ended took of the processor; 0 where that is not known (Windows)."""
    spent = os.times()
    return spent.children_user + spent.children_system


def probe(frozen: Frozen, say: Say) -> None:
    told = json.loads(frozen.ask("collect", "shop", "--json"))
    up = [metric["value"] for metric in told["metrics"] if metric["symbol"].endswith(".up")]
    if up != [1]:
        raise Broken(f"a probe of an open port says {told}")
    say("probe: works")


def serving(frozen: Frozen, say: Say) -> None:
    """Pages, API, files of its own, the database with times, and the doctor."""
    with frozen.running("serve") as address:
        until(lambda: reached(frozen, f"{address}/readyz"), READY_S, "/readyz does not say ready")
        for path in ("/", "/static/app.css", "/static/vendor/htmx-2.0.11/htmx.min.js", "/api/metrics"):
            if not frozen.get(address + path):
                raise Broken(f"{path} is empty")
        rows = until(lambda: stored(frozen), READY_S, "nothing is stored")
        frozen.ask("doctor", "--deep", "--json")
    say(f"serve: ready, {len(rows)} rows, the doctor is content, ends in order")


def stored(frozen: Frozen) -> list[Any]:
    """Rows with their times, which DuckDB hands over by a library that it does not name."""
    return list(json.loads(frozen.ask("query", "SELECT ts, value FROM metrics", "--json"))["rows"])


def reached(frozen: Frozen, address: str) -> bool:
    try:
        return bool(frozen.get(address))
    except OSError:  # 503 until it is ready
        return False


def on_desktop(frozen: Frozen, home: Path, say: Say, *, window: bool) -> None:
    """Icon and popup, and the window where it was frozen with one, on a display that nobody looks at."""
    if missing := sorted(name for name in DESKTOP if shutil.which(name) is None) or sys.platform != "linux":
        say(f"popup, icon and window: not tried, {missing if isinstance(missing, list) else 'no X server'}")
        return
    sys.path.insert(0, str(ROOT / "tests"))
    bench = import_module("fakes.screen")
    screen: Any = bench.Screen(home)
    try:
        screen.start_bus(home)
        screen.start_popups()
        screen.start_tray()
        told = ("DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "HOME")
        frozen.environment = {name: screen.environment[name] for name in told}
        with frozen.running(*([] if window else ["--hidden"])) as address:
            look(frozen, screen, address, say, window=window)
    finally:
        screen.close()


def look(frozen: Frozen, screen: Any, address: str, say: Say, *, window: bool) -> None:
    def tray() -> str:
        desk = json.loads(frozen.get(f"{address}/api/desktop"))["desktop"]
        return desk["tray"] if desk else ""

    say(f"icon: there ({until(tray, POPUP_S, 'no icon comes')})")
    if window:
        until(screen.windows, WINDOW_S, "no window comes")
        say("window: there")
    frozen.ask("send-test", "desktop")
    shown = until(screen.popups, POPUP_S, "no popup comes")
    say(f"popup: {shown[0]['summary']!r}")


def installed(package: Path, into: Path, say: Say) -> None:
    """The Debian package, put into a folder: its command works from where Debian puts it."""
    pack.unpack(package, into)
    said = subprocess.run(
        [into / "usr/bin/oculus", "--version"], capture_output=True, text=True, env={}, check=True
    )
    say(f"{package.name}: {said.stdout.strip()}")
    if analyze := shutil.which("systemd-analyze"):
        unit = into / "usr/lib/systemd/user/oculus.service"
        checked = into / "oculus.service"
        checked.write_text(unit.read_text("utf-8").replace("/usr/bin/", f"{into}/usr/bin/"), "utf-8")
        verified = subprocess.run(
            [analyze, "verify", "--user", "--man=no", checked],
            env={**os.environ, "XDG_RUNTIME_DIR": str(into)},
            check=False,
        )
        say(f"service: {'well formed' if verified.returncode == 0 else 'not well formed, see above'}")


def until(question: Callable[[], Any], seconds: float, otherwise: str) -> Any:
    """Wait until it is true, and return what it said. Raises Broken."""
    ends = time.monotonic() + seconds
    while not (found := question()):
        if time.monotonic() > ends:
            raise Broken(f"{otherwise} within {seconds:.0f} s")
        time.sleep(0.05)
    return found
