"""The way in for a browser: by the token, or by a link that `oculus open` was given."""

from __future__ import annotations

from collections.abc import Callable

from bottle import request, response
from msgspec import Struct

from oculus.core.clock import Clock
from oculus.web.access.guard import Guard
from oculus.web.access.session import LASTS_S, OnceCodes
from oculus.web.site import Site
from oculus.web.templates import render


class LinkAnswer(Struct, frozen=True):
    link: str


def mount(app: Site, guard: Guard, codes: OnceCodes, link: Callable[[], str], clock: Clock) -> None:
    """Hang the login on `app`."""

    def let_in(back: str) -> str:
        response.set_cookie(
            guard.cookie_name,
            guard.sessions.issue(clock.now_ms()),
            httponly=True,
            samesite="strict",
            secure=guard.secure,
            path="/",
            max_age=LASTS_S,
        )
        # 303, so that neither the code nor the form stays in the address bar or its history.
        response.status = 303
        response.set_header("Location", inside(back))
        return ""

    @app.get("/login")
    def ask() -> str:
        once = request.query.get("once", "")
        back = request.query.getunicode("next", "/")
        if once and codes.redeem(once, clock.monotonic()):
            return let_in(back)
        return page(back, "That link was used or is older than a minute." if once else "")

    @app.post("/api/link")
    def make_link() -> LinkAnswer:
        """An address that opens the pages once within a minute, without the token in it."""
        return LinkAnswer(link())

    @app.post("/logout")
    def leave() -> str:
        """This browser forgets that it was let in, and whoever copied its cookie is out too."""
        guard.sessions.end(request.get_cookie(guard.cookie_name, ""), clock.now_ms())
        response.delete_cookie(guard.cookie_name, path="/", httponly=True, samesite="strict")
        response.status = 303
        response.set_header("Location", "/login")
        return ""

    @app.post("/login")
    def answer() -> str:
        given = request.forms.getunicode("token", "").strip()
        back = request.forms.getunicode("next", "/")
        if guard.is_token(given):
            return let_in(back)
        response.status = 401
        return page(back, "That is not the token.")


def page(back: str, mistake: str) -> str:
    return render("pages/login.html", back=inside(back), mistake=mistake)


def inside(back: str) -> str:
    """`back` when it is a place of ours, else the dashboard."""
    ours = (
        back.startswith("/") and not back.startswith(("//", "/\\")) and back.isascii() and back.isprintable()
    )
    return back if ours else "/"
