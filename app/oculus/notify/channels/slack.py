"""Slack: blocks with a colour, through a webhook, or as a bot with the chart and a thread for each alert.

Needs    a webhook's address; or a bot token with chat:write and files:write, and a channel it is a member of
Limits   1 message a second; 3000 characters in a block, 50 blocks, 40,000 characters in all
Ends     as a bot, the end is a reply in the thread of the beginning, shown in the channel too
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any
from urllib.parse import urlencode

import msgspec
from msgspec import Meta

from oculus.core.alert import News, NewsKind
from oculus.core.errors import ChannelError
from oculus.core.secret import Secret
from oculus.notify.channel import Limit
from oculus.notify.channels.chat import Chat, ChatSettings
from oculus.notify.chart.colours import DARK
from oculus.notify.chart.picture import plot, text_line
from oculus.notify.facts import Facts
from oculus.notify.post.answers import fields, form, json, quoted, trouble
from oculus.notify.render.escape import for_slack, quiet, shorten, within
from oculus.notify.render.mention import mentions
from oculus.notify.render.words import Words, arranged, more, spelt_out, summary, words

log = logging.getLogger(__name__)

BLOCK_LIMIT, FIELD_LIMIT, TEXT_LIMIT = 3000, 2000, 4000
MESSAGE_LIMIT = 300  # of each one in a group
SPECIAL = {"@here": "<!here>", "@channel": "<!channel>", "@everyone": "<!everyone>"}
PERSON, TEAM = re.compile(r"@?([UW][A-Z0-9]{5,})"), re.compile(r"@?(S[A-Z0-9]{5,})")
READY = re.compile(r"<(@[UW]\w+|![\w^]+)(\|[^<>]*)?>")
AGAIN = (
    "ratelimited",
    "internal_error",
    "fatal_error",
    "service_unavailable",
    "request_timeout",
    "team_added_to_org",
)
REMEDIES = {
    "no_service": "The webhook was removed: make a new one and write its address as slack_webhook",
    "no_active_hooks": "The webhook was switched off: make a new one and write its address as slack_webhook",
    "no_team": "The workspace is gone: make a webhook in another one",
    "invalid_token": "The webhook's address is wrong: copy it anew from the app's page, Incoming Webhooks",
    "channel_not_found": "Slack does not know the channel, or the bot may not see it: invite the bot there",
    "not_in_channel": "The bot is not in that channel: write /invite @bot there",
    "is_archived": "The channel is archived: choose another one",
    "invalid_auth": "The bot token is wrong: copy it anew from the app's page, OAuth & Permissions",
    "not_authed": "The bot token is missing: copy it from the app's page, OAuth & Permissions",
    "not_allowed_token_type": "That is no bot's token: copy the one that begins with xoxb-",
    "token_": "The bot token was revoked or is too old: install the app anew and copy its token",
    "account_inactive": "The bot was removed from the workspace: install the app anew",
    "restricted_action": "An administrator forbids writing there: choose another channel, or ask them",
    "no_permission": "The app may not do that: install it anew, and invite the bot to the channel",
    "access_denied": "An administrator has closed that: ask who looks after the workspace",
    "team_disabled": "The workspace was switched off: make a webhook in another one",
    "missing_scope": "The app lacks a permission: add chat:write and files:write, then install it anew",
    "action_prohibited": "An administrator forbids this: ask who looks after the workspace",
    "posting_to_general": "Only administrators may write there: choose another channel",
}


class SlackSettings(ChatSettings, tag="slack", frozen=True, kw_only=True):
    """A message in a Slack channel, by a webhook or a bot."""

    slack_webhook: Annotated[
        Secret, Meta(description="The webhook's address; empty when a bot writes. Whoever has it can post.")
    ] = msgspec.field(default_factory=lambda: Secret(""))
    slack_bot_token: Annotated[
        Secret, Meta(description="The bot's token (xoxb-...), in place of a webhook: charts and threads.")
    ] = msgspec.field(default_factory=lambda: Secret(""))
    slack_channel: Annotated[str, Meta(description="Where the bot writes: C0123456789, or #name.")] = ""
    api_url: Annotated[str, Meta(description="Where Slack's Web API is.")] = "https://slack.com/api"

    def __post_init__(self) -> None:
        """Raises ValueError unless it is clear who writes where."""
        if self.slack_webhook and self.slack_bot_token:
            raise ValueError("slack_webhook cannot stand beside slack_bot_token; write one of the two")
        if not self.slack_webhook and not self.slack_bot_token:
            raise ValueError("slack_webhook is missing, and slack_bot_token too; write one of the two")
        if self.slack_bot_token and not self.slack_channel:
            raise ValueError("slack_channel is missing; write the channel in which the bot is a member")
        if self.slack_webhook:
            self.need(slack_webhook=self.slack_webhook.reveal())
        self.need(api_url=self.api_url)


class Slack(Chat):
    """One message for a group of news."""

    kind = "slack"
    settings_class = SlackSettings
    settings: SlackSettings
    limits = (Limit(1, 1.0),)

    def send(self, group: Sequence[News]) -> None:
        if self.settings.slack_webhook:
            self._through_webhook(group)
        else:
            self._as_bot(group)

    def _message(self, group: Sequence[News], line: str = "") -> dict[str, Any]:
        names = " ".join(map(as_mention, mentions(group, self.settings)))
        return message(group, self.facts, shorten(names, MESSAGE_LIMIT), line)

    def _through_webhook(self, group: Sequence[News]) -> None:
        url = self.settings.slack_webhook.reveal().strip()
        shown = None
        if len(group) == 1 and self.settings.chart != "off":
            shown = plot(group[0], self.facts, self.clock.now_ms())
        body, headers = json(self._message(group, text_line(shown.points) if shown else ""))
        answer = self._poster.post(url, body, headers)
        if not 200 <= answer.status < 300:
            words = answer.body.decode("utf-8", "replace")
            said = "" if "<" in words else quoted(words, [url, url.rpartition("/")[2]])
            raise trouble("Slack", answer, said, REMEDIES, self.clock.now_ms())

    def _as_bot(self, group: Sequence[News]) -> None:
        body = self._message(group) | {"channel": self.settings.slack_channel, "unfurl_links": False}
        note = self._notes.read_one(group[0].alert.id) if len(group) == 1 else {}
        follows = group[0].kind is not NewsKind.FIRED and note.get("ts")
        if follows:
            body |= {"thread_ts": note["ts"], "reply_broadcast": True}
        sent = self._call("chat.postMessage", *json(body))
        place = {"ts": note["ts"] if follows else sent.get("ts"), "channel": sent.get("channel")}
        self._notes.begin([news.alert.id for news in group if news.kind is not NewsKind.RESOLVED], place)
        chart = self._chart(group) if place["ts"] and place["channel"] else None
        if chart is not None:
            self._show(chart, str(place["channel"]), str(place["ts"]))

    def _show(self, chart: bytes, channel: str, thread: str) -> None:
        """Put the chart below the message. That one is told already, so whatever goes wrong stays here."""
        try:
            asked = urlencode({"filename": "chart.png", "length": len(chart), "alt_txt": "The last hours"})
            kind = {"Content-Type": "application/x-www-form-urlencoded"}
            place = self._call("files.getUploadURLExternal", asked.encode(), kind)
            self._upload(str(place.get("upload_url", "")), chart)
            files = [{"id": place.get("file_id"), "title": "The last hours"}]
            told = {"files": files, "channel_id": channel, "thread_ts": thread}
            self._call("files.completeUploadExternal", *json(told))
        except ChannelError as error:
            log.info("%s: a chart could not be put below its message: %s", self.name, error)

    def _upload(self, url: str, chart: bytes) -> None:
        answer = self._poster.post(url, *form({"filename": ("chart.png", chart, "image/png")}))
        if not 200 <= answer.status < 300:
            raise trouble("Slack", answer, "", {}, self.clock.now_ms())

    def _call(self, method: str, body: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
        """One call of the Web API. Raises ChannelError: it says no with status 200 too."""
        token = self.settings.slack_bot_token.reveal().strip()
        url = f"{self.settings.api_url.rstrip('/')}/{method}"
        answer = self._poster.post(url, body, {**headers, "Authorization": f"Bearer {token}"})
        found = fields(answer)
        if 200 <= answer.status < 300 and found.get("ok"):
            return found
        said = quoted(str(found.get("error", "")), [token])
        final = (said not in AGAIN and bool(said)) if answer.status < 300 else None
        raise trouble("Slack", answer, said, REMEDIES, self.clock.now_ms(), permanent=final)


def message(group: Sequence[News], facts: Facts, names: str, line: str = "") -> dict[str, Any]:
    """The message. `text` is what a notification shows; the rest stands beside a bar of colour."""
    told, rest = spelt_out(group)
    alone = len(group) == 1
    shown = [words(news, facts, 2000 if alone else MESSAGE_LIMIT) for news in told]
    title = f"{shown[0].mark} {for_slack(shown[0].title)}" if alone else for_slack(summary(group))
    blocks = list(single(shown[0], line)) if alone else [section(block(each)) for each in shown]
    if rest:
        blocks.append({"type": "context", "elements": [mrkdwn(more(rest), FIELD_LIMIT)]})
    fallback = shorten(title, TEXT_LIMIT)
    worst = words(arranged(group)[0], facts)
    return {
        "text": shorten(f"{names} *{title}*".strip(), TEXT_LIMIT),
        "attachments": [{"color": DARK.states[worst.state], "fallback": fallback, "blocks": blocks}],
    }


def single(told: Words, line: str) -> Iterator[dict[str, Any]]:
    """The blocks of one piece of news on its own."""
    if told.message:
        yield section(within(lambda longest: for_slack(shorten(told.message, longest)), BLOCK_LIMIT))
    labelled = [mrkdwn(f"*{label}*\n{value_of(label, value)}", FIELD_LIMIT) for label, value in told.details]
    if labelled:
        yield {"type": "section", "fields": labelled}
    if line:
        yield section(f"`{line}`")
    if told.link:
        yield {"type": "context", "elements": [mrkdwn(f"<{told.link}|Open in Oculus>", FIELD_LIMIT)]}


def block(told: Words) -> str:
    """One piece of news among others."""
    details = " · ".join(f"{label}: {value_of(label, value)}" for label, value in told.details)
    lines = [f"{told.mark} *{for_slack(told.title)}*", for_slack(told.message), details]
    return "\n".join(line for line in lines if line)


def value_of(label: str, value: str) -> str:
    if label != "Where":
        return for_slack(value)
    plain = quiet(value).replace("`", "'").replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"`{plain}`"


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": mrkdwn(text, BLOCK_LIMIT)}


def mrkdwn(text: str, limit: int) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": shorten(text, limit), "verbatim": True}


def as_mention(name: str) -> str:
    """@here and the like, a person's or a team's id; anything else stays a text."""
    if name in SPECIAL or READY.fullmatch(name):
        return SPECIAL.get(name, name)
    if found := PERSON.fullmatch(name):
        return f"<@{found[1]}>"
    if found := TEAM.fullmatch(name):
        return f"<!subteam^{found[1]}>"
    return for_slack(name)
