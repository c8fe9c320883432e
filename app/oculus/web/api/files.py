"""Whole files: a copy of the database, and stored metrics for other programs."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Literal

from msgspec import Struct

from oculus.core.paths import private_folder
from oculus.runtime import Oculus
from oculus.web.api.params import moment
from oculus.web.site import Download, Site

FOLDER = "outgoing"  # beside the database: there is room for a copy, and only its owner looks in


class ExportQuery(Struct, frozen=True):
    """`symbol` may be a glob; `since` is 7d or an ISO 8601 time, everything when empty."""

    symbol: str = "*"
    since: str = ""
    format: Literal["csv", "parquet"] = "csv"


def mount(app: Site, oculus: Oculus) -> None:
    """Hang the downloads on `app`."""
    folder = oculus.database.path.parent / FOLDER
    clear(folder)

    @app.get("/api/backup")
    def backup() -> Download:
        """A consistent copy of the database, made while it runs."""
        path = fresh(folder)
        oculus.reader.backup(path)
        return Download(path, "oculus-backup.db")

    @app.get("/api/export", query=ExportQuery)
    def export(query: ExportQuery) -> Download:
        """Stored metrics as CSV or Parquet."""
        since_ms = moment("since", query.since, oculus.clock.now_ms()) or 0
        path = fresh(folder).with_suffix(f".{query.format}")
        oculus.reader.export(path, query.symbol, since_ms)
        return Download(path, f"oculus-metrics.{query.format}")


def fresh(folder: Path) -> Path:
    return private_folder(folder) / secrets.token_hex(8)


def clear(folder: Path) -> None:
    """Remove what a crash has left."""
    for path in folder.glob("*"):
        path.unlink(missing_ok=True)
