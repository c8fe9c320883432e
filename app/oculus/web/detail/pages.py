"""The pages about one thing, and the fragments they refresh."""

from __future__ import annotations

from msgspec import Struct

from oculus.rules.template import TemplateError
from oculus.runtime import Oculus
from oculus.web.dashboard.board import Boards
from oculus.web.detail.alerts import SPANS as ALERT_SPANS
from oculus.web.detail.alerts import AlertsQuery, alert_list
from oculus.web.detail.channels import channels_sheet, try_out
from oculus.web.detail.moved import moved_list
from oculus.web.detail.rule import SPANS, USUAL_SPAN, rule_sheet
from oculus.web.detail.runs import run_now
from oculus.web.detail.symbol import RANGES, sheet, usual_range
from oculus.web.site import Site
from oculus.web.templates import render


class RuleQuery(Struct, frozen=True):
    """How far back the time line goes."""

    span: str = USUAL_SPAN


class PreviewQuery(Struct, frozen=True):
    """A template that is being written."""

    message: str = ""


class SymbolQuery(Struct, frozen=True):
    """`compare` names symbols to lay over it, parted by commas."""

    range: str = ""
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
            range=query.range if query.range in RANGES else usual_range(oculus, symbol, board.now_ms),
            query=query,
        )

    mount_alerts(app, oculus, boards)
    mount_rules(app, oculus, boards)

    @app.get("/partials/metric/<symbol:path>")
    def symbol_part(symbol: str) -> str:
        board = boards.board()
        return render(
            "partials/symbol.html", frame=board.frame, sheet=sheet(oculus, board, symbol), again=True
        )


def mount_alerts(app: Site, oculus: Oculus, boards: Boards) -> None:
    @app.get("/alerts", query=AlertsQuery)
    def alerts(query: AlertsQuery) -> str:
        found = alert_list(oculus, query)
        return render(
            "pages/alerts.html",
            page="alerts",
            frame=boards.frame(),
            list=found,
            query=query,
            spans=ALERT_SPANS,
        )

    @app.get("/channels")
    def channels() -> str:
        return render(
            "pages/channels.html", page="channels", frame=boards.frame(), sheet=channels_sheet(oculus)
        )

    @app.post("/partials/test/<name:path>")
    def test(name: str) -> str:
        """One real message through a channel, and what the service said to it."""
        return render("partials/tried.html", tried=try_out(oculus, name))

    @app.post("/partials/run/<name:path>")
    def run(name: str) -> str:
        """One run of a collector, and what it learned."""
        return render("partials/tried.html", tried=run_now(oculus, name))

    @app.get("/partials/moved/<number:int>")
    def moved(number: int) -> str:
        """What else moved when an alert fired."""
        return render("partials/moved.html", moved=moved_list(oculus, number))


def mount_rules(app: Site, oculus: Oculus, boards: Boards) -> None:
    @app.get("/rules/<name:path>", query=RuleQuery)
    def rule(name: str, query: RuleQuery) -> str:
        span = query.span if query.span in SPANS else USUAL_SPAN
        return render(
            "pages/rule.html",
            page="rules",
            frame=boards.frame(),
            sheet=rule_sheet(oculus, name, span),
            spans=SPANS,
            span=span,
        )

    @app.get("/partials/preview/<name:path>", query=PreviewQuery)
    def preview(name: str, query: PreviewQuery) -> str:
        """What a message would say now."""
        try:
            made, mistake = oculus.engine.preview(name, query.message), ""
        except TemplateError as error:
            made, mistake = None, str(error)
        return render("partials/preview.html", made=made, mistake=mistake)

    @app.get("/partials/lint/<name:path>")
    def odd(name: str) -> str:
        """What looks odd in a rule. It asks a week of numbers, so the page does not wait for it."""
        return render("partials/lint.html", hints=oculus.lint(name))
