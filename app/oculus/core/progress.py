"""How far a long piece of work has come. One thread works, any may look."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class Progress:
    """`what` is "" while nothing is done; `share` is from 0 to 1."""

    def __init__(self) -> None:
        self.what = ""
        self.share = 0.0

    @contextmanager
    def of(self, what: str) -> Iterator[None]:
        self.what, self.share = what, 0.0
        try:
            yield
        finally:
            self.what, self.share = "", 0.0

    def at(self, share: float) -> None:
        self.share = share
