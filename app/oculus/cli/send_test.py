"""`oculus send-test CHANNEL`: one real message, through the running copy or directly."""

from __future__ import annotations

import argparse
import sys
from urllib.parse import quote

from oculus.cli.copy import running
from oculus.cli.place import Place, place
from oculus.cli.settings import read_settings
from oculus.core.clock import SystemClock
from oculus.core.counters import Counters
from oculus.core.errors import ConfigError
from oculus.core.logs import setup_logging
from oculus.core.nearest import did_you_mean
from oculus.notify.notifier import Notifier
from oculus.settings.schema import Settings

PATIENCE_S = 60.0  # a mail server may take its time


def run(args: argparse.Namespace) -> int:
    where = place(args)
    if copy := running(args, where):
        copy.post(f"/api/channels/{quote(args.channel)}/test", {}, PATIENCE_S)
    else:
        _directly(args.channel, where, read_settings(args, where))
    print(f"A test message went out through {args.channel}.", file=sys.stderr)
    return 0


def _directly(name: str, where: Place, settings: Settings) -> None:
    """Raises ChannelError with what the service answered, ConfigError when there is no such channel."""
    notifier = Notifier(lambda _rows: None, lambda _event: None, Counters(), SystemClock())
    notifier.replace(settings.channels)
    known = [status.name for status in notifier.status()]
    if name not in known:
        advice = did_you_mean(name, known) or f"there are {', '.join(known)}"
        raise ConfigError([f"there is no channel called {name!r}; {advice}"])
    wish = settings.logging
    logs = setup_logging(where.data / "logs", wish.level, wish.keep_days, wish.format)
    try:
        notifier.send_test(name)
    finally:
        logs.stop()
