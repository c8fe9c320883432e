"""Fragments the dashboard swaps into itself, every two seconds."""

from __future__ import annotations

from bottle import HTTPResponse, request, response

from oculus.runtime import Oculus
from oculus.web.dashboard.board import Boards
from oculus.web.dashboard.view import View
from oculus.web.site import Site
from oculus.web.templates import render


def mount(app: Site, _: Oculus, boards: Boards) -> None:
    """Hang the fragments on `app`."""

    @app.get("/partials/metrics", query=View)
    def metrics(query: View) -> str | HTTPResponse:
        """The dashboard's content; 304 when whoever asks has it already."""
        board = boards.board(query)
        tag = f'"{board.version}"'
        if request.get_header("If-None-Match") == tag:
            return HTTPResponse(status=304, headers={"ETag": tag})
        response.set_header("ETag", tag)
        return render("partials/metrics.html", board=board, again=True)
