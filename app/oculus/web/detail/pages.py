"""The pages about one thing, and the fragments they refresh."""

from __future__ import annotations

from msgspec import Struct

from oculus.runtime import Oculus
from oculus.web.board import Boards
from oculus.web.detail.symbol import RANGES, USUAL_RANGE, sheet
from oculus.web.site import Site
from oculus.web.templates import render


class SymbolQuery(Struct, frozen=True):
    """`compare` names symbols to lay over it, parted by commas."""

    range: str = USUAL_RANGE
    compare: str = ""
    since: str = ""
    until: str = ""


def mount(app: Site, oculus: Oculus, boards: Boards) -> None:
    """Hang the pages on `app`."""

    @app.get("/metric/<symbol:path>", query=SymbolQuery)
    def symbol_page(symbol: str, query: SymbolQuery) -> str:
        board = boards.board()
        return render(
            "pages/symbol.html",
            page="",
            frame=board.frame,
            sheet=sheet(oculus, board, symbol),
            ranges=RANGES,
            range=query.range if query.range in RANGES else USUAL_RANGE,
            query=query,
        )

    @app.get("/partials/metric/<symbol:path>")
    def symbol_part(symbol: str) -> str:
        board = boards.board()
        return render(
            "partials/symbol.html", frame=board.frame, sheet=sheet(oculus, board, symbol), again=True
        )
