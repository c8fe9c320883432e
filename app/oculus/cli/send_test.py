"""`oculus send-test CHANNEL`: one real message, through the running copy or directly."""

from __future__ import annotations

import argparse
import sys
from contextlib import closing
from difflib import get_close_matches
from urllib.parse import quote

from oculus.cli.copy import running
from oculus.cli.place import Place, place
from oculus.cli.settings import read_settings
from oculus.core.clock import SystemClock
from oculus.core.errors import ConfigError
from oculus.core.logs import setup_logging
from oculus.notify import build
from oculus.notify.channels.log import LogSettings
from oculus.notify.facts import NO_FACTS
from oculus.notify.sample import sample_news
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
    known = {"log": LogSettings(), **settings.channels}
    if name not in known:
        near = get_close_matches(name, known, n=1, cutoff=0.4)
        advice = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
        raise ConfigError([f"there is no channel called {name!r}; {advice}"])
    clock, logging = SystemClock(), settings.logging
    logs = setup_logging(where.data / "logs", logging.level, logging.keep_days, logging.format)
    try:
        with closing(build(name, known[name], clock)) as channel:
            channel.send([sample_news(clock.now_ms(), NO_FACTS)])
    finally:
        logs.stop()
