"""The settings page, and the forms that hang on it."""

from __future__ import annotations

from typing import Any

from bottle import request
from msgspec import Struct

from oculus.runtime import Oculus
from oculus.settings.objects import KINDS
from oculus.settings.show import shown
from oculus.settings.write import plain_yaml
from oculus.web.dashboard.board import Boards
from oculus.web.forms.editor import ONE, Editor
from oculus.web.forms.sheet import Sheet, Where, away
from oculus.web.forms.submission import sent
from oculus.web.site import Site
from oculus.web.templates import render

TITLES = {"collectors": "Collectors", "rules": "Rules", "channels": "Channels"}
SAID = {
    "added": "Added. It runs now.",
    "changed": "Changed. It runs as it is written now.",
    "paused": "Paused.",
    "resumed": "It runs again.",
    "deleted": "Deleted.",
    "written": "It is written, but the old settings stay: what is wrong stands above.",
}


class Place(Struct, frozen=True):
    at: str


class Said(Struct, frozen=True):
    said: str = ""


def mount(app: Site, oculus: Oculus, boards: Boards) -> None:
    """Hang settings and forms on `app`."""

    def page(name: str, **what: Any) -> str:
        return render(f"pages/{name}.html", page="settings", frame=boards.frame(), **what)

    editor = Editor(oculus)
    sheet = Sheet(oculus, editor, page)

    @app.get("/settings", query=Said)
    def settings(query: Said) -> str:
        entries = editor.entries()
        return page(
            "settings",
            said=SAID.get(query.said, ""),
            groups=[(key, TITLES[key], ONE[key], [e for e in entries if e.section == key]) for key in KINDS],
            writable=oculus.reloader is not None,
            merged=plain_yaml(shown(oculus.settings)),
            files=[str(path) for path in oculus.settings.files],
        )

    @app.get("/settings/new", query=Where)
    @app.get("/settings/edit", query=Where)
    def form(query: Where) -> str:
        return sheet.begin(query)

    @app.post("/settings/save", query=Where)
    def save(query: Where) -> str:
        return sheet.take(query, sent(request.body.read()))

    @app.post("/settings/pause", query=Place)
    def pause(query: Place) -> str:
        entry = editor.own(query.at)
        return away("paused" if entry.enabled else "resumed", editor.switch(entry))

    @app.post("/settings/delete", query=Place)
    def delete(query: Place) -> str:
        return away("deleted", editor.delete(editor.own(query.at)))
