"""Tells whoever sits at the screen that a channel is broken: that channel cannot tell it."""

from __future__ import annotations

import logging
import threading
from functools import partial

from oculus.core.desk import Popup
from oculus.core.errors import ChannelError
from oculus.core.event import Severity
from oculus.notify.facts import Facts

log = logging.getLogger(__name__)


def alarm(facts: Facts, title: str, text: str) -> None:
    """Returns at once; without a desktop nothing happens, and the log has it anyway."""
    if facts.popup():
        what = Popup(title=title, text=text, severity=Severity.ERROR, path="/channels")
        threading.Thread(target=partial(pop, facts, what), name="notify-alarm", daemon=True).start()


def pop(facts: Facts, what: Popup) -> None:
    try:
        if show := facts.popup():
            show(what)
    except ChannelError as error:
        log.info("%s: not shown on the desktop: %s", what.title, error)
