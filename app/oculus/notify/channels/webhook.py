"""Webhook: each piece of news as JSON, posted to an address of your own.

Body     one object as in GET /api/alerts, plus "news": FIRED, RESOLVED, REMINDER, NO_DATA or ESCALATED; its
         `deliveries`, which are only just being made, are empty; or what the template `body` makes of it
Many     more than 20 at once or in 2 seconds, and what waited for the address to be back, go as one request:
         {"version": 1, "kind": "digest", "count": 65, "alerts": [the same objects]}, about 100 kB each;
         one by one with `batch: never`, with a template that does not use `alerts`, and to who refuses it
Signed   with `secret`, X-Oculus-Signature is sha256=<HMAC-SHA256 of the body, in hex>
Answer   any 2xx means it was taken; 401, 403, 404 and 410 are final, all else is tried again
"""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from oculus.core.alert import News
from oculus.core.clock import Clock
from oculus.core.durations import Duration
from oculus.core.errors import ChannelError
from oculus.core.secret import Secret
from oculus.notify.channel import Channel, ChannelSettings, Limit
from oculus.notify.facts import NO_FACTS, Facts
from oculus.notify.post.outcome import check
from oculus.notify.render.body import EXAMPLE, broken_json, templated, uses_alerts
from oculus.notify.render.news import alert_json
from oculus.notify.render.words import MOST, words

log = logging.getLogger(__name__)

SIGNATURE = "X-Oculus-Signature"
BURST = Limit(MOST, 2.0)  # so that a storm in which one follows the other is few requests, too
ROOM = 100_000  # bytes of a body: what many servers take without being told to
TOO_LARGE = 413
NO_DIGEST = (400, 406, 415, 422, 501)  # answers of a receiver that expects another form


class WebhookSettings(ChannelSettings, tag="webhook", frozen=True, kw_only=True):
    """A JSON object, posted to an address of yours."""

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
    batch: Annotated[
        Literal["auto", "never"],
        Meta(
            description="auto: more than 20 at once, and what waited while the address could not be reached, "
            "go as one request, in a list called alerts; never: each has a request of its own."
        ),
    ] = "auto"
    body: Annotated[
        str,
        Meta(
            description='A template in place of the JSON, such as {"text": {{ text | tojson }}}. '
            "It knows text, link and all that the JSON holds; one that uses alerts, a list, may get many."
        ),
    ] = ""
    timeout: Annotated[Duration, Meta(description="Longest wait for an answer.")] = Duration(seconds=10)

    def __post_init__(self) -> None:
        """Raises ValueError for no address, and for a template that cannot be made or breaks its JSON."""
        self.need(url=self.url.reveal())
        if self.body and any(broken_json(self.body, made) for made in self._examples()):
            raise ValueError(
                "body makes no JSON of a text with quotes; "
                "write {{ text | tojson }} and the like, without quotes around it"
            )

    def _examples(self) -> list[str]:
        """What the template makes of one piece of news, and of two where it takes many."""
        try:
            many = 2 if uses_alerts(self.body) else 1
            return [templated(self.body, [EXAMPLE] * count, "") for count in range(1, many + 1)]
        except Exception as error:  # a template can raise whatever its values can
            raise ValueError(
                f"body is no template: {error}; write {{{{ text | tojson }}}} and the like"
            ) from error


class Webhook(Channel):
    """Post one object for each piece of news, or one for many."""

    kind = "webhook"
    settings_class = WebhookSettings
    settings: WebhookSettings
    whole = True

    def __init__(self, name: str, settings: WebhookSettings, clock: Clock, facts: Facts = NO_FACTS) -> None:
        super().__init__(name, settings, clock, facts)
        from oculus.notify.post.poster import Poster  # loads requests, for who posts

        self._poster = Poster(settings.timeout.total_seconds())
        self._room = ROOM
        self._storm_until = 0.0  # monotonic; until then the end of a storm is no few single posts
        self.gathers = settings.batch == "auto" and (not settings.body or uses_alerts(settings.body))
        if self.gathers:
            self.limits = (BURST,)

    def fits(self, group: Sequence[News], late: bool) -> int:
        if len(group) <= MOST and not late and self.clock.monotonic() >= self._storm_until:
            return 1
        size = 0
        for count, news in enumerate(group):
            size += len(msgspec.json.encode(alert_json(news)))
            if size > self._room and count:
                return count
        return len(group)

    def send(self, group: Sequence[News]) -> None:
        url = self.settings.url.reveal().strip()
        body = self._body(group)
        headers = {"Content-Type": "application/json"}
        headers |= {name: value.reveal() for name, value in self.settings.headers.items()}
        if self.settings.secret:
            headers[SIGNATURE] = signature(self.settings.secret, body)
        answer = self._poster.post(url, body, headers)
        if len(group) > 1:
            self._storm_until = self.clock.monotonic() + BURST.seconds
            self._learn(answer.status)
        hint = f"Check url and headers under channels, {self.name}."
        check(answer, url, hint, self.clock.now_ms())

    def close(self) -> None:
        self._poster.close()

    def _learn(self, status: int) -> None:
        """Whether, and how many at once, the receiver takes, by its answer to many; they go again then."""
        if status == TOO_LARGE:
            self._room //= 2
        elif status in NO_DIGEST:
            self.gathers, self.limits = False, ()
            log.info("%s: does not take many at once (%d): from now on one by one", self.name, status)

    def _body(self, group: Sequence[News]) -> bytes:
        if not self.settings.body:
            return msgspec.json.encode(digest(group) if len(group) > 1 else alert_json(group[0]))
        link = words(group[0], self.facts).link if len(group) == 1 else self.facts.link("/alerts")
        try:
            return templated(self.settings.body, group, link).encode()
        except Exception as error:  # a template can raise whatever its values can
            raise ChannelError(
                f"The body cannot be made: {error}",
                f"Mend body under channels, {self.name}",
                permanent=True,
                answered=True,
            ) from error


def digest(group: Sequence[News]) -> dict[str, Any]:
    """Many pieces of news as one object, all of them whole."""
    whole = [alert_json(news) for news in group]
    return {"version": 1, "kind": "digest", "count": len(whole), "alerts": whole}


def signature(secret: Secret, body: bytes) -> str:
    return f"sha256={hmac.new(secret.reveal().encode(), body, hashlib.sha256).hexdigest()}"
