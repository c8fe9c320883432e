"""Discord: an embed through a channel's webhook, coloured by severity, with the chart as its image.

Needs    a webhook's address: channel settings, Integrations, Webhooks
Limits   5 messages in 2 seconds, and what its X-RateLimit headers say; 2000 characters, 4096 in an embed
Ends     the message that told of the beginning alone turns green
"""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import msgspec
from msgspec import Meta

from oculus.core.alert import News
from oculus.core.clock import to_iso
from oculus.core.secret import Secret
from oculus.notify.channel import Limit
from oculus.notify.channels.chat import ChatSettings, EditingChat
from oculus.notify.chart.colours import DARK
from oculus.notify.facts import Facts
from oculus.notify.post.answers import fields, form, json, quoted, trouble
from oculus.notify.post.outcome import Answer
from oculus.notify.render.escape import for_discord, shorten, within
from oculus.notify.render.mention import mentions
from oculus.notify.render.words import Words, arranged, fit, summary, words

CONTENT_LIMIT, TITLE_LIMIT, TEXT_LIMIT, FIELD_LIMIT = 2000, 256, 4096, 1024
MESSAGE_LIMIT = 200  # of each one in a group
IMAGE = {"url": "attachment://chart.png"}
EVERYBODY = ("@everyone", "@here")
PERSON, ROLE = re.compile(r"<@!?(\d+)>"), re.compile(r"<@&(\d+)>")
REMEDIES = {
    "unknown webhook": "The webhook was deleted: make a new one and write its address as discord_webhook",
    "invalid webhook token": "The address is cut off or wrong: copy it anew from the channel's settings",
    "forum channels": "That is a forum: add ?thread_id= and the id of one of its posts to discord_webhook",
    "thread is": "The thread is locked or archived: open it again, or use another channel",
    "404 ": "The webhook is not there any more: make a new one and write its address as discord_webhook",
    "401 ": "The address is wrong: copy it anew from the channel's settings, Integrations, Webhooks",
    "403 ": "The webhook may not write there: look at the channel's permissions",
}


class DiscordSettings(ChatSettings, tag="discord", frozen=True, kw_only=True):
    """A message in a Discord channel."""

    discord_webhook: Annotated[Secret, Meta(description="The webhook's address. Whoever has it can post.")]

    def __post_init__(self) -> None:
        """Raises ValueError for no address."""
        self.need(discord_webhook=self.discord_webhook.reveal())


class Discord(EditingChat):
    """One embed for a group of news."""

    kind = "discord"
    settings_class = DiscordSettings
    settings: DiscordSettings
    limits = (Limit(5, 2.0),)

    def _tell(self, group: Sequence[News]) -> dict[str, Any]:
        chart = self._chart(group)
        return {"message": self._write(group, chart).get("id"), "chart": chart is not None}

    def _write(self, group: Sequence[News], chart: bytes | None) -> dict[str, Any]:
        """The message as Discord keeps it."""
        names = mentions(group, self.settings)
        body: dict[str, Any] = {"embeds": [embed(group, self.facts)], "allowed_mentions": allowed(names)}
        if names:
            body["content"] = shorten(" ".join(map(as_mention, names)), CONTENT_LIMIT)
        if chart is None:
            return self._call(*json(body))
        body["embeds"][0]["image"] = IMAGE
        body["attachments"] = [{"id": 0, "filename": "chart.png"}]
        told = msgspec.json.encode(body).decode()
        return self._call(*form({"payload_json": told, "files[0]": ("chart.png", chart, "image/png")}))

    def _rewrite(self, news: News, note: dict[str, Any]) -> None:
        shown = single(news, self.facts) | ({"image": IMAGE} if note.get("chart") else {})
        self._call(*json({"embeds": [shown]}), edits=str(note["message"]))

    def _call(self, body: bytes, headers: dict[str, str], edits: str = "") -> dict[str, Any]:
        """Write, or edit the message of that id. What Discord answered; raises ChannelError."""
        url = self.settings.discord_webhook.reveal().strip()
        method = "PATCH" if edits else "POST"
        answer = self._poster.post(message_url(url, edits) if edits else waiting(url), body, headers, method)
        self._keep_pace(answer)
        if not 200 <= answer.status < 300:
            secrets = [url, *urlsplit(url).path.split("/")[-1:]]
            said = quoted(str(fields(answer).get("message", "")), secrets)
            raise trouble("Discord", answer, said, REMEDIES, self.clock.now_ms())
        return fields(answer)

    def _keep_pace(self, answer: Answer) -> None:
        """Nothing is left of this window: the next message waits for the next one."""
        if answer.headers.get("X-RateLimit-Remaining") != "0":
            return
        with contextlib.suppress(ValueError):
            seconds = float(answer.headers.get("X-RateLimit-Reset-After", ""))
            if math.isfinite(seconds):
                self.free_at = self.clock.monotonic() + max(0.0, seconds)


def embed(group: Sequence[News], facts: Facts) -> dict[str, Any]:
    """The embed, without its image."""
    if len(group) == 1:
        return single(group[0], facts)
    worst = words(arranged(group)[0], facts)
    return {
        "title": shorten(summary(group), TITLE_LIMIT),
        "description": fit(group, lambda news: block(words(news, facts, MESSAGE_LIMIT)), TEXT_LIMIT),
        "color": colour(worst),
        "timestamp": to_iso(max(news.ts_ms for news in group)),
        "footer": {"text": "Oculus"},
    }


def single(news: News, facts: Facts) -> dict[str, Any]:
    told = words(news, facts)
    found = {
        "title": shorten(f"{told.mark} {for_discord(told.title)}", TITLE_LIMIT),
        "description": within(lambda longest: for_discord(shorten(told.message, longest)), TEXT_LIMIT // 2),
        "color": colour(told),
        "fields": [
            {"name": label, "value": shorten(for_discord(value), FIELD_LIMIT), "inline": label != "Where"}
            for label, value in told.details
        ],
        "timestamp": to_iso(news.ts_ms),
        "footer": {"text": "Oculus"},
    }
    return found | ({"url": told.link} if told.link else {})


def block(told: Words) -> str:
    """One piece of news among others."""
    details = " · ".join(f"{label}: {for_discord(value)}" for label, value in told.details)
    lines = [f"{told.mark} **{for_discord(told.title)}**", for_discord(told.message), details]
    return "\n".join(line for line in lines if line)


def colour(told: Words) -> int:
    return int(DARK.states[told.state][1:], 16)


def allowed(names: Sequence[str]) -> dict[str, Any]:
    """Whom the message may call: those that were named, and nobody that a text happens to name."""
    joined = " ".join(map(as_mention, names))
    return {
        "parse": ["everyone"] if any(name in EVERYBODY for name in names) else [],
        "users": PERSON.findall(joined)[:100],
        "roles": ROLE.findall(joined)[:100],
    }


def as_mention(name: str) -> str:
    """A bare number is a person's."""
    return f"<@{name}>" if name.isdigit() else name


def waiting(url: str) -> str:
    """The address with wait=true: only then does Discord say whether the message was kept."""
    parts = urlsplit(url)
    query = [(key, value) for key, value in parse_qsl(parts.query) if key != "wait"] + [("wait", "true")]
    return urlunsplit(parts._replace(query=urlencode(query)))


def message_url(url: str, message_id: str) -> str:
    """Where one message of the webhook is edited; the thread it is in stays named."""
    parts = urlsplit(url)
    query = [(key, value) for key, value in parse_qsl(parts.query) if key == "thread_id"]
    path = f"{parts.path.rstrip('/')}/messages/{message_id}"
    return urlunsplit(parts._replace(path=path, query=urlencode(query)))
