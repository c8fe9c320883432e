"""What goes into one message: what cancels out, has to wait or says the same again, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from oculus.core.alert import Delivery, News, NewsKind
from oculus.core.clock import Clock
from oculus.notify.render.words import arranged
from oculus.notify.sending.retry import EXPIRES

BEGINS = (NewsKind.FIRED, NewsKind.NO_DATA)
OVER = "it was over before it was told"


def cancelled(group: Sequence[Delivery]) -> list[Delivery]:
    """Those of alerts that began and ended within this group, nothing of which can have been told yet."""
    return [delivery for story in stories(group) if _came_to_nothing(story) for delivery in story]


def put_off(group: Sequence[Delivery], due_ms: Callable[[News], int], clock: Clock) -> list[Delivery]:
    """Those of which nobody may be told now, by what `due_ms` says; from here on they know until when.

    Of one alert all waits or nothing: what may be told takes along what it follows.
    """
    for story in stories(group):
        until_ms = min(due_ms(delivery.news) for delivery in story)
        for delivery in story:
            _wait_until(delivery, until_ms if until_ms > clock.now_ms() else 0)
    return [delivery for delivery in group if delivery.news.due_ms]


def _wait_until(delivery: Delivery, ms: int) -> None:
    if ms != delivery.news.due_ms:
        delivery.news = replace(delivery.news, due_ms=ms)
    if ms:
        delivery.next_ms, delivery.expires_ms = ms, ms + EXPIRES.ms


def stories(group: Sequence[Delivery]) -> list[list[Delivery]]:
    """What there is to tell of each alert."""
    found: dict[int, list[Delivery]] = {}
    for delivery in group:
        found.setdefault(delivery.news.alert.id, []).append(delivery)
    return list(found.values())


def _came_to_nothing(story: Sequence[Delivery]) -> bool:
    kinds = [delivery.news.kind for delivery in story]
    return (
        kinds[0] in BEGINS
        and kinds[-1] is NewsKind.RESOLVED
        and not any(delivery.attempts for delivery in story)
    )


def in_order(group: Sequence[Delivery], late: bool) -> list[Delivery]:
    """All of it, for a channel that is told everything: worst first; `late`, a digest, oldest first.

    What one alert has to tell stays together, so that its end never comes before its beginning.
    """
    if late:
        return sorted(group, key=lambda delivery: delivery.news.ts_ms)
    return [delivery for story in sorted(stories(group), key=_weight) for delivery in story]


def _weight(story: Sequence[Delivery]) -> tuple[bool, int]:
    worst = max(delivery.news.alert.severity.rank for delivery in story)
    return story[-1].news.kind is NewsKind.RESOLVED, -worst


def message(group: Sequence[Delivery]) -> list[News]:
    """The news that the message about `group` tells people, in this order.

    Worst first. What could not be told before is a digest: oldest first, so that it can be read as a story.
    """
    told = _boiled_down([delivery.news for delivery in group])
    late = any(delivery.attempts > 1 for delivery in group)
    return sorted(told, key=lambda news: news.ts_ms) if late else arranged(told)


def _boiled_down(group: Sequence[News]) -> list[News]:
    """Without what a later piece of news says as well: an end tells all, a reminder all earlier."""
    last = {news.alert.id: news for news in group}
    return [news for news in group if news is last[news.alert.id] or not _said_by(news, last[news.alert.id])]


def _said_by(news: News, later: News) -> bool:
    return later.kind is NewsKind.RESOLVED or news.kind is NewsKind.REMINDER
