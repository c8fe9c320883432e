"""The symbols that a person pinned on the dashboard: first there, and in the icon's tooltip and menu."""

from __future__ import annotations

from oculus.storage.memory.remembered import Remembered

KEPT = "web.pins"


def pinned(memory: Remembered) -> tuple[str, ...]:
    """Main symbols, in the order in which they were pinned."""
    return tuple(memory.load(KEPT) or ())


def keep(memory: Remembered, symbols: list[str]) -> None:
    """From now on these. Never waits."""
    memory.save(KEPT, symbols)
