"""What of the dashboard differs from what a page shows already, so that only that is sent.

Most refreshes move a few numbers on a page of hundreds of cards. Whatever else changes (a card comes or
goes, something fires, a notice appears) is rare, and then the whole board goes out.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import replace

from oculus.web.dashboard.board import Board
from oculus.web.dashboard.cards import Card
from oculus.web.frame import Pulse

REMEMBERED = 32  # boards: some pages with views of their own, a few refreshes each
ANY = Pulse("", "")


class RecentBoards:
    """The boards sent lately, by version. Any thread may ask."""

    def __init__(self) -> None:
        self._boards: OrderedDict[str, Board] = OrderedDict()
        self._lock = threading.Lock()

    def changed(self, version: str, board: Board) -> list[Card] | None:
        """The cards that make `board` of the one of that version; None when more than cards changed."""
        with self._lock:
            before = self._boards.get(version)
            self._boards[board.version] = board
            if len(self._boards) > REMEMBERED:
                self._boards.popitem(last=False)
        if before is None or rest(before) != rest(board):
            return None
        pairs = zip(cards(before), cards(board), strict=True)
        return [new for old, new in pairs if new is not old and new != old]


def cards(board: Board) -> list[Card]:
    return [card for panel in board.panels for card in panel.cards]


def rest(board: Board) -> tuple[Board, list[str]]:
    """All of a board but what its cards and its panels say of trouble, and the dot in the header."""
    bare = tuple(replace(panel, cards=(), trouble="") for panel in board.panels)
    frame = replace(board.frame, pulse=ANY)
    return replace(board, panels=bare, frame=frame), [card.symbol for card in cards(board)]
