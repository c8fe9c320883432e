"""Telegram: a bot writes to a chat, with a chart as the photo.

Needs    a bot token from @BotFather, and the id of a chat that the bot is a member of
Limits   1 message a second to a chat, 20 a minute to a group; 4096 characters, 1024 below a photo
Ends     the message that told of the beginning is marked as over, and the end is a reply to it
"""

from __future__ import annotations

import html
import logging
import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from oculus.core.alert import News, NewsKind
from oculus.core.clock import Clock
from oculus.core.errors import ChannelError
from oculus.core.secret import Secret
from oculus.notify.channel import Limit
from oculus.notify.channels.chat import ChatSettings, EditingChat
from oculus.notify.facts import NO_FACTS, Facts
from oculus.notify.post.answers import Part, fields, form, json, quoted, trouble
from oculus.notify.post.outcome import Answer
from oculus.notify.render.escape import for_telegram, units, within
from oculus.notify.render.mention import mentions
from oculus.notify.render.words import Words, fit, summary, words

log = logging.getLogger(__name__)

TEXT_LIMIT, CAPTION_LIMIT = 4096, 1024  # characters as they are seen, without mark-up
MESSAGE_LIMIT = 200  # of each one in a group
CHAT = -1  # the notebook's page about the chat itself, which no alert has
REMEDIES = {
    "chat not found": "The bot does not know that chat: add it there, send /start, and check chat_id",
    "not a member": "The bot is not a member of that chat: add it, then send /start",
    "kicked": "The bot was removed from that chat: add it again",
    "blocked by the user": "Open the chat with the bot, unblock it, and send /start",
    "initiate conversation": "Open a chat with the bot and send /start: a bot may not write first",
    "not enough rights": "Make the bot an administrator of the chat, or let members write",
    "have no rights": "Make the bot an administrator of the chat, or let members write",
    "chat_write_forbidden": "Make the bot an administrator of the chat, or let members write",
    "chat_restricted": "Telegram lets nobody write there: look at the chat in the app, or use another one",
    "topic_closed": "The topic is closed: open it again, or use another chat",
    "deactivated": "That chat or person is gone: write the id of another one as chat_id",
    "401 ": "The token is wrong or was revoked: get it from @BotFather, write telegram_bot_token",
    "404 ": "That is no bot's token: get it from @BotFather, write telegram_bot_token",
}


class TelegramSettings(ChatSettings, tag="telegram", frozen=True, kw_only=True):
    """A message in a Telegram chat, from a bot of yours."""

    telegram_bot_token: Annotated[Secret, Meta(description="The bot's token, from @BotFather.")]
    chat_id: Annotated[
        int | str, Meta(description="The chat: a number (groups begin with -), or @name of a public channel.")
    ]
    api_url: Annotated[str, Meta(description="Where the Bot API is, for a server of your own.")] = (
        "https://api.telegram.org"
    )

    def __post_init__(self) -> None:
        """Raises ValueError where something is missing."""
        self.need(api_url=self.api_url)
        if self.enabled and not self.telegram_bot_token:
            raise ValueError("telegram_bot_token is empty; write the token that @BotFather gave")
        if self.enabled and not self.chat_id:
            raise ValueError("chat_id is empty; write the chat's number, or @name of a public channel")


class Telegram(EditingChat):
    """One message for a group of news."""

    kind = "telegram"
    settings_class = TelegramSettings
    settings: TelegramSettings
    limits = (Limit(1, 1.0), Limit(20, 60.0))

    def __init__(self, name: str, settings: TelegramSettings, clock: Clock, facts: Facts = NO_FACTS) -> None:
        super().__init__(name, settings, clock, facts)
        self._token = settings.telegram_bot_token.reveal().strip()

    def _tell(self, group: Sequence[News]) -> dict[str, Any]:
        """With its chart, or in words alone where the chat takes no photo."""
        reply, names, chart = self._reply_to(group), self._names(group), self._chart(group)
        if chart is not None:
            caption = text_of(group, self.facts, CAPTION_LIMIT, names)
            try:
                sent = self._write("sendPhoto", {"caption": caption} | reply, chart)
                return {"message": sent.get("message_id"), "photo": True}
            except Refused as error:  # the chat takes no photos, or not this one: words must do
                if not error.about_photo:
                    raise
        text = text_of(group, self.facts, TEXT_LIMIT, names)
        preview = {"link_preview_options": {"is_disabled": True}}
        sent = self._write("sendMessage", {"text": text} | preview | reply)
        return {"message": sent.get("message_id"), "photo": False}

    def _names(self, group: Sequence[News]) -> str:
        return shorten_names([as_mention(name) for name in mentions(group, self.settings)])

    def _reply_to(self, group: Sequence[News]) -> dict[str, Any]:
        if len(group) != 1 or group[0].kind is NewsKind.FIRED:
            return {}
        told = self._notes.read_one(group[0].alert.id).get("message")
        # Somebody may have deleted it; that must not keep the news back.
        return {"reply_parameters": {"message_id": told, "allow_sending_without_reply": True}} if told else {}

    def _rewrite(self, news: News, note: dict[str, Any]) -> None:
        photo = bool(note.get("photo"))
        text = text_of([news], self.facts, CAPTION_LIMIT if photo else TEXT_LIMIT, "")
        told = {"caption" if photo else "text": text, "message_id": note["message"], "parse_mode": "HTML"}
        self._call("editMessageCaption" if photo else "editMessageText", told)

    def _write(self, method: str, body: Mapping[str, Any], chart: bytes | None = None) -> dict[str, Any]:
        """Send with mark-up; where Telegram cannot read that, as plain text."""
        try:
            return self._call(method, {**body, "parse_mode": "HTML"}, chart)
        except Refused as error:
            if "can't parse entities" not in error.said:
                raise
            log.warning("%s: Telegram could not read a message's mark-up; it goes as plain text", self.name)
            plain = {key: seen(value) if key in ("text", "caption") else value for key, value in body.items()}
            return self._call(method, plain, chart)

    def _call(self, method: str, body: Mapping[str, Any], chart: bytes | None = None) -> dict[str, Any]:
        """One call; a chat that has become a supergroup is followed to its new id."""
        chat = self._notes.read_one(CHAT)
        moved = chat.get("to") if chat.get("from") == str(self.settings.chat_id) else None
        answer = self._post(method, {**body, "chat_id": moved or self.settings.chat_id}, chart)
        new_id = parameters(answer).get("migrate_to_chat_id")
        if new_id is not None:
            self._notes.write({CHAT: {"from": str(self.settings.chat_id), "to": new_id}})
            log.warning("%s: the chat has the id %s now; write that as chat_id", self.name, new_id)
            answer = self._post(method, {**body, "chat_id": new_id}, chart)
        return self._taken(answer)

    def _post(self, method: str, body: Mapping[str, Any], chart: bytes | None) -> Answer:
        url = f"{self.settings.api_url.rstrip('/')}/bot{self._token}/{method}"
        if chart is None:
            return self._poster.post(url, *json(body))
        parts: dict[str, Part] = {
            key: value if isinstance(value, str) else msgspec.json.encode(value).decode()
            for key, value in body.items()
        }
        return self._poster.post(url, *form({**parts, "photo": ("chart.png", chart, "image/png")}))

    def _taken(self, answer: Answer) -> dict[str, Any]:
        """What the call gave. Raises Refused."""
        body = fields(answer)
        if 200 <= answer.status < 300 and body.get("ok", True):
            result = body.get("result")
            return result if isinstance(result, dict) else {}
        said = quoted(str(body.get("description", "")), [self._token])
        error = trouble("Telegram", answer, said, REMEDIES, self.clock.now_ms())
        raise Refused(error, said)


class Refused(ChannelError):
    """Telegram took the call and said no."""

    def __init__(self, error: ChannelError, said: str) -> None:
        super().__init__(
            error.what,
            error.hint,
            permanent=error.permanent,
            retry_after_s=error.retry_after_s,
            answered=error.answered,
        )
        self.said = said

    @property
    def about_photo(self) -> bool:
        return self.permanent and bool(re.search(r"photo|image|media|PHOTO_", self.said))


def text_of(group: Sequence[News], facts: Facts, limit: int, names: str) -> str:
    """The message as Telegram's HTML, within `limit` characters as they are seen."""
    ending = f"\n\n{names}" if names else ""
    room = limit - size(ending)
    if len(group) == 1:
        return within(lambda longest: block(words(group[0], facts, longest)), room, size) + ending
    head = f"<b>{for_telegram(summary(group))}</b>"
    return (
        fit(group, lambda news: block(words(news, facts, MESSAGE_LIMIT), brief=True), room, size, head)
        + ending
    )


def block(told: Words, *, brief: bool = False) -> str:
    """One piece of news."""
    lines = [f"{told.mark} <b>{for_telegram(told.title)}</b>", for_telegram(told.message)]
    details = [f"{label}: {value_of(label, value)}" for label, value in told.details]
    lines += [" · ".join(details)] if brief else details
    if told.link and not brief:
        lines.append(f'<a href="{html.escape(told.link)}">Open in Oculus</a>')
    return "\n".join(line for line in lines if line)


def value_of(label: str, value: str) -> str:
    escaped = for_telegram(value)
    return f"<code>{escaped}</code>" if label == "Where" else escaped


def as_mention(name: str) -> str:
    """@name as it is; a number as a link that calls that person."""
    number = name.removeprefix("tg:")
    if number.isdigit():
        return f'<a href="tg://user?id={number}">{number}</a>'
    return html.escape(name, quote=False)


def shorten_names(names: Sequence[str]) -> str:
    """As many as make a line."""
    line = ""
    for name in names:
        if size(f"{line} {name}") > MESSAGE_LIMIT:
            break
        line = f"{line} {name}".strip()
    return line


def seen(text: str) -> str:
    """The text without its mark-up."""
    return html.unescape(re.sub(r"<[^>]*>", "", text))


def size(text: str) -> int:
    return units(seen(text))


def parameters(answer: Answer) -> dict[str, Any]:
    found = fields(answer).get("parameters")
    return found if isinstance(found, dict) else {}
