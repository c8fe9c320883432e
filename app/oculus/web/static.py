"""Styles and scripts under /static/: everything a page loads comes from here."""

from __future__ import annotations

import re

from bottle import HTTPResponse, static_file

from oculus.core.paths import bundled
from oculus.web.errors import not_found
from oculus.web.site import Site

VERSIONED = re.compile(r"[^/]*\d+\.\d+[^/]*/")  # vendor/htmx-2.0.4/...
LONG = "public, max-age=31536000, immutable"


def mount(app: Site) -> None:
    """Hang the files of ui/static on `app`."""

    @app.get("/static/<path:path>")
    def static(path: str) -> HTTPResponse:
        found = static_file(path, root=str(bundled("ui", "static")))
        if found.status_code not in (200, 206, 304):
            raise not_found(f"There is no file /static/{path}")
        # What has its version in its folder never changes; the rest is asked about each time (ETag).
        found.set_header("Cache-Control", LONG if VERSIONED.search(path) else "no-cache")
        return found

    @app.get("/favicon.ico")
    def icon() -> HTTPResponse:
        """What a browser asks for by itself, whatever icon a page names."""
        return static("icon.svg")
