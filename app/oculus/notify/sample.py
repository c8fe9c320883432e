"""What `oculus send-test` and the button on the channels' page say: a message like those to come."""

from __future__ import annotations

from oculus.core.alert import Alert, AlertState, News, NewsKind
from oculus.core.event import Severity
from oculus.core.symbols import part_of
from oculus.notify.facts import Facts

TEXT = "This is a test from Oculus. If you can read it, this channel works."


def sample_news(now_ms: int, facts: Facts) -> News:
    """A piece of news about nothing, with the numbers of some series where there is one."""
    symbol = next((name for name in facts.symbols() if not part_of(name)), "")
    metric = facts.latest(symbol)
    alert = Alert(
        id=0,
        rule="test",
        instance=symbol,
        severity=Severity.INFO,
        state=AlertState.FIRING,
        message=TEXT,
        value=metric.value if metric else None,
        started_ms=now_ms,
        fired_ms=now_ms,
        tags=dict(metric.tags) if metric else {},
    )
    return News(kind=NewsKind.FIRED, alert=alert, ts_ms=now_ms)
