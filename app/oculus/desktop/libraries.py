"""The pages of GTK's libraries: those that only the icon's coming needed go back to the system.

Some fifty libraries make an icon and a menu, and a quarter of them is run once. What is needed again comes
back from the page cache within a millisecond.
"""

from __future__ import annotations

from oculus.core import libraries
from oculus.core.libraries import Span, read_smaps, untouched

ALL = ("",)  # however their names begin
LOADED_S = 1.0  # longer than the loader takes to put one in its place


class PageReleaser(libraries.PageReleaser):
    """Lets go of every library's pages that are clean, once the icon is there and every ten minutes."""

    def spans(self) -> list[Span]:
        """Looked at anew each time, because an icon may come late. Raises OSError.

        One that is being loaded just now must not be touched: only those count that lie there for a while.
        """
        before = untouched(read_smaps(), ALL)
        self.stopping.wait(LOADED_S)
        return sorted({*before} & {*untouched(read_smaps(), ALL)})
