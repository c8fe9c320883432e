"""What goes into one message: what cancels out, what says the same again, and in which order it is told."""

from __future__ import annotations

from collections.abc import Sequence

from oculus.core.alert import Delivery, News, NewsKind
from oculus.notify.render.words import arranged

BEGINS = (NewsKind.FIRED, NewsKind.NO_DATA)
OVER = "it was over before it was told"


def cancelled(group: Sequence[Delivery]) -> list[Delivery]:
    """Those of alerts that began and ended within this group, nothing of which can have been told yet."""
    return [delivery for story in stories(group) if _came_to_nothing(story) for delivery in story]


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
