"""The dashboard as one thing: what the stages know at a moment, put together for the templates."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from oculus.runtime import Oculus
from oculus.storage.live import HOUR_MS
from oculus.storage.reading.history import AlertRecord
from oculus.web.dashboard.cards import FOLDED, Cards, Panel
from oculus.web.dashboard.drawn import Drawer
from oculus.web.dashboard.firing import SHOWN, Firing, FiringLine, by_symbol, firing_lines, instances_by_alert
from oculus.web.dashboard.shared import Shared
from oculus.web.dashboard.sparkline import Span
from oculus.web.dashboard.state import Facts
from oculus.web.dashboard.view import Choices, View, arranged, choices
from oculus.web.frame import Frame, Frames
from oculus.web.kept.look import Look
from oculus.web.kept.shelf import Shelf
from oculus.web.lists import told

LOOK_S = 10.0  # and so are the gaps, which are rare
REMEMBER_S = 1.0  # open alerts are asked for at most this often, however many pages are open
MOST_FIRING = 500
USUAL = View()


@dataclass(frozen=True, slots=True)
class Board:
    """All that the dashboard shows. Two that look alike are equal: the time of looking is no part of it."""

    frame: Frame
    firing: tuple[FiringLine, ...]
    more: int  # firing alerts that are not shown
    panels: tuple[Panel, ...]
    empty: bool  # nothing is watched: of itself Oculus always has numbers
    view: View
    choices: Choices
    pins: frozenset[str]
    settings_file: str
    now_ms: int = field(compare=False)
    # Changes when the page would look different. Good for one run of the program.
    version: str = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "version", f"{hash(self) & 0xFFFFFFFFFFFFFFFF:016x}")


class Whole(NamedTuple):
    """What all views have in common at one moment, and those that were asked for."""

    panels: tuple[Panel, ...]
    pins: tuple[str, ...]
    board: Board  # as the usual view has it
    views: dict[View, Board]


class Boards:
    """Puts boards together for every request, and keeps what makes the next one cheap."""

    def __init__(self, oculus: Oculus, shelf: Shelf, look: Look) -> None:
        self._oculus = oculus
        self._shelf = shelf
        self._cards = Cards()
        self._frames = Frames(oculus, look)
        self._shared = Shared(self._whole, oculus.clock)
        self.draw = Drawer()
        self._lock = threading.Lock()
        self._open: list[AlertRecord] = []
        self._gaps: tuple[Span, ...] = ()
        self._asked = self._looked = float("-inf")

    def board(self, view: View = USUAL) -> Board:
        """Half a second old at most, but for whoever has just changed something."""
        whole = self._shared.get()
        known = whole.views.get(view)
        if known is None:
            known = whole.views[view] = replace(
                whole.board, view=view, panels=arranged(whole.panels, view, whole.pins)
            )
        return known

    def forget(self) -> None:
        """Something was changed: the next board is a new one."""
        self._shared.forget()

    def _whole(self) -> Whole:
        oculus, now_ms = self._oculus, self._oculus.clock.now_ms()
        collectors, firing = oculus.scheduler.status(), self.firing()
        facts = Facts(
            trails=oculus.live.snapshot(),
            collectors=collectors,
            firing=by_symbol(firing),
            freshness=oculus.scheduler.freshness,
            now_ms=now_ms,
            away=self._away(now_ms),
        )
        panels, pins = self._cards.panels(facts), self._shelf.pins()
        board = Board(
            frame=self._frames.frame(collectors, len(firing)),
            firing=firing_lines(firing),
            more=max(0, len(firing) - SHOWN),
            panels=arranged(panels, USUAL, pins),
            empty=all(panel.key == FOLDED for panel in panels),
            view=USUAL,
            choices=choices(panels),
            pins=frozenset(pins),
            settings_file=settings_file(oculus),
            now_ms=now_ms,
        )
        return Whole(panels, pins, board, {USUAL: board})

    def frame(self) -> Frame:
        """For the pages that need nothing else."""
        return self._frames.frame(self._oculus.scheduler.status(), len(self.firing()))

    def firing(self) -> list[Firing]:
        """The open alerts, with what the engine knows of each."""
        now = instances_by_alert(self._oculus.engine.status())
        asleep = self._oculus.snoozes.until
        return [
            Firing(alert, told(sent), now.get(alert.id), asleep(alert.rule) is not None)
            for alert, sent in self._open_alerts()
        ]

    def _away(self, now_ms: int) -> tuple[Span, ...]:
        """When Oculus was not watching in the last hour."""
        with self._lock:
            moment = self._oculus.clock.monotonic()
            if moment - self._looked >= LOOK_S:
                found = self._oculus.reader.gaps(now_ms - HOUR_MS, now_ms)
                self._gaps = tuple(
                    (each.from_ms, now_ms if each.to_ms is None else each.to_ms) for each in found
                )
                self._looked = moment
            return self._gaps

    def _open_alerts(self) -> list[AlertRecord]:
        with self._lock:
            moment = self._oculus.clock.monotonic()
            if moment - self._asked >= REMEMBER_S:
                self._open = self._oculus.reader.alerts(state="firing", limit=MOST_FIRING)
                self._asked = moment
            return self._open


def settings_file(oculus: Oculus) -> str:
    """The file in which a person names what to watch."""
    files = oculus.settings.files
    return str(files[0]) if files else "oculus.yaml"
