"""One form: what it begins with, what becomes of it when it is sent, and how it is shown again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from bottle import response
from msgspec import Struct, structs

from oculus.core.errors import OculusError
from oculus.runtime import Oculus
from oculus.settings.objects import Entry
from oculus.web.forms import providers
from oculus.web.forms.editor import ONE, Draft, Editor, kind_of, without
from oculus.web.forms.fields import Field, filled
from oculus.web.forms.submission import read_form
from oculus.web.forms.tries import Tried, attempt

NAME = "oculus.name"  # of a channel; no setting is called so
DO = "oculus.do"
CHOSEN = ("collectors", "channels", "sources")  # what has types to choose from
NAME_HELP = "What rules and pages call it."
NO_NAME = "is missing; write what rules shall call it"
OTHERS = "It was changed elsewhere while you wrote. Save again to replace what {file} holds now."


class Where(Struct, frozen=True):
    """What a form is about: a new one of a `type`, a copy of `like`, or the one `at` a place.

    `since` is when its file was written that the form began with, in ns.
    """

    section: str = ""
    type: str = ""
    like: str = ""
    at: str = ""
    since: str = ""

    @property
    def action(self) -> str:
        """Where the form is sent."""
        given = {key: value for key, value in structs.asdict(self).items() if value}
        return f"/settings/save?{urlencode(given)}"


class Sheet:
    """Forms of one kind of page. `render` makes the page, `backtest` the one of a rule over the past."""

    def __init__(
        self,
        oculus: Oculus,
        editor: Editor,
        render: Callable[..., str],
        backtest: Callable[[Draft, Where], str],
    ) -> None:
        self._oculus = oculus
        self._editor = editor
        self._render = render
        self._backtest = backtest

    def begin(self, query: Where) -> str:
        """The form as it is first shown, or a choice of types. Raises HttpError."""
        if query.section in CHOSEN and not (query.type or query.like or query.at):
            kinds = [(name, about(query.section, name)) for name in self._editor.choices(query.section)]
            return self._render("choose", section=query.section, one=ONE[query.section], kinds=kinds)
        draft = self._start(query)
        return self._show(draft, current(query, draft), by_hand=self._by_hand(query))

    def fill(self, query: Where, fields: Mapping[str, Any]) -> str:
        """The form of a rule with `fields` in the place of what stands there; "" empties one."""
        origin = self._start(query)
        data = {**origin.data, **fields}
        data = {key: value for key, value in data.items() if value != ""}
        query = query if query.since else current(query, origin)
        return self._show(structs.replace(origin, data=data), query, by_hand=self._by_hand(query))

    def _by_hand(self, query: Where) -> str:
        """Where it is written what this is a copy of, if a person wrote that; else empty."""
        entry = self._editor.entry(query.like) if query.like else None
        return f"{entry.file}:{entry.line}" if entry and not entry.own else ""

    def take(self, query: Where, given: Mapping[str, str]) -> str:
        """Save or try what was sent; with mistakes the form is shown again."""
        origin = self._start(query)
        read = read_form(kind_of(origin.section, origin.type), given, origin.data)
        name = origin.type if origin.section == "sources" else given.get(NAME, "").strip()
        draft = structs.replace(origin, data=read.data, name=name)
        mistakes = dict(read.mistakes)
        if draft.section == "channels" and not name:
            mistakes["name"] = NO_NAME
        if mistakes:
            return self._wrong(draft, query, {**self._other_mistakes(draft), **mistakes})
        return self._judge(draft, query, given)

    def _other_mistakes(self, draft: Draft) -> dict[str, str]:
        """Beside what could not even be read: all mistakes are told at once."""
        named = structs.replace(draft, name=draft.name or "new")
        return self._editor.mistakes(named, self._editor.trial(named))[0]

    def _judge(self, draft: Draft, query: Where, given: Mapping[str, str]) -> str:
        found = self._editor.trial(draft)
        mistakes, elsewhere = self._editor.mistakes(draft, found)
        if mistakes or elsewhere:
            return self._wrong(draft, query, mistakes, elsewhere)
        if given.get(DO) == "backtest":
            return self._backtest(draft, query)
        if given.get(DO) == "try":
            return self._show(draft, query, tried=attempt(self._oculus, found, draft.name))
        if draft.entry and query.since and query.since != current(query, draft).since:
            return self._wrong(draft, current(query, draft), {}, [OTHERS.format(file=draft.entry.file)])
        try:
            taken = self._editor.save(draft)
        except OculusError as error:
            return self._wrong(draft, query, {}, [str(error)])
        return away("changed" if draft.entry else "added", taken)

    def _start(self, query: Where) -> Draft:
        if query.at:
            return of_entry(entry := self._editor.own(query.at), entry)
        if query.like:
            return of_entry(self._editor.entry(query.like), None)
        kind_of(query.section, query.type)
        name = query.type if query.section == "sources" else ""
        return Draft(section=query.section, type=query.type, name=name, data={})

    def _wrong(
        self, draft: Draft, query: Where, mistakes: Mapping[str, str], elsewhere: Sequence[str] = ()
    ) -> str:
        response.status = 400
        return self._show(draft, query, mistakes, elsewhere)

    def _show(
        self,
        draft: Draft,
        query: Where,
        mistakes: Mapping[str, str] | None = None,
        elsewhere: Sequence[str] = (),
        tried: Tried | None = None,
        by_hand: str = "",
    ) -> str:
        kind, wrong = kind_of(draft.section, draft.type), mistakes or {}
        fields = filled(kind, draft.data, draft.stored, wrong, self._editor.names(draft))
        if draft.section == "channels":
            fields.insert(0, name_field(draft.name, wrong.get("name", "")))
        if draft.section == "sources":
            fields = providers.fitted(draft.type, fields)
        named = {field.name.removeprefix("oculus.") for field in fields}
        return self._render(
            "form",
            one=ONE[draft.section],
            draft=draft,
            about=about(draft.section, draft.type),
            fields=fields,
            action=query.action,
            elsewhere=[*elsewhere, *(f"{key}: {said}" for key, said in wrong.items() if key not in named)],
            tried=tried,
            by_hand=by_hand,
        )


def current(query: Where, draft: Draft) -> Where:
    """With the file as it is now."""
    return structs.replace(query, since=str(draft.entry.path.stat().st_mtime_ns)) if draft.entry else query


def of_entry(entry: Entry, own: Entry | None) -> Draft:
    """What is written there; a copy of it where `own` is None."""
    kind_of(entry.section, entry.type)
    name = entry.name if entry.section == "sources" or (own and entry.section == "channels") else ""
    data = without(entry.data, "type")
    return Draft(section=entry.section, type=entry.type, name=name, data=data, entry=own, stored=data)


def name_field(value: str, mistake: str) -> Field:
    return Field(
        name=NAME, label="Name", help=NAME_HELP, kind="text", required=True, usual="", front=True,
        value=value, mistake=mistake,
    )  # fmt: skip


def about(section: str, kind: str) -> str:
    return providers.about(kind) if section == "sources" else first_line(kind_of(section, kind))


def first_line(kind: type[Struct]) -> str:
    return (kind.__doc__ or "").strip().partition("\n")[0]


def away(said: str, taken: bool) -> str:
    """Back to the list, by a new request, so that going back sends nothing twice."""
    return to(f"/settings?said={said if taken else 'written'}")


def to(place: str) -> str:
    response.status = 303
    response.set_header("Location", place)
    return ""
