"""What a message shows beside its words, and what a channel must not forget: questions to storage.

Channels are strangers to storage, so the runtime hands them these callables. Any thread may ask.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
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
    `link(path)` is the address of a page, "" when the pages have none. `remember(channel, notes)`
    returns once the notes, by alert, are stored; `recall(channel, alert_ids)` gives those back that there
    are, after a restart too. `popup()` is how to show one, None while there is no desktop; showing raises
    ChannelError.
    """

    series: Callable[[str, int, int], Sequence[tuple[int, float]]] = lambda _symbol, _since, _until: ()
    latest: Callable[[str], Metric | None] = lambda _symbol: None
    symbols: Callable[[], Sequence[str]] = tuple
    link: Callable[[str], str] = nowhere
    remember: Callable[[str, Mapping[int, str]], None] = lambda _channel, _notes: None
    recall: Callable[[str, Sequence[int]], Mapping[int, str]] = lambda _channel, _alerts: {}
    popup: Callable[[], Callable[[Popup], None] | None] = lambda: None


NO_FACTS = Facts()


class ChannelNotes:
    """What one channel remembers of each alert: where the message is that told of its beginning.

    A note that cannot be read or kept costs a thread or an edit, never a message.
    """

    def __init__(self, channel: str, facts: Facts) -> None:
        self._channel = channel
        self._facts = facts

    def read(self, alert_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
        """The notes of those that have one."""
        try:
            texts = self._facts.recall(self._channel, alert_ids)
            notes = {alert: msgspec.json.decode(text) for alert, text in texts.items()}
        except (OculusError, msgspec.DecodeError) as error:
            log.warning("%s: what was sent before is not known: %s", self._channel, error)
            return {}
        return {alert: note for alert, note in notes.items() if isinstance(note, dict)}

    def read_one(self, alert_id: int) -> dict[str, Any]:
        """Its note; empty when it has none."""
        return self.read([alert_id]).get(alert_id, {})

    def begin(self, alert_ids: Sequence[int], note: dict[str, Any]) -> None:
        """Keep `note` for those that have none yet: it is about their first message."""
        known = self.read(alert_ids)
        self.write({alert: note for alert in alert_ids if alert not in known})

    def write(self, notes: Mapping[int, dict[str, Any]]) -> None:
        if not notes:
            return
        texts = {alert: msgspec.json.encode(note).decode() for alert, note in notes.items()}
        try:
            self._facts.remember(self._channel, texts)
        except OculusError as error:
            log.warning("%s: what was sent cannot be remembered: %s", self._channel, error)
