"""Webhook: each piece of news as JSON, posted to an address of your own.

Body     one object as in GET /api/alerts, plus "news": FIRED, RESOLVED, REMINDER, NO_DATA or ESCALATED
Answer   any 2xx means it was taken; 401, 403, 404 and 410 are final, all else is tried again
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from oculus.core.alert import News
from oculus.core.clock import Clock
from oculus.core.durations import Duration
from oculus.core.secret import Secret
from oculus.notify.channel import Channel, ChannelSettings
from oculus.notify.post import Poster, check
from oculus.notify.render import alert_json


class WebhookSettings(ChannelSettings, tag="webhook", frozen=True, kw_only=True):
    """Where the JSON is posted."""

    url: Annotated[
        Secret, Meta(description="The address, http or https. It may hold a secret: it is never shown.")
    ]
    headers: Annotated[
        dict[str, Secret],
        Meta(description="Further headers, such as Authorization; their values are never shown."),
    ] = msgspec.field(default_factory=dict)
    timeout: Annotated[Duration, Meta(description="Longest wait for an answer.")] = Duration(seconds=10)


class Webhook(Channel):
    """Post one object for each piece of news."""

    kind = "webhook"
    settings_class = WebhookSettings
    settings: WebhookSettings

    def __init__(self, name: str, settings: WebhookSettings, clock: Clock) -> None:
        super().__init__(name, settings, clock)
        self._poster = Poster(settings.timeout.total_seconds())

    def send(self, group: Sequence[News]) -> None:
        for news in group:
            self._post(news)

    def close(self) -> None:
        self._poster.close()

    def _post(self, news: News) -> None:
        url = self.settings.url.reveal().strip()
        headers = {name: value.reveal() for name, value in self.settings.headers.items()}
        body = msgspec.json.encode(alert_json(news.alert, news))
        answer = self._poster.post(url, body, {"Content-Type": "application/json"} | headers)
        hint = f"Check url and headers under channels, {self.name}."
        check(answer, url, hint, self.clock.now_ms())
