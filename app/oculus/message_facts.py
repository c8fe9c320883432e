"""What messages show beside their words, and what their channels remember: `notify` asks, storage answers."""

from __future__ import annotations

from collections.abc import Callable

from oculus.core.desk import Popup
from oculus.notify.facts import Facts
from oculus.storage.live import LiveCache
from oculus.storage.memory.notes import Notes
from oculus.storage.reader import Reader

CHART_POINTS = 400  # at most, of a series that a message shows


def message_facts(
    reader: Reader,
    live: LiveCache,
    notes: Notes,
    link: Callable[[str], str],
    popup: Callable[[], Callable[[Popup], None] | None],
) -> Facts:
    def points(symbol: str, since_ms: int, until_ms: int) -> list[tuple[int, float]]:
        step_ms = max(1, (until_ms - since_ms) // CHART_POINTS)
        found = reader.series(symbol, since_ms, until_ms, step_ms)
        return [(round(ms), mean) for ms, mean, _, _ in found]

    return Facts(
        series=points,
        latest=live.latest,
        symbols=live.symbols,
        link=link,
        remember=notes.remember,
        recall=notes.recall,
        popup=popup,
    )
