"""Pinning symbols, and saving queries."""

from __future__ import annotations

from msgspec import Struct

from oculus.core.symbols import VALID
from oculus.web.errors import bad_request, not_found
from oculus.web.kept.shelf import SavedQuery, Shelf
from oculus.web.site import Site


class PinBody(Struct, frozen=True, forbid_unknown_fields=True):
    symbol: str


class PinsAnswer(Struct, frozen=True):
    """Main symbols, in the order in which they were pinned."""

    pins: tuple[str, ...]


class SavedQueryBody(Struct, frozen=True, forbid_unknown_fields=True):
    """A query of the same name is replaced."""

    name: str
    sql: str


class SavedQueriesAnswer(Struct, frozen=True):
    queries: list[SavedQuery]


def mount(app: Site, shelf: Shelf) -> None:
    """Hang pins and saved queries on `app`."""
    mount_pins(app, shelf)
    mount_queries(app, shelf)


def mount_pins(app: Site, shelf: Shelf) -> None:
    @app.get("/api/pins")
    def pins() -> PinsAnswer:
        """The symbols that stand first on the dashboard."""
        return PinsAnswer(shelf.pins())

    @app.post("/api/pins", body=PinBody)
    def pin(body: PinBody) -> PinsAnswer:
        """Let a symbol stand first on the dashboard."""
        if not VALID.fullmatch(body.symbol) or len(body.symbol) > 500:
            raise bad_request("symbol: is none", "GET /api/symbols lists them.")
        shelf.pin(body.symbol)
        return PinsAnswer(shelf.pins())

    @app.delete("/api/pins/<symbol:path>")
    def unpin(symbol: str) -> PinsAnswer:
        """Let a symbol stand among the others again."""
        shelf.unpin(symbol)
        return PinsAnswer(shelf.pins())


def mount_queries(app: Site, shelf: Shelf) -> None:
    @app.get("/api/queries")
    def queries() -> SavedQueriesAnswer:
        """The saved queries."""
        return SavedQueriesAnswer(shelf.queries())

    @app.post("/api/queries", body=SavedQueryBody)
    def save(body: SavedQueryBody) -> SavedQueriesAnswer:
        """Save a query under a name."""
        shelf.save(SavedQuery(body.name, body.sql))
        return SavedQueriesAnswer(shelf.queries())

    @app.delete("/api/queries/<name:path>")
    def remove(name: str) -> SavedQueriesAnswer:
        """Forget a saved query."""
        if not shelf.remove(name):
            raise not_found(f"There is no query called {name!r}", "GET /api/queries lists them.")
        return SavedQueriesAnswer(shelf.queries())
