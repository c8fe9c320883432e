"""Everything that can be asked for, on one application."""

from __future__ import annotations

from collections.abc import Callable

from oculus.runtime import Oculus
from oculus.web import pages, sql_page, static
from oculus.web.access import login
from oculus.web.access.guard import Guard
from oculus.web.access.session import OnceCodes
from oculus.web.api import (
    alerts,
    backtest,
    channels,
    collectors,
    desktop,
    events,
    exposition,
    files,
    gaps,
    metrics,
    noise,
    openapi,
    push,
    query,
    rules,
    snooze,
    status,
)
from oculus.web.chart import api as chart_api
from oculus.web.dashboard import partials
from oculus.web.dashboard.board import Boards
from oculus.web.detail import pages as detail_pages
from oculus.web.forms import pages as form_pages
from oculus.web.kept import api as kept_api
from oculus.web.kept.look import Look
from oculus.web.kept.shelf import Shelf
from oculus.web.site import Site
from oculus.web.stream import hub
from oculus.web.trials import noise as noise_page
from oculus.web.trials import pages as trial_pages

PARTS = (
    metrics,
    chart_api,
    query,
    alerts,
    snooze,
    rules,
    backtest,
    push,
    collectors,
    channels,
    events,
    gaps,
    files,
    noise,
    status,
    desktop,
    exposition,
)
PAGES = (pages, detail_pages, trial_pages, noise_page, partials)


def build(oculus: Oculus, guard: Guard, codes: OnceCodes, link: Callable[[], str]) -> Site:
    """Each part hangs its own routes on the application."""
    app = Site()
    login.mount(app, guard, codes, link, oculus.clock)
    static.mount(app)
    for part in PARTS:
        part.mount(app, oculus)
    shelf = Shelf(oculus)
    look = Look(oculus)
    boards = Boards(oculus, shelf, look)
    kept_api.mount(app, shelf)
    sql_page.mount(app, oculus, boards, shelf)
    form_pages.mount(app, oculus, boards, look)
    for page in PAGES:
        page.mount(app, oculus, boards)
    hub.mount(app)
    openapi.mount(app, guard.cookie_name)
    return app
