"""Sectors of the American market, as the eleven funds that follow them.

Source   Yahoo Finance (personal use)
Symbols  stock.sector.<fund>   its price in dollars; .change in % of the previous close
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, field

from oculus.collectors.stocks.listing import Listed, ListingCollector, ListingSettings
from oculus.core.durations import Duration

Fund = Literal["xlb", "xlc", "xle", "xlf", "xli", "xlk", "xlp", "xlre", "xlu", "xlv", "xly"]
FUNDS: tuple[Fund, ...] = ("xlb", "xlc", "xle", "xlf", "xli", "xlk", "xlp", "xlre", "xlu", "xlv", "xly")


class SectorSettings(ListingSettings, frozen=True, kw_only=True, tag="stock.sector"):
    """How the sectors of the American market do."""

    interval: Annotated[
        Duration, Meta(description="Time between questions while the market is open; half an hour otherwise.")
    ] = Duration(minutes=5)
    sectors: Annotated[list[Fund], Meta(description="Which funds; all eleven unless set.", min_length=1)] = (
        field(default_factory=lambda: list(FUNDS))
    )


class Sector(ListingCollector):
    """Ask for one fund after another."""

    kind = "stock.sector"
    category = "stock.sector"
    settings_class = SectorSettings
    settings: SectorSettings

    def listed(self) -> list[Listed]:
        return [Listed(f"stock.sector.{fund}", fund.upper()) for fund in dict.fromkeys(self.settings.sectors)]
