"""How people want their pages to look, as far as that is the same in every browser."""

from __future__ import annotations

from oculus.runtime import Oculus

KEY = "web.look"
MARKETS = {  # the colours of what rises and what falls, the usual ones first
    "green-red": "Green up, red down",
    "red-green": "Red up, green down, as in East Asia",
    "blue-red": "Blue up, red down, for those to whom red and green look alike",
    "grey": "Grey: a market's way is no alarm",
}
USUAL = "green-red"


class Look:
    """Any thread may ask."""

    def __init__(self, oculus: Oculus) -> None:
        self._memory = oculus.memory

    @property
    def market(self) -> str:
        """One of MARKETS."""
        found = (self._memory.load(KEY) or {}).get("market", USUAL)
        return found if found in MARKETS else USUAL

    def choose(self, market: str) -> None:
        """`market`: one of MARKETS."""
        self._memory.save(KEY, {"market": market})
