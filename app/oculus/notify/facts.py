"""What a message shows beside its words, and what a channel must not forget: questions to the house.

Channels are strangers to storage, so the runtime hands them these callables. Any thread may ask.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from oculus.core.desk import Popup
from oculus.core.errors import OculusError
from oculus.core.metric import Metric

log = logging.getLogger(__name__)


def nowhere(_path: str) -> str:
    return ""


@dataclass(frozen=True)
class Facts:
    """Each may raise OculusError; by default nothing is known and nothing is kept.

    `series(symbol, since_ms, until_ms)` gives (ms, value), oldest first, a few hundred at most.
    `link(path)` is the address of a page, "" when the pages have none. `remember(channel, alert_id, note)`
    returns once the note is stored; `recall(channel, alert_id)` gives it back, "" when there is none, after
    a restart too. `popup()` is how to show one, None while there is no desktop; showing raises ChannelError.
    """

    series: Callable[[str, int, int], Sequence[tuple[int, float]]] = lambda _symbol, _since, _until: ()
    latest: Callable[[str], Metric | None] = lambda _symbol: None
    symbols: Callable[[], Sequence[str]] = tuple
    link: Callable[[str], str] = nowhere
    remember: Callable[[str, int, str], None] = lambda _channel, _alert, _note: None
    recall: Callable[[str, int], str] = lambda _channel, _alert: ""
    popup: Callable[[], Callable[[Popup], None] | None] = lambda: None


NO_FACTS = Facts()


class Notebook:
    """What one channel remembers of each alert: where the message is that told of its beginning.

    A note that cannot be read or kept costs a thread or an edit, never a message.
    """

    def __init__(self, channel: str, facts: Facts) -> None:
        self._channel = channel
        self._facts = facts

    def read(self, alert_id: int) -> dict[str, Any]:
        try:
            note = self._facts.recall(self._channel, alert_id)
            found = msgspec.json.decode(note) if note else {}
        except (OculusError, msgspec.DecodeError) as error:
            log.warning("%s: what was sent before is not known: %s", self._channel, error)
            return {}
        return found if isinstance(found, dict) else {}

    def write(self, alert_id: int, note: dict[str, Any]) -> None:
        try:
            self._facts.remember(self._channel, alert_id, msgspec.json.encode(note).decode())
        except OculusError as error:
            log.warning("%s: what was sent cannot be remembered: %s", self._channel, error)
