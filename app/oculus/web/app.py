"""Everything that can be asked for, on one application."""

from __future__ import annotations

from collections.abc import Callable

from oculus.runtime import Oculus
from oculus.web import (
    api_alerts,
    api_backtest,
    api_channels,
    api_collectors,
    api_desktop,
    api_events,
    api_files,
    api_gaps,
    api_metrics,
    api_noise,
    api_push,
    api_query,
    api_rules,
    api_snooze,
    api_status,
    exposition,
    login,
    openapi,
    pages,
    partials,
    sql_page,
    static,
    stream,
)
from oculus.web.access import Guard
from oculus.web.board import Boards
from oculus.web.chart import api as chart_api
from oculus.web.detail import pages as detail_pages
from oculus.web.forms import pages as form_pages
from oculus.web.kept import api as kept_api
from oculus.web.kept.shelf import Shelf
from oculus.web.session import OnceCodes
from oculus.web.site import Site

PARTS = (
    api_metrics,
    chart_api,
    api_query,
    api_alerts,
    api_snooze,
    api_rules,
    api_backtest,
    api_push,
    api_collectors,
    api_channels,
    api_events,
    api_gaps,
    api_files,
    api_noise,
    api_status,
    api_desktop,
    exposition,
)
PAGES = (pages, detail_pages, form_pages, partials)


def build(oculus: Oculus, guard: Guard, codes: OnceCodes, link: Callable[[], str]) -> Site:
    """Each part hangs its own routes on the application."""
    app = Site()
    login.mount(app, guard, codes, link, oculus.clock)
    static.mount(app)
    for part in PARTS:
        part.mount(app, oculus)
    shelf = Shelf(oculus)
    boards = Boards(oculus, shelf)
    kept_api.mount(app, shelf)
    sql_page.mount(app, oculus, boards, shelf)
    for page in PAGES:
        page.mount(app, oculus, boards)
    stream.mount(app)
    openapi.mount(app, guard.cookie_name)
    return app
