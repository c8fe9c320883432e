"""Fragments the dashboard swaps into itself, every two seconds."""

from __future__ import annotations

from bottle import HTTPResponse, request, response

from oculus.runtime import Oculus
from oculus.web.access.guard import READS
from oculus.web.dashboard.board import Boards
from oculus.web.dashboard.changes import RecentBoards
from oculus.web.dashboard.view import View
from oculus.web.site import Site
from oculus.web.templates import render

QUIET = ("/in/", "/api/query")  # are sent, too, but nobody waits to see what they changed


def mount(app: Site, _: Oculus, boards: Boards) -> None:
    """Hang the fragments on `app`."""
    recent = RecentBoards()

    def sent() -> None:
        if request.method not in READS and not request.path.startswith(QUIET):
            boards.forget()

    app.add_hook("after_request", sent)

    @app.get("/partials/metrics", query=View)
    def metrics(query: View) -> str | HTTPResponse:
        """The dashboard's content, or what of it changed; 304 when whoever asks has it already."""
        board = boards.board(query)
        tag, seen = f'"{board.version}"', request.get_header("If-None-Match", "")
        changed = recent.changed(seen.strip('"'), board)
        if seen == tag:
            return HTTPResponse(status=304, headers={"ETag": tag})
        response.set_header("ETag", tag)
        if changed is None:
            return render("partials/metrics.html", board=board, draw=boards.draw, again=True)
        response.set_header("HX-Reswap", "none")  # each card finds its own place
        cards = (boards.draw(card, card.symbol in board.pins, board.now_ms, again=True) for card in changed)
        return render("partials/changes.html", board=board, cards="".join(cards))
