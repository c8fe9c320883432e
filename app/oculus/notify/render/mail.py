"""A group of news as one mail: text, HTML that every mail program shows, charts and a table of numbers.

All images are in the mail, nothing is loaded from elsewhere. The news of one alert forms a thread: each later
mail refers to the first and carries its subject, which is what some programs go by.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from functools import lru_cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from oculus.core.alert import News, NewsKind
from oculus.core.clock import to_datetime
from oculus.core.paths import bundled
from oculus.notify.chart.colours import DARK, LIGHT, Theme
from oculus.notify.chart.picture import picture
from oculus.notify.facts import Facts
from oculus.notify.render.escape import shorten
from oculus.notify.render.news import VERBS, one_line
from oculus.notify.render.snapshot import Row, snapshot
from oculus.notify.render.words import RESOLVED, Words, lasted, since, spelt_out, summary, words

# Of the news in one mail; the rest is told in brief: above 102 kB some programs cut a mail off.
WITH_PICTURES = 3
BRIEF_LIMIT = 300  # characters of a message
SUBJECT_LIMIT = 120


@dataclass(frozen=True)
class Item:
    """One piece of news in a mail."""

    words: Words
    colour: str  # on a light ground
    charts: Mapping[Theme, str] = field(default_factory=dict)  # content ids
    rows: Sequence[Row] = ()
    brief: bool = False


@dataclass(frozen=True)
class Letter:
    """A mail, before it has an address."""

    subject: str
    text: str
    html: str
    images: Mapping[str, bytes]  # PNGs by content id


def letter(group: Sequence[News], facts: Facts, themes: Sequence[Theme], now_ms: int) -> Letter:
    """Write the mail. With several themes the reader's program chooses the chart's."""
    told, rest = spelt_out(group)
    images: dict[str, bytes] = {}
    items = []
    for number, news in enumerate(told):
        if number >= WITH_PICTURES:
            items.append(in_brief(news, facts))
            continue
        drawn = charts(news, facts, themes, now_ms)
        names: dict[Theme, str] = {theme: f"chart-{number}-{theme}@oculus" for theme in drawn}
        images |= {names[theme]: png for theme, png in drawn.items()}
        items.append(in_full(news, facts, names, now_ms))
    what = {
        "title": subject_of(group),
        "opening": opening(told[0]) if len(group) == 1 else "",
        "heading": "" if len(group) == 1 else summary(group),
        "items": items,
        "rest": rest,
        "dark": DARK,
        "light": LIGHT,
        "home": facts.link("/alerts"),
    }
    return Letter(
        subject=subject_of(group),
        text=template("alert.txt").render(what),
        html=template("alert.html").render(what),
        images=images,
    )


def in_full(news: News, facts: Facts, names: Mapping[Theme, str], now_ms: int) -> Item:
    told = words(news, facts)
    return Item(told, LIGHT.states[told.state], names, snapshot(told.symbol, facts, now_ms))


def in_brief(news: News, facts: Facts) -> Item:
    told = words(news, facts, BRIEF_LIMIT)
    return Item(told, LIGHT.states[told.state], brief=True)


def charts(news: News, facts: Facts, themes: Sequence[Theme], now_ms: int) -> dict[Theme, bytes]:
    drawn = {theme: picture(news, facts, now_ms, theme) for theme in themes}
    return {theme: png for theme, png in drawn.items() if png is not None}


def opening(news: News) -> str:
    """What a list of mails shows after the subject."""
    return f"{VERBS[news.kind]}: {' '.join(lasted(news)) if news.kind is NewsKind.RESOLVED else since(news)}"


def subject_of(group: Sequence[News]) -> str:
    if len(group) > 1:
        return shorten(f"[Oculus] {summary(group)}", SUBJECT_LIMIT)
    news = group[0]
    state = RESOLVED if news.kind is NewsKind.RESOLVED else news.alert.severity.value
    return shorten(one_line(f"[{state}] {news.alert.rule}: {news.alert.message}"), SUBJECT_LIMIT)


@dataclass(frozen=True)
class Envelope:
    """Who writes to whom, and what it follows."""

    sender: str
    recipients: Sequence[str]
    own_id: str
    follows: Sequence[str] = ()  # the ids of earlier mails, oldest first
    urgent: bool = False


def mail(written: Letter, envelope: Envelope, now_ms: int) -> EmailMessage:
    """The mail as it goes out."""
    message = EmailMessage(policy=SMTP)
    message["From"] = address(envelope.sender)
    message["To"] = [address(each) for each in envelope.recipients]
    message["Subject"] = written.subject
    message["Date"] = format_datetime(to_datetime(now_ms))
    message["Message-ID"] = envelope.own_id
    if envelope.follows:
        message["In-Reply-To"] = envelope.follows[-1]
        message["References"] = " ".join(envelope.follows)
    message["Auto-Submitted"] = "auto-generated"  # no out-of-office notes in answer
    message["X-Auto-Response-Suppress"] = "All"
    if envelope.urgent:
        message["Importance"] = "high"
    message.set_content(written.text)
    message.add_alternative(written.html, subtype="html")
    html: Any = message.get_payload()[1]  # type: ignore[index]
    for cid, png in written.images.items():
        html.add_related(png, "image", "png", cid=f"<{cid}>", disposition="inline", filename="chart.png")
    return message


def own_id(channel: str, group: Sequence[News], sender: str) -> str:
    """A Message-ID: the same when the same news is sent again, so that a repeated mail is known as one."""
    told = [f"{news.alert.id} {news.kind} {news.ts_ms}" for news in group]
    mark = hashlib.sha256("\n".join([channel, *told]).encode()).hexdigest()[:32]
    return f"<{mark}@{domain_of(sender)}>"


def domain_of(sender: str) -> str:
    domain = parseaddr(sender)[1].rpartition("@")[2]
    return domain if domain.isascii() and domain else "oculus.invalid"


def address(text: str) -> Address:
    """From "a@b" or "Name <a@b>"; a name that was not given is Oculus' own."""
    name, spec = parseaddr(text)
    return Address(display_name=name, addr_spec=spec)


@lru_cache(maxsize=4)
def template(name: str) -> Template:
    made = Environment(
        loader=FileSystemLoader(bundled("ui", "templates", "email")),
        autoescape=name.endswith(".html"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return made.get_template(name)
