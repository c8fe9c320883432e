"""Webhook: each piece of news as JSON, posted to an address of your own.

Body     one object as in GET /api/alerts, plus "news": FIRED, RESOLVED, REMINDER, NO_DATA or ESCALATED;
         or what the template `body` makes of it
Signed   with `secret`, X-Oculus-Signature is sha256=<HMAC-SHA256 of the body, in hex>
Answer   any 2xx means it was taken; 401, 403, 404 and 410 are final, all else is tried again
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated

import msgspec
from jinja2 import StrictUndefined, Template
from jinja2.sandbox import ImmutableSandboxedEnvironment
from msgspec import Meta

from oculus.core.alert import Alert, AlertState, News, NewsKind
from oculus.core.clock import Clock
from oculus.core.durations import Duration
from oculus.core.errors import ChannelError
from oculus.core.event import Severity
from oculus.core.secret import Secret
from oculus.notify.channel import Channel, ChannelSettings
from oculus.notify.facts import NO_FACTS, Facts
from oculus.notify.post.outcome import check
from oculus.notify.render.news import alert_json, as_text
from oculus.notify.render.words import words

SIGNATURE = "X-Oculus-Signature"


class WebhookSettings(ChannelSettings, tag="webhook", frozen=True, kw_only=True):
    """Where the JSON is posted."""

    url: Annotated[
        Secret, Meta(description="The address, http or https. It may hold a secret: it is never shown.")
    ]
    headers: Annotated[
        dict[str, Secret],
        Meta(description="Further headers, such as Authorization; their values are never shown."),
    ] = msgspec.field(default_factory=dict)
    secret: Annotated[
        Secret, Meta(description=f"Signs the body in {SIGNATURE}, so that the receiver knows who wrote.")
    ] = msgspec.field(default_factory=lambda: Secret(""))
    body: Annotated[
        str,
        Meta(
            description='A template in place of the JSON, such as {"text": {{ text | tojson }}}. '
            "It knows text, link and all that the JSON holds."
        ),
    ] = ""
    timeout: Annotated[Duration, Meta(description="Longest wait for an answer.")] = Duration(seconds=10)

    def __post_init__(self) -> None:
        """Raises ValueError for a template that cannot be read or made."""
        if self.body:
            try:
                templated(self.body, EXAMPLE, "")
            except Exception as error:  # a template can raise whatever its values can
                raise ValueError(
                    f"body is no template: {error}; write {{{{ text | tojson }}}} and the like"
                ) from error


class Webhook(Channel):
    """Post one object for each piece of news."""

    kind = "webhook"
    settings_class = WebhookSettings
    settings: WebhookSettings

    def __init__(self, name: str, settings: WebhookSettings, clock: Clock, facts: Facts = NO_FACTS) -> None:
        super().__init__(name, settings, clock, facts)
        from oculus.notify.post.poster import Poster  # loads requests, for who posts

        self._poster = Poster(settings.timeout.total_seconds())

    def send(self, group: Sequence[News]) -> None:
        for news in group:
            self._post(news)

    def close(self) -> None:
        self._poster.close()

    def _post(self, news: News) -> None:
        url = self.settings.url.reveal().strip()
        body = self._body(news)
        headers = {"Content-Type": "application/json"}
        headers |= {name: value.reveal() for name, value in self.settings.headers.items()}
        if self.settings.secret:
            headers[SIGNATURE] = signature(self.settings.secret, body)
        answer = self._poster.post(url, body, headers)
        hint = f"Check url and headers under channels, {self.name}."
        check(answer, url, hint, self.clock.now_ms())

    def _body(self, news: News) -> bytes:
        if not self.settings.body:
            return msgspec.json.encode(alert_json(news.alert, news))
        try:
            return templated(self.settings.body, news, words(news, self.facts).link).encode()
        except Exception as error:  # a template can raise whatever its values can
            raise ChannelError(
                f"The body cannot be made: {error}", f"Mend body under channels, {self.name}", permanent=True
            ) from error


def signature(secret: Secret, body: bytes) -> str:
    return f"sha256={hmac.new(secret.reveal().encode(), body, hashlib.sha256).hexdigest()}"


def templated(body: str, news: News, link: str) -> str:
    """The body that a template makes. It can raise anything."""
    return parsed(body).render(alert_json(news.alert, news) | {"text": as_text(news), "link": link})


@lru_cache(maxsize=16)
def parsed(body: str) -> Template:
    return ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False).from_string(body)


EXAMPLE = News(
    kind=NewsKind.FIRED,
    alert=Alert(
        id=1,
        rule="example",
        instance="net.ping.example.com",
        severity=Severity.WARN,
        state=AlertState.FIRING,
        message="an example",
        value=1.0,
        threshold=1.0,
        started_ms=0,
        fired_ms=0,
    ),
    ts_ms=0,
)
