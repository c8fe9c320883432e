"""The body of a webhook, where a template makes it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import msgspec
from jinja2 import StrictUndefined, Template, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment

from oculus.core.alert import Alert, AlertState, News, NewsKind
from oculus.core.event import Severity
from oculus.notify.render.news import alert_json, as_text

ENVIRONMENT = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)

EXAMPLE = News(
    kind=NewsKind.FIRED,
    alert=Alert(
        id=1,
        rule="example",
        instance="net.ping.example.com",
        severity=Severity.WARN,
        state=AlertState.FIRING,
        message='an "example"',  # most who forget `tojson` see it go wrong with the first quote
        value=1.0,
        threshold=1.0,
        started_ms=0,
        fired_ms=0,
    ),
    ts_ms=0,
)


def templated(body: str, group: Sequence[News], link: str) -> str:
    """The body that a template makes. It can raise anything.

    It knows `alerts`, a list of what the JSON holds, `text` and `link`; of one alone, all of its fields too.
    """
    whole = [alert_json(news) for news in group]
    alone = whole[0] if len(whole) == 1 else {}
    text = "\n".join(as_text(news) for news in group)
    return parsed(body).render(alone | {"alerts": whole, "text": text, "link": link})


def broken_json(body: str, made: str) -> bool:
    """Whether a template that is to make a JSON object has made none."""
    if not re.match(r"\s*\{(?![{%#])", body):
        return False
    try:
        msgspec.json.decode(made)
    except msgspec.DecodeError:
        return True
    return False


def uses_alerts(body: str) -> bool:
    """Whether the template can tell of many at once. Raises TemplateSyntaxError."""
    return "alerts" in meta.find_undeclared_variables(ENVIRONMENT.parse(body))


@lru_cache(maxsize=16)
def parsed(body: str) -> Template:
    return ENVIRONMENT.from_string(body)
