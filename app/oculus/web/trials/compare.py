"""What two settings would have done, in numbers and in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from oculus.core.durations import spoken
from oculus.rules.trials.backtest import SHORT_MS, Backtest, Firing
from oculus.web.detail.lanes import NARROWEST, WIDTH, Bar, Lane, TimeLine


class Outcome(Struct, frozen=True, kw_only=True):
    """One setting, in words."""

    count: int
    total: str
    longest: str
    short: int
    told: str


def outcome(found: Backtest) -> Outcome:
    lengths = [each.length_ms(found.until_ms) for each in found.fired]
    told = [f"{count} by {channel}" for channel, count in found.told.items() if count]
    return Outcome(
        count=len(found.fired),
        total=spoken(sum(lengths) / 1000) if lengths else "—",
        longest=spoken(max(lengths) / 1000) if lengths else "—",
        short=found.short,
        told=", ".join(told) or "nobody",
    )


def difference(a: Backtest, b: Backtest) -> list[str]:
    """What would be otherwise with B, each in a sentence."""
    if not a.fired and not b.fired:
        return ["Neither would have fired."]
    if spans(a.fired) == spans(b.fired):
        told = messages(a, b)
        return ["Both would have fired alike."] if not told else ["Both would have fired alike.", *told]
    said = [*counts(a, b), *shorts(a, b), *messages(a, b), *missed(a, b), *added(a, b), *delay(a, b)]
    return said or ["Both would have fired as often, at other times."]


def spans(fired: Iterable[Firing]) -> list[tuple[str, int, int | None]]:
    return [(each.instance, each.fired_ms, each.ended_ms) for each in fired]


def counts(a: Backtest, b: Backtest) -> list[str]:
    before, after = len(a.fired), len(b.fired)
    return [] if before == after else [f"B would have fired {many(after, 'time')} instead of {before}."]


def shorts(a: Backtest, b: Backtest) -> list[str]:
    if a.short == b.short:
        return []
    return [f"{b.short or 'None'} instead of {a.short} would be over in under 2 minutes."]


def messages(a: Backtest, b: Backtest) -> list[str]:
    before, after = sum(a.told.values()), sum(b.told.values())
    return [] if before == after else [f"People would get {many(after, 'message')} instead of {before}."]


def missed(a: Backtest, b: Backtest) -> list[str]:
    """Long troubles of A at whose time B keeps silent."""
    long = [each for each in alone(a, b) if each.length_ms(a.until_ms) >= SHORT_MS]
    if not long:
        return []
    most = spoken(max(each.length_ms(a.until_ms) for each in long) / 1000)
    return [f"It would miss {len(long)} that lasted {'' if len(long) == 1 else 'up to '}{most}."]


def added(a: Backtest, b: Backtest) -> list[str]:
    found = alone(b, a)
    return [f"It would tell of {len(found)} of which A says nothing."] if found else []


def delay(a: Backtest, b: Backtest) -> list[str]:
    """How much later B tells of what both tell, on average."""
    both = [(each, other) for each in a.fired if (other := beside(each, b))]
    if not both:
        return []
    late_s = sum(other.fired_ms - each.fired_ms for each, other in both) / len(both) / 1000
    if abs(late_s) < 1:
        return []
    return [f"Where both fire, it would tell {spoken(abs(late_s))} {'later' if late_s > 0 else 'sooner'}."]


def alone(one: Backtest, other: Backtest) -> list[Firing]:
    return [each for each in one.fired if not beside(each, other)]


def beside(each: Firing, other: Backtest) -> Firing | None:
    """The first firing of the same instance that overlaps."""
    end_ms = other.until_ms if each.ended_ms is None else each.ended_ms
    for their in other.fired:
        theirs_ms = other.until_ms if their.ended_ms is None else their.ended_ms
        if their.instance == each.instance and their.fired_ms <= end_ms and theirs_ms >= each.fired_ms:
            return their
    return None


def many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def source(found: Backtest, sql: bool = False) -> str:
    """What it was played over."""
    if not found.samples:
        return "Nothing is stored of this time."
    if sql:
        return f"Its SQL was run {found.samples:,} times as of then."
    if found.runs:
        return f"Played by {found.runs:,} runs of its SQL, each over the numbers of then."
    kind = ""
    if found.rolled:
        whole = found.rolled == found.samples
        kind = "; all" if whole else f"; {found.rolled:,}"
        kind += " of them are means, because no raw ones are kept of that time"
    return f"Played over {found.samples:,} samples{kind}."


def lanes(sides: Mapping[str, Backtest], severity: str) -> TimeLine:
    """When each setting would have fired, where no chart of a symbol can show it."""
    first = next(iter(sides.values()))
    scale = WIDTH / (first.until_ms - first.since_ms)
    made = []
    for name, found in sides.items():
        bars = [
            Bar(
                x=min(round((each.fired_ms - found.since_ms) * scale), WIDTH - NARROWEST),
                width=max(NARROWEST, round(each.length_ms(found.until_ms) * scale)),
                severity=severity,
                title=spoken(each.length_ms(found.until_ms) / 1000),
            )
            for each in found.fired
        ]
        made.append(Lane(name, tuple(bars)))
    return TimeLine(tuple(made), 0, first.since_ms, first.until_ms)


def lasting(found: Sequence[Firing], until_ms: int) -> list[tuple[Firing, str]]:
    """Newest first, each with how long it lasted."""
    return [(each, spoken(each.length_ms(until_ms) / 1000)) for each in reversed(found)]
