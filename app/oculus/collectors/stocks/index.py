"""Stock market indices.

Source   Yahoo Finance (personal use)
Symbols  stock.index.<index>   in points; .change in % of the previous close
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, field

from oculus.collectors.stocks.listing import Listed, ListingCollector, ListingSettings
from oculus.collectors.stocks.price import Ticker
from oculus.core.symbols import clean

INDICES = {
    "spx": "^GSPC", "nasdaq": "^IXIC", "dow": "^DJI", "hsi": "^HSI", "ftse": "^FTSE", "dax": "^GDAXI",
    "nikkei": "^N225",
}  # fmt: skip


class IndexSettings(ListingSettings, frozen=True, kw_only=True, tag="stock.index"):
    """Where markets stand."""

    indices: Annotated[
        list[Ticker],
        Meta(
            description=f"{', '.join(INDICES)}, or any symbol of Yahoo Finance such as ^STOXX50E.",
            min_length=1,
            max_length=100,
        ),
    ] = field(default_factory=lambda: ["spx"])


class Index(ListingCollector):
    """Ask for one index after another."""

    kind = "stock.index"
    category = "stock.index"
    settings_class = IndexSettings
    settings: IndexSettings

    def listed(self) -> list[Listed]:
        names = dict.fromkeys(name.lower() for name in self.settings.indices)
        return [Listed(f"stock.index.{clean(name)}", INDICES.get(name, name.upper())) for name in names]
