"""What can be set for the database."""

from __future__ import annotations

from math import inf
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from oculus.core.durations import Duration, parse_duration
from oculus.core.fields import Size

KEPT = r"^(forever|\s*\d+(\.\d+)?\s*(ms|s|m|h|d|w|y)\s*)$"
Kept = Annotated[str, Meta(pattern=KEPT, examples=["30d", "forever"])]


class Rollups(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long the summaries by minute, hour and day are kept."""

    minutes: Annotated[Kept, Meta(description="Summaries by minute.")] = field(default="30d", name="1m")
    hours: Annotated[Kept, Meta(description="Summaries by hour.")] = field(default="2y", name="1h")
    days: Annotated[Kept, Meta(description="Summaries by day.")] = field(default="forever", name="1d")


class StorageSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The database file: where it lies, how long it remembers, how much it may take."""

    path: Annotated[
        str, Meta(description="The database file, relative to the data folder.", min_length=1)
    ] = "oculus.db"
    retention: Annotated[
        Duration, Meta(description="How long every single number is kept; cleaned on start and hourly.")
    ] = Duration(days=7)
    rollups: Annotated[Rollups, Meta(description="How long summaries are kept.")] = Rollups()
    max_size: Annotated[
        Size, Meta(description="The oldest numbers go first when the file would grow past this.")
    ] = Size(4 * 2**30)
    vacuum: Annotated[
        Literal["daily", "off"], Meta(description="Tidy the file up once a day and keep a backup beside it.")
    ] = "daily"
    memory_limit: Annotated[
        Size, Meta(description="The most memory that the database may use for its work.")
    ] = Size(256 * 10**6)

    def reach_s(self) -> float:
        """How far back anything is kept, be it a summary; inf where that is for ever."""
        kept = (self.rollups.minutes, self.rollups.hours, self.rollups.days)
        lengths = [
            inf if text.strip() == "forever" else parse_duration(text).total_seconds() for text in kept
        ]
        return max(self.retention.total_seconds(), *lengths)
