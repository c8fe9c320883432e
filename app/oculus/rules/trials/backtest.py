"""What a rule would have done: how often it would have fired, for how long, and who would have been told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct, field

from oculus.core.alert import Alert, News, NewsKind
from oculus.core.gap import Gap
from oculus.core.metric import Metric
from oculus.rules.settings import RuleSettings
from oculus.rules.sql.runner import Outcome
from oculus.rules.trials.replay import Replay

SHORT_MS = 120_000


class Firing(Struct, frozen=True, kw_only=True):
    """One time it would have fired; `ended_ms` None when it still would. UTC ms."""

    instance: str
    started_ms: int
    fired_ms: int
    ended_ms: int | None
    worst: float | None

    def length_ms(self, until_ms: int) -> int:
        return (until_ms if self.ended_ms is None else self.ended_ms) - self.fired_ms


class Backtest(Struct, frozen=True, kw_only=True):
    """The outcome for one span, UTC ms. `told` counts messages by channel."""

    rule: str
    since_ms: int
    until_ms: int
    fired: list[Firing]
    told: dict[str, int]
    samples: int = 0
    rolled: int = 0  # of these, how many are means of a time of which no raw ones are kept
    first_ms: int | None = None  # of the first sample that was there
    runs: int = 0  # of its SQL, one for each of `samples`; 0 for a rule with a condition
    troubles: list[str] = field(default_factory=list)  # why the rule could not be judged

    @property
    def total_ms(self) -> int:
        return sum(each.length_ms(self.until_ms) for each in self.fired)

    @property
    def short(self) -> int:
        """How many were over in less than two minutes."""
        return sum(each.ended_ms is not None and each.length_ms(0) < SHORT_MS for each in self.fired)


class Audience(Struct, frozen=True):
    """Who would be told of what, and how long a channel gathers news for one message."""

    hears: Callable[[str, News], bool] = lambda _channel, _news: True
    group_ms: Mapping[str, int] = {}


def play(
    rule: RuleSettings,
    replay: Replay,
    samples: Iterable[Metric],
    span: tuple[int, int],
    gaps: Sequence[Gap] = (),
    audience: Audience | None = None,
    outcomes: Sequence[Outcome] = (),
) -> Backtest:
    """`replay` knows `rule`, and maybe rules on which it depends. `span` is (since, until)."""
    counted = Counted(samples)
    news = [each for each in replay.run(counted, *span, gaps, outcomes) if each.alert.rule == rule.name]
    worst = {each.alert.id: each.standing.worst for each in replay.open() if each.alert}
    return Backtest(
        rule=rule.name,
        since_ms=span[0],
        until_ms=span[1],
        fired=firings(news, worst),
        told=messages(news, audience or Audience()),
        samples=len(outcomes) if rule.statement else counted.count,
        rolled=counted.rolled,
        first_ms=counted.first_ms,
        runs=len(outcomes),
        troubles=[event.message for event in replay.events],
    )


class Counted:
    """Samples as they pass by."""

    def __init__(self, samples: Iterable[Metric]) -> None:
        self._samples = samples
        self.count = self.rolled = 0
        self.first_ms: int | None = None

    def __iter__(self) -> Iterator[Metric]:
        for metric in self._samples:
            self.count += 1
            self.rolled += "rolled" in metric.tags
            self.first_ms = metric.ts_ms if self.first_ms is None else self.first_ms
            yield metric


def firings(news: Iterable[News], worst: Mapping[int, float | None]) -> list[Firing]:
    """Every alert about the condition itself, told or not, by the time it fired."""
    latest: dict[int, Alert] = {}
    for each in news:
        about_data = each.kind is NewsKind.NO_DATA
        if each.alert.id in latest or (each.kind is NewsKind.FIRED and not about_data):
            latest[each.alert.id] = each.alert
    return [
        Firing(
            instance=alert.instance,
            started_ms=alert.started_ms,
            fired_ms=alert.fired_ms,
            ended_ms=alert.ended_ms,
            worst=worst.get(alert.id, alert.worst),
        )
        for alert in sorted(latest.values(), key=lambda alert: (alert.fired_ms, alert.instance))
    ]


def messages(news: Sequence[News], audience: Audience) -> dict[str, int]:
    """How many messages each channel would have sent, after grouping."""
    told: dict[str, int] = {}
    channels = dict.fromkeys(channel for each in news for channel in each.channels)
    for channel in channels:
        mine = [each for each in news if not each.held and channel in each.channels]
        heard = [each for each in mine if audience.hears(channel, each)]
        told[channel] = len(groups(heard, audience.group_ms.get(channel, 0)))
    return told


def groups(news: Iterable[News], group_ms: int) -> list[list[News]]:
    """News that goes as one message. What began and ended within one is no message at all."""
    found: list[list[News]] = []
    begun_ms = 0
    for each in sorted(news, key=when_ms):
        if found and group_ms and when_ms(each) - begun_ms < group_ms:
            found[-1].append(each)
        else:
            begun_ms = when_ms(each)
            found.append([each])
    return [group for group in found if len(group) == 1 or any(lasting(group))]


def when_ms(news: News) -> int:
    return max(news.ts_ms, news.due_ms)


def lasting(group: Sequence[News]) -> Iterable[News]:
    """The news of a group whose alert does not both begin and end in it."""
    kinds: dict[int, set[NewsKind]] = {}
    for each in group:
        kinds.setdefault(each.alert.id, set()).add(each.kind)
    both = {NewsKind.FIRED, NewsKind.RESOLVED}
    return (each for each in group if not both <= kinds[each.alert.id])
