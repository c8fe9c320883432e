"""What market collectors keep beyond a run: handed in by whoever builds them. Here in plain memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Protocol

from oculus.core.metric import Close


class Memory(Protocol):
    """Small things that outlive a restart. Any thread may call."""

    def load(self, key: str) -> Any:
        """What was saved under `key`: JSON's own types; None when nothing was."""
        ...

    def save(self, key: str, value: Any) -> None:
        """Keep `value`, which JSON can hold. Never waits."""
        ...


class Closes(Protocol):
    """Daily closing prices, kept longer than single numbers. Any thread may call."""

    def load(self, symbols: Sequence[str], since: date) -> Mapping[str, Mapping[date, float]]:
        """Of each symbol the closes from `since` on; symbols without any are left out."""
        ...

    def save(self, closes: Sequence[Close]) -> None:
        """Keep them; a day that is known already is replaced. Never waits."""
        ...


class PlainMemory:
    """A Memory that lives as long as the process."""

    def __init__(self) -> None:
        self.kept: dict[str, Any] = {}

    def load(self, key: str) -> Any:
        return self.kept.get(key)

    def save(self, key: str, value: Any) -> None:
        self.kept[key] = value


class PlainCloses:
    """Closes that live as long as the process."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[date, float]] = {}

    def load(self, symbols: Sequence[str], since: date) -> Mapping[str, Mapping[date, float]]:
        found = {symbol: self.kept[symbol] for symbol in symbols if symbol in self.kept}
        return {symbol: {day: v for day, v in days.items() if day >= since} for symbol, days in found.items()}

    def save(self, closes: Sequence[Close]) -> None:
        for close in closes:
            self.kept.setdefault(close.symbol, {})[close.day] = close.value
