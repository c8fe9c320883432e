"""`oculus`: an icon near the clock, a window and popups around the same core as `oculus serve`."""

from __future__ import annotations

import argparse
import sys
import time
from typing import TYPE_CHECKING

from oculus.cli import serve
from oculus.cli.client import Running
from oculus.cli.copy import running
from oculus.cli.open_ import show
from oculus.cli.place import Place, place
from oculus.core.errors import LockedError
from oculus.desktop.autostart import HIDDEN, command_here, here
from oculus.desktop.display import has_display
from oculus.storage.file.lock import holder
from oculus.web.serving.tls import place as certificate_at

if TYPE_CHECKING:
    from oculus.desktop.shell import Shell

START_S = 10.0  # another copy may be starting this moment


def run(args: argparse.Namespace) -> int:
    where = place(args)
    if copy := other(args, where):
        return come_to_the_front(copy)
    try:
        return start(args, where)
    except LockedError:  # a double click starts two in the same moment
        if copy := other(args, where):
            return come_to_the_front(copy)
        raise


def come_to_the_front(copy: Running) -> int:
    print(f"Oculus runs already, at {copy.address}. Stop it first to start anew.", file=sys.stderr)
    return show(copy)


def start(args: argparse.Namespace, where: Place) -> int:
    if not has_display():
        print("There is no display here, so Oculus runs as `oculus serve`.", file=sys.stderr)
        return serve.run(args)
    return serve.run(args, lambda program: desktop(args, where, program))


def desktop(args: argparse.Namespace, where: Place, program: serve.Program) -> Shell:
    """Icon, window and popups, not shown yet."""
    from oculus.desktop.shell import Shell

    login = here(command(args, where))
    tls = program.oculus.settings.server.tls
    certificate = certificate_at(program.oculus.settings, tls.cert) if tls else None
    once = program.server.one_time_link
    made = Shell(
        program.oculus, once, where.data, login, program.stop, program.end, certificate, hidden=args.hidden
    )
    program.oculus.desk = made
    return made


def other(args: argparse.Namespace, where: Place) -> Running | None:
    """The copy that runs on this data folder. One that is starting is waited for."""
    until = time.monotonic() + START_S
    while holder(where.data):
        if copy := running(args, where):
            return copy
        if time.monotonic() > until:
            return None  # opening the database says who holds it
        time.sleep(0.1)
    return None


def command(args: argparse.Namespace, where: Place) -> list[str]:
    """How to start at login what was started now."""
    config = ["--config", str(where.config)] if where.chosen else []
    data = ["--data", str(where.data)] if args.data else []
    return [*command_here(), HIDDEN, *config, *data]
