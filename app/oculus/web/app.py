"""Everything that can be asked for, on one application."""

from __future__ import annotations

from collections.abc import Callable

from oculus.runtime import Oculus
from oculus.web import (
    api_alerts,
    api_channels,
    api_collectors,
    api_desktop,
    api_events,
    api_files,
    api_metrics,
    api_push,
    api_query,
    api_rules,
    api_status,
    api_snooze,
    exposition,
    login,
    pages,
    partials,
    static,
)
from oculus.web.access import Guard
from oculus.web.chart import api as chart_api
from oculus.web.detail import pages as detail_pages
from oculus.web.session import OnceCodes
from oculus.web.site import Site

PARTS = (
    api_metrics,
    chart_api,
    api_query,
    api_alerts,
    api_rules,
    api_push,
    api_collectors,
    api_channels,
    api_events,
    api_snooze,
    api_files,
    api_status,
    api_desktop,
    exposition,
    pages,
    detail_pages,
    partials,
)


def build(oculus: Oculus, guard: Guard, codes: OnceCodes, link: Callable[[], str]) -> Site:
    """Each part hangs its own routes on the application."""
    app = Site()
    login.mount(app, guard, codes, link, oculus.clock)
    static.mount(app)
    for part in PARTS:
        part.mount(app, oculus)
    return app
