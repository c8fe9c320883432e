"""Names and the classes they stand for, each imported when it is first asked for.

A machine that pings three hosts pays for no markets and no chat services: not in time when it starts, and not
in memory while it runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from importlib import import_module
from typing import TypeVar

T = TypeVar("T")


class Registry(MutableMapping[str, type[T]]):
    """`places` says by name where each class is, below `package`: "network.tcp:Tcp". Any thread may ask."""

    def __init__(self, package: str, places: Mapping[str, str]) -> None:
        self._package = package
        self._found: dict[str, type[T] | str] = dict(places)

    def __getitem__(self, name: str) -> type[T]:
        found = self._found[name]
        if isinstance(found, str):
            module, _, label = found.partition(":")
            found = getattr(import_module(f"{self._package}.{module}"), label)
            self._found[name] = found
        return found

    def __setitem__(self, name: str, found: type[T]) -> None:
        self._found[name] = found

    def __delitem__(self, name: str) -> None:
        del self._found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def __contains__(self, name: object) -> bool:
        return name in self._found  # Mapping's own would import it to find out
