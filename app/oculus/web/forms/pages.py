"""The settings page, and the forms that hang on it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from bottle import request
from msgspec import Struct

from oculus.runtime import Oculus
from oculus.settings.objects import KINDS
from oculus.settings.show import shown
from oculus.settings.write import plain_yaml
from oculus.storage.file.sizes import sizes
from oculus.web.dashboard.board import Boards
from oculus.web.errors import bad_request
from oculus.web.forms.by_hand import by_hand
from oculus.web.forms.editor import ONE, Editor
from oculus.web.forms.sheet import Sheet, Where, away, to
from oculus.web.forms.submission import sent
from oculus.web.kept.look import MARKETS, Look
from oculus.web.site import Site
from oculus.web.templates import render
from oculus.web.trials.pages import Page as TrialPage
from oculus.web.trials.sheet import fields_of

TITLES = {
    "collectors": "Collectors",
    "rules": "Rules",
    "channels": "Channels",
    "mute": "Maintenance and quiet times",
    "sources": "API keys and quotas",
}
SAID = {
    "added": "Added. It runs now.",
    "changed": "Changed. It runs as it is written now.",
    "off": "Switched off.",
    "on": "Switched on. It runs now.",
    "deleted": "Deleted.",
    "back": "It is back as it was.",
    "look": "The colours are changed.",
    "written": "It is written, but the old settings stay: what is wrong stands above.",
}


class Place(Struct, frozen=True):
    at: str


class Named(Struct, frozen=True):
    section: str
    name: str


class Said(Struct, frozen=True):
    said: str = ""


def mount(app: Site, oculus: Oculus, boards: Boards, look: Look) -> None:
    """Hang settings and forms on `app`."""

    def page(name: str, **what: Any) -> str:
        return render(f"pages/{name}.html", page="settings", frame=boards.frame(), **what)

    editor = Editor(oculus)
    mount_forms(app, Sheet(oculus, editor, page, TrialPage(oculus, boards, editor).of_draft))
    mount_entries(app, editor)
    mount_look(app, look)

    @app.get("/settings", query=Said)
    def settings(query: Said) -> str:
        entries = editor.entries()
        return page(
            "settings",
            said=SAID.get(query.said, ""),
            gone=editor.gone,
            by_hand=by_hand(oculus),
            groups=[(key, TITLES[key], ONE[key], [e for e in entries if e.section == key]) for key in KINDS],
            writable=oculus.reloader is not None,
            merged=plain_yaml(shown(oculus.settings)),
            files=[str(path) for path in oculus.settings.files],
            markets=MARKETS,
            desktop=oculus.desk.status() if oculus.desk else None,
        )

    @app.get("/partials/sizes")
    def room() -> str:
        """How large the file is, and what takes the room in it."""
        return render("partials/sizes.html", sizes=sizes(oculus.database), path=str(oculus.database.path))


def mount_look(app: Site, look: Look) -> None:
    @app.post("/settings/look")
    def choose() -> str:
        """The colours of markets, for every browser and the window."""
        market = sent(request.body.read()).get("market", "")
        if market not in MARKETS:
            raise bad_request("market: is none of the colours", f"There are {', '.join(MARKETS)}.")
        look.choose(market)
        return away("look", taken=True)


def mount_forms(app: Site, sheet: Sheet) -> None:
    @app.get("/settings/new", query=Where)
    @app.get("/settings/edit", query=Where)
    def form(query: Where) -> str:
        return sheet.begin(query)

    @app.post("/settings/fill", query=Where)
    def fill(query: Where) -> str:
        """The form of a rule, filled with what was tried elsewhere. Nothing is saved."""
        given = sent(request.body.read())
        return sheet.fill(query, {**fields_of(given.get("draft", "")), **fields_of(given.get("with", ""))})

    @app.post("/settings/save", query=Where)
    def save(query: Where) -> str:
        return sheet.take(query, sent(request.body.read()))


def mount_entries(app: Site, editor: Editor) -> None:
    @app.get("/settings/find", query=Named)
    def find(query: Named) -> str:
        """To the form of what other pages know by its name; of a copy, if it was written by hand."""
        entry = editor.named(query.section, query.name)
        place, key = ("edit", "at") if entry.own else ("new", "like")
        return to(f"/settings/{place}?{urlencode({key: entry.key})}")

    @app.post("/settings/switch", query=Place)
    def switch(query: Place) -> str:
        entry = editor.own(query.at)
        return away("off" if entry.enabled else "on", editor.switch(entry))

    @app.post("/settings/delete", query=Place)
    def delete(query: Place) -> str:
        return away("deleted", editor.delete(editor.own(query.at)))

    @app.post("/settings/undo")
    def undo() -> str:
        """What was deleted last is there again."""
        return away("back", editor.undo())
