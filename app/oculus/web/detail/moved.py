"""What else moved when an alert fired: the series farthest from their usual, in words and as lines."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from oculus.core.alert import Alert
from oculus.core.figures import figure
from oculus.core.symbols import category_of
from oculus.runtime import Oculus
from oculus.storage.reading.moved import Moved
from oculus.web.dashboard.sparkline import Spark, spark
from oculus.web.detail.alerts import subjects_of
from oculus.web.errors import not_found
from oculus.web.names import name_of, panel_of

BEFORE_MS, AFTER_MS = 2 * 3_600_000, 900_000  # of the firing, that a line shows
STEP_MS = 60_000
FAR = ((15.0, "very far"), (6.0, "far"), (3.0, "clearly"), (0.0, "a little"))


@dataclass(frozen=True, slots=True)
class MovedRow:
    """One series. `link` leads to its course beside that of the alert."""

    symbol: str
    name: str
    kind: str  # its category
    panel: str
    value: str
    usual: str
    words: str
    spark: Spark
    link: str


@dataclass(frozen=True, slots=True)
class MovedList:
    symbol: str  # what the alert is about; empty when that is no symbol
    rows: tuple[MovedRow, ...]


def moved_list(oculus: Oculus, number: int) -> MovedList:
    """Raises HttpError 404."""
    record = oculus.reader.alert(number)
    if record is None:
        raise not_found(f"There is no alert {number}", "The page of alerts shows those that there are.")
    alert = record.alert
    own = alert.instance or subjects_of(oculus).get(alert.rule, "")
    symbol = own if oculus.live.latest(own) else ""
    found = oculus.reader.moved_with(alert)
    return MovedList(symbol, tuple(moved_row(oculus, alert, symbol, each) for each in found))


def moved_row(oculus: Oculus, alert: Alert, symbol: str, moved: Moved) -> MovedRow:
    latest = oculus.live.latest(moved.symbol)
    tags = latest.tags if latest else {}
    since_ms, until_ms = alert.fired_ms - BEFORE_MS, min(alert.fired_ms + AFTER_MS, oculus.clock.now_ms())
    series = oculus.reader.series(moved.symbol, since_ms, until_ms, STEP_MS)
    return MovedRow(
        symbol=moved.symbol,
        name=name_of(moved.symbol, tags),
        kind=category_of(moved.symbol),
        panel=panel_of(moved.symbol),
        value=str(figure(moved.symbol, moved.value, tags)),
        usual=str(figure(moved.symbol, moved.usual, tags)),
        words=words(moved.score),
        spark=spark([(int(row[0]), row[1]) for row in series]),
        link=link(symbol or moved.symbol, moved.symbol if symbol else "", since_ms, until_ms),
    )


def words(score: float) -> str:
    """ "far above its usual, 9 times its usual spread"."""
    size = abs(score)
    far = next(word for least, word in FAR if size >= least)
    times = f"{size:,.0f}" if size >= 10 else f"{size:.1f}"
    return f"{far} {'above' if score > 0 else 'below'} its usual, by {times} times its usual spread"


def link(symbol: str, beside: str, since_ms: int, until_ms: int) -> str:
    """The chart of a symbol at that time, with another one laid over it."""
    asked = {"since": since_ms, "until": until_ms, **({"compare": beside} if beside else {})}
    return f"/metric/{quote(symbol)}?{urlencode(asked)}"
