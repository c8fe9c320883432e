"""What stands around every page: how many alerts fire, how Oculus itself fares, and what must be mended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from oculus.collectors.status import CollectorState, CollectorStatus
from oculus.rules.life.hours import Mute
from oculus.rules.life.silence import ALL
from oculus.runtime import Oculus
from oculus.storage.upkeep.upkeep import gone
from oculus.web.kept.look import Look

MOST_NAMES = 3
LONG_QUEUE = 10_000
REMEMBER_S = 600.0  # how long a loss stays on the page after it ended


@dataclass(frozen=True, slots=True)
class Pulse:
    """The few words beside the dot in the header; `tone` is ok, idle or error."""

    text: str
    tone: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Something is wrong with Oculus itself: what, and what to do or expect."""

    key: str
    tone: str  # a severity
    what: str
    then: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Frame:
    """Needed by every page."""

    firing_count: int
    pulse: Pulse
    notices: tuple[Notice, ...]
    market: str  # the colours of what rises and falls (kept/look.py)


class Frames:
    """Makes the frame of every page."""

    def __init__(self, oculus: Oculus, look: Look) -> None:
        self._oculus = oculus
        self._look = look
        self._loss = RecentLoss()

    def frame(self, collectors: Sequence[CollectorStatus], firing_count: int) -> Frame:
        oculus = self._oculus
        lost = self._loss.lost(oculus.counters.get("writer.dropped"), oculus.clock.monotonic())
        return Frame(firing_count, pulse(collectors), notices(oculus, collectors, lost), self._look.market)


class RecentLoss:
    """Remembers when numbers were last lost: a counter alone would accuse for ever."""

    def __init__(self) -> None:
        self._lost = 0.0
        self._at = float("-inf")

    def lost(self, total: float, now: float) -> float:
        """How many were lost so far, if the last of them is no longer ago than ten minutes; else 0."""
        if total > self._lost:
            self._lost, self._at = total, now
        return total if now - self._at < REMEMBER_S else 0.0


def pulse(collectors: Sequence[CollectorStatus]) -> Pulse:
    """How many collectors run, and how many of them fail."""
    running = [
        status for status in collectors if status.state not in (CollectorState.OFF, CollectorState.PAUSED)
    ]
    failing = sum(status.state == CollectorState.FAILING for status in running)
    if not running:
        return Pulse("no collectors", "idle")
    word = "collector" if len(running) == 1 else "collectors"
    return Pulse(
        f"{len(running)} {word} · {f'{failing} failing' if failing else 'live'}", "error" if failing else "ok"
    )


def notices(oculus: Oculus, collectors: Sequence[CollectorStatus], lost: float) -> tuple[Notice, ...]:
    """Everything a person must know before they trust the page, worst first."""
    kept = [*storing(oculus, lost), *recovered(oculus)]
    wrong = [*stopped(oculus), *kept, *broken_settings(oculus.problems)]
    return (*wrong, *offline(oculus), *waiting(oculus), *silent(oculus), *muted(oculus), *paused(collectors))


def stopped(oculus: Oculus) -> list[Notice]:
    parts = (
        ("scheduler", oculus.scheduler.alive(), "Nothing is asked for numbers any more."),
        ("rules", oculus.engine.alive(), "No rule is judged any more."),
        ("notifier", oculus.notifier.alive(), "Nobody is told of anything any more."),
    )
    restart = "Start Oculus again; the log says what happened."
    return [Notice(f"stopped-{key}", "critical", what, restart) for key, alive, what in parts if not alive]


def storing(oculus: Oculus, lost: float) -> list[Notice]:
    if not oculus.writer.alive() or not oculus.writer.healthy():
        return [
            Notice(
                "writer",
                "critical",
                "Nothing is being stored.",
                "The file cannot be written: is the disk full? What arrives waits in memory; see the log.",
            )
        ]
    if lost:
        return [
            Notice(
                "queue",
                "error",
                f"{lost:,.0f} numbers were lost.",
                "More came in than could be stored. Longer intervals, or a faster disk, help.",
            )
        ]
    return []


def recovered(oculus: Oculus) -> list[Notice]:
    """What of the database was lost or put aside at the start, can no longer be read, or was taken away."""
    path = oculus.database.path
    now = [oculus.upkeep.damage, "" if path.exists() else gone(path.name)]
    told = [event.message for event in oculus.database.notices] + list(filter(None, now))
    return [database_notice(number, message) for number, message in enumerate(told)]


def database_notice(number: int, message: str) -> Notice:
    what, _, then = message.partition(". ")
    return Notice(f"database-{number}", "critical", f"{what}.", f"{then.rstrip('.')}.")


def offline(oculus: Oculus) -> list[Notice]:
    if not oculus.outage.offline():
        return []
    then = "Hosts outside cannot be judged; that is kept as a gap, and no rule takes it for their trouble."
    return [Notice("offline", "warn", "This machine is offline.", then)]


def waiting(oculus: Oculus) -> list[Notice]:
    """A queue that stays long means that storing does not keep up."""
    if oculus.writer.queue_length() < LONG_QUEUE:
        return []
    then = "Nothing is lost yet. A busy disk, or very many collectors, make it grow."
    return [Notice("waiting", "warn", f"More than {LONG_QUEUE:,} numbers wait to be stored.", then)]


def silent(oculus: Oculus) -> list[Notice]:
    if oculus.snoozes.until(ALL) is None:
        return []
    then = "Alerts are kept all the same, and told afterwards if they still fire."
    return [Notice("snoozed", "info", "Everything is snoozed: nobody is told of anything.", then)]


def muted(oculus: Oculus) -> list[Notice]:
    """The quiet times that it is now."""
    now_ms = oculus.clock.now_ms()
    then = "Alerts are kept all the same, and told afterwards if they still fire."
    return [
        Notice(f"muted-{number}", "info", f"Quiet time {mute.name}: nobody is told of {whom(mute)}.", then)
        for number, mute in enumerate(oculus.settings.mute)
        if mute.holds(now_ms)
    ]


def whom(mute: Mute) -> str:
    what = several(mute.rules) if mute.rules else "anything"
    return f"{what} below {mute.below}" if mute.below else what


def paused(collectors: Sequence[CollectorStatus]) -> list[Notice]:
    names = [each.name for each in collectors if each.state == CollectorState.PAUSED]
    if not names:
        return []
    count = "A collector is paused." if len(names) == 1 else f"{len(names)} collectors are paused."
    return [Notice("paused", "info", count, f"Not asked until somebody resumes: {several(names)}.")]


def several(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + more


def broken_settings(problems: Sequence[str]) -> list[Notice]:
    if not problems:
        return []
    count = "a mistake" if len(problems) == 1 else f"{len(problems)} mistakes"
    return [
        Notice(
            "settings",
            "error",
            f"The changed settings have {count}.",
            "Until that is mended, those from before the change stay in force.",
            tuple(problems),
        )
    ]
