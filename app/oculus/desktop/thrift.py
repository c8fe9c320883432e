"""The pages of GTK's libraries: those that only the icon's coming needed go back to the system.

Some fifty libraries make an icon and a menu, and a quarter of them is run once. What is needed again comes
back from the page cache within a millisecond.
"""

from __future__ import annotations

from oculus.storage import library
from oculus.storage.library import SMAPS, Span, untouched


class Thrift(library.Thrift):
    """Lets go of every library's pages that are clean, once the icon is there and every ten minutes."""

    def spans(self) -> list[Span]:
        """Looked at anew each time, because an icon may come late. Raises OSError."""
        lines = SMAPS.read_text("utf-8", "replace").splitlines()
        return [span for path in mapped(lines) for span in untouched(lines, path)]


def mapped(smaps: list[str]) -> set[str]:
    """The files whose code or data lie in memory."""
    heads = (line.split(maxsplit=5) for line in smaps if "/" in line)
    return {words[5] for words in heads if len(words) == 6 and words[5].startswith("/")}
