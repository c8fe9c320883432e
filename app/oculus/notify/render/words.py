"""A piece of news as the rich channels show it: title, message and a few facts. Nothing is escaped here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from oculus.core.alert import News, NewsKind
from oculus.core.clock import to_datetime
from oculus.core.durations import spoken
from oculus.core.event import Severity
from oculus.notify.facts import Facts
from oculus.notify.render.escape import shorten, units
from oculus.notify.render.news import VERBS, is_state, one_line, said, symbol_of, why

MOST = 20  # spelt out in one message; the rest is counted
LONGEST_NAME = 150
DAY = "%Y-%m-%d"
LONG_MS = 3 * 60_000  # longer than what comes together usually waits
RESOLVED = "resolved"
MARKS = {
    Severity.INFO: "🔵",
    Severity.WARN: "🟡",
    Severity.ERROR: "🟠",
    Severity.CRITICAL: "🔴",
}


@dataclass(frozen=True)
class Words:
    """One piece of news, ready to be escaped and laid out."""

    mark: str  # a coloured sign, beside the word that says the same
    state: str  # resolved, or the severity: info, warn, error, critical
    title: str  # "api_down fired (critical)"
    message: str
    details: tuple[tuple[str, str], ...]  # ("Value", "503 ms"), ...
    link: str  # "" when the pages have no address
    symbol: str


def words(news: News, facts: Facts, longest: int = 2000) -> Words:
    """`longest` is for the message, which alone may be long."""
    alert, over = news.alert, news.kind is NewsKind.RESOLVED
    symbol = symbol_of(alert)
    return Words(
        mark="✅" if over else MARKS[alert.severity],
        state=RESOLVED if over else alert.severity.value,
        title=f"{one_line(alert.rule)} {VERBS[news.kind]} ({alert.severity})",
        message=shorten(one_line(alert.message), longest),
        details=tuple(details(news)),
        link=facts.link(f"/metric/{quote(symbol, safe=':')}" if facts.latest(symbol) else "/alerts"),
        symbol=symbol,
    )


def details(news: News) -> list[tuple[str, str]]:
    """What and how much, since when, where."""
    alert, over = news.alert, news.kind is NewsKind.RESOLVED
    symbol, numbers = symbol_of(alert), {"Worst": alert.worst} if over else {"Value": alert.value}
    if not is_state(symbol, alert.value):
        numbers["Limit"] = alert.threshold
    elif over:
        numbers = {}  # what was down is no worse than down
    rows = [("Why", error)] if (error := why(news)) else []
    rows += [
        (name, said(symbol, number, alert.tags)) for name, number in numbers.items() if number is not None
    ]
    rows.append(lasted(news) if over else ("Since", since(news)))
    where = alert.instance or symbol_of(alert)
    return [*rows, ("Where", shorten(one_line(where), LONGEST_NAME))] if where else rows


def since(news: News) -> str:
    seconds = (news.ts_ms - news.alert.started_ms) / 1000
    return moment(news.alert.started_ms, f"{DAY} %H:%M %Z") + (
        f", for {spoken(seconds)}" if seconds >= 1 else ""
    )


def lasted(news: News) -> tuple[str, str]:
    alert = news.alert
    until_ms = alert.ended_ms if alert.ended_ms is not None else news.ts_ms
    span = spoken(max(0, until_ms - alert.started_ms) / 1000)
    return "Lasted", f"{span}, {from_to(alert.started_ms, until_ms, ' %Z')}"


def moment(ms: int, form: str = f"{DAY} %H:%M") -> str:
    """In the time zone of this machine."""
    return to_datetime(ms).astimezone().strftime(form)


def arranged(group: Sequence[News]) -> list[News]:
    """Worst first; what is over comes last; within that in the order it happened."""
    return sorted(group, key=lambda news: (news.kind is NewsKind.RESOLVED, -news.alert.severity.rank))


def spelt_out(group: Sequence[News], most: int = MOST) -> tuple[list[News], int]:
    """The news that one message tells one by one, in the order given, and how many more there are.

    Where not all have room, those are told that matter most.
    """
    chosen = {id(news) for news in arranged(group)[:most]}
    return [news for news in group if id(news) in chosen], max(0, len(group) - most)


def fit(
    group: Sequence[News],
    block: Callable[[News], str],
    limit: int,
    size: Callable[[str], int] = units,
    head: str = "",
) -> str:
    """The `block` of as many as have room within `limit`, a blank line apart; the rest is counted."""
    made = {id(news): block(news) for news in spelt_out(group)[0]}
    for count in range(min(MOST, len(group)), -1, -1):
        told, rest = spelt_out(group, count)
        parts = [head, *(made[id(news)] for news in told), more(rest) if rest else ""]
        text = "\n\n".join(filter(None, parts))
        if size(text) <= limit:
            break
    return text


def summary(group: Sequence[News]) -> str:
    """One line about many: "12 alerts: 3 critical, 7 warn, 2 resolved"."""
    counts: dict[str, int] = {}
    for news in arranged(group):
        state = RESOLVED if news.kind is NewsKind.RESOLVED else news.alert.severity.value
        counts[state] = counts.get(state, 0) + 1
    told = ", ".join(f"{count} {state}" for state, count in counts.items())
    return f"{len(group)} alerts{span(group)}: {told}"


def span(group: Sequence[News]) -> str:
    """From when to when, if that is long: what waited for a service is not what happens now."""
    first, last = min(news.ts_ms for news in group), max(news.ts_ms for news in group)
    return f", {from_to(first, last)}" if last - first >= LONG_MS else ""


def from_to(begin_ms: int, end_ms: int, zone: str = "") -> str:
    """The day of the end only if it is another one."""
    same_day = moment(begin_ms, DAY) == moment(end_ms, DAY)
    return f"{moment(begin_ms)} to {moment(end_ms, ('' if same_day else f'{DAY} ') + '%H:%M' + zone)}"


def more(count: int) -> str:
    return f"and {count} more"
