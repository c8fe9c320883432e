"""The pages: each is one template and what it needs."""

from __future__ import annotations

from oculus.collectors.sources.providers import PROVIDERS
from oculus.runtime import Oculus
from oculus.web.dashboard.board import Boards, settings_file
from oculus.web.dashboard.view import SORTS, View
from oculus.web.lists import collector_row, rule_row
from oculus.web.site import Site
from oculus.web.templates import render

BORROWED = (
    ("htmx", "2.0.11", "0BSD", "Refreshes the dashboard"),
    ("idiomorph", "0.8.0", "0BSD", "Changes only what differs, so that nothing jumps"),
    ("lightweight-charts", "5.2.1", "Apache-2.0", "Draws the charts"),
    ("Tailwind CSS", "4.3.5", "MIT", "The ground the styles stand on"),
)
NOTICE = (  # which lightweight-charts asks to be shown
    "TradingView Lightweight Charts™, Copyright © 2026 TradingView, Inc.",
    "https://www.tradingview.com/",
)


def mount(app: Site, oculus: Oculus, boards: Boards) -> None:
    """Hang the pages on `app`."""

    @app.get("/", query=View)
    def dashboard(query: View) -> str:
        board = boards.board(query)
        return render(
            "pages/dashboard.html",
            page="dashboard",
            board=board,
            draw=boards.draw,
            frame=board.frame,
            sorts=SORTS,
        )

    @app.get("/rules")
    def rules() -> str:
        rows = [rule_row(status, oculus.clock.now_ms()) for status in oculus.engine.status()]
        rows.sort(key=lambda row: row.rank)
        return render(
            "pages/rules.html",
            page="rules",
            frame=boards.frame(),
            rows=rows,
            snoozed={row.name: oculus.snoozes.until(row.name) for row in rows},
            settings_file=settings_file(oculus),
        )

    @app.get("/collectors")
    def collectors() -> str:
        rows = [collector_row(status, oculus.clock.now_ms()) for status in oculus.scheduler.status()]
        return render(
            "pages/collectors.html",
            page="collectors",
            frame=boards.frame(),
            rows=rows,
            settings_file=settings_file(oculus),
        )

    @app.get("/about")
    def about() -> str:
        sources = [(each.title, each.site, each.terms) for each in PROVIDERS.values() if each.site]
        return render(
            "pages/about.html",
            page="about",
            frame=boards.frame(),
            desktop=oculus.desk.status() if oculus.desk else None,
            borrowed=BORROWED,
            notice=NOTICE,
            sources=sources,
        )
