"""Who was told of what, on which channel, after how many tries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from oculus.core.alert import Delivery, DeliveryState

FAILED = (DeliveryState.FAILED, DeliveryState.EXPIRED)


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """One piece of news on one channel. `why`: the last error, or why it was not sent.

    `next_ms` is when it is tried again; None unless it waits for that.
    """

    at_ms: int
    rule: str
    news: str
    channel: str
    state: str
    tone: str
    attempts: int
    why: str
    next_ms: int | None


def delivery_row(delivery: Delivery) -> DeliveryRow:
    return DeliveryRow(
        at_ms=delivery.sent_ms or delivery.created_ms,
        rule=delivery.news.alert.rule,
        news=delivery.news.kind.lower().replace("_", " "),
        channel=delivery.channel,
        state=delivery.state,
        tone="error"
        if delivery.state in FAILED
        else "warn"
        if delivery.state == DeliveryState.RETRYING
        else "",
        attempts=delivery.attempts,
        why=delivery.last_error,
        next_ms=delivery.next_ms if delivery.state == DeliveryState.RETRYING else None,
    )


def summary(deliveries: Iterable[Delivery]) -> str:
    """ "2 sent, 1 failed"; empty when there were none."""
    counts = Counter(str(each.state) for each in deliveries)
    return ", ".join(f"{count} {state}" for state, count in sorted(counts.items()))


def newest(deliveries: Sequence[Delivery], limit: int) -> list[DeliveryRow]:
    ordered = sorted(deliveries, key=lambda each: (-each.created_ms, -each.id))
    return [delivery_row(each) for each in ordered[:limit]]
