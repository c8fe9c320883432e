"""`oculus serve`: collect, judge and notify, with web pages and API, until told to stop."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import NamedTuple, Protocol

from oculus import __version__
from oculus.cli.place import Place, place
from oculus.cli.settings import overrides, read_settings
from oculus.core.arenas import keep_few_arenas
from oculus.core.libraries import PageReleaser
from oculus.core.logs import setup_logging
from oculus.core.private import keep_private
from oculus.runtime import Oculus
from oculus.settings.sample import ensure_settings
from oculus.settings.schema import ServerSettings, Settings
from oculus.web.access.token import load_token
from oculus.web.serving.server import WebServer, reachable

log = logging.getLogger(__name__)

LOOK_S = 1.0  # how often a signal that another thread was given is looked for


class Program(NamedTuple):
    """What runs, and how it ends: by setting `stop`, or by `end` where there is no way back to who called."""

    stop: threading.Event
    oculus: Oculus
    server: WebServer
    end: Callable[[], None]


class Face(Protocol):
    """What people see of it on this machine. It is made before anything starts: the first alert needs it."""

    def run(self) -> None:
        """Has the main thread until it is time to stop."""

    def close(self) -> None:
        """Everything else has stopped."""


class Faceless:
    """Nothing is seen but the pages."""

    def __init__(self, program: Program) -> None:
        self._stop = program.stop

    def run(self) -> None:
        # The system may hand a signal to any thread, but Python acts on it in this one only, once awake.
        while not self._stop.wait(LOOK_S):
            pass

    def close(self) -> None:
        """Nothing is held."""


def run(args: argparse.Namespace, make: Callable[[Program], Face] = Faceless) -> int:
    """Until told to stop. What `make` makes has the main thread meanwhile."""
    keep_private()
    keep_few_arenas()
    where = place(args)
    _first_start(where.config, args)
    settings = read_settings(args, where)
    stop = _until_told()
    with ExitStack() as running:
        oculus, server = _made(running, args, where, settings)
        face = make(Program(stop, oculus, server, lambda: _end(running, oculus)))
        _start(running, oculus, server)
        face.run()
        running.close()
        face.close()
    _end(running, oculus)
    return 1 if oculus.lost else 0


def _made(
    running: ExitStack, args: argparse.Namespace, where: Place, settings: Settings
) -> tuple[Oculus, WebServer]:
    """What is held here, and below, is let go of with `running`, the last first."""
    running.enter_context(_logging(where, settings))
    token = load_token(where.data, settings.server)
    oculus = Oculus(settings, where.data, where.config, overrides(args))
    running.enter_context(closing(oculus))
    # The port is taken before anything is asked: a taken one ends the start, and a probe of it finds it.
    server = WebServer(oculus, settings.server.host, settings.server.port, token)
    oculus.address = server.url  # the first message has links, too
    return oculus, server


def _start(running: ExitStack, oculus: Oculus, server: WebServer) -> None:
    running.callback(lambda: log.info("oculus has stopped; %s", _kept(oculus)))
    running.enter_context(oculus)
    running.enter_context(server)
    releaser = PageReleaser()
    running.callback(releaser.stop)
    releaser.start()
    _announce(oculus, server)


def _end(running: ExitStack, oculus: Oculus) -> None:
    running.close()
    _say(f"Oculus has stopped; {_kept(oculus)}.")


def _kept(oculus: Oculus) -> str:
    if oculus.lost:
        return f"{oculus.lost} rows could not be stored"
    file = oculus.database.path
    return (
        "everything collected is stored" if file.exists() else f"{file.name} had been deleted or moved away"
    )


def _announce(oculus: Oculus, server: WebServer) -> None:
    oculus.database.announce(server.url)
    log.info("oculus %s is at %s; its numbers are in %s", __version__, server.url, oculus.database.path)
    _say(f"Oculus is at {server.url} (Ctrl+C stops it).")
    if sys.stderr.isatty():
        _say(f"Open {server.one_time_link()} within a minute, or run `oculus open` later.")
    else:  # what goes into a file must let nobody in
        _say("`oculus open` opens it in a browser; elsewhere, log in with what `oculus token` shows.")


@contextmanager
def _logging(where: Place, settings: Settings) -> Iterator[None]:
    wish = settings.logging
    calm = wish.level == "info"  # whoever asks for more or less gets it on the terminal, too
    folder = where.data / "logs"
    logs = setup_logging(folder, wish.level, wish.keep_days, wish.format, sys.stderr, calm=calm)
    try:
        yield
    finally:
        logs.stop()


def _first_start(config: Path, args: argparse.Namespace) -> None:
    usual = ServerSettings()
    port = usual.port if args.port is None else args.port
    if ensure_settings(config, f"{reachable(args.host or usual.host)}:{port}" if port else ""):
        _say(f"Wrote a sample of the settings to {config}; change it whenever you like.")


def _until_told() -> threading.Event:
    """An event that Ctrl+C, SIGTERM and the end of the session set; not the last under `nohup`."""
    stop = threading.Event()
    for name in ("SIGINT", "SIGTERM", "SIGBREAK", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and not (name == "SIGHUP" and signal.getsignal(number) is signal.SIG_IGN):
            signal.signal(number, lambda *_: stop.set())
    return stop


def _say(text: str) -> None:
    try:
        print(text, file=sys.stderr, flush=True)
    except OSError:  # the terminal is gone, or who read it: no reason to end
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
