"""What the rules remember of the past: samples for short windows, and what long windows come to.

Belongs to the engine's thread. What there was before it began to listen, and all that lies further back
than an hour, is looked up in the database on another thread (see lookup); until that answer is there,
a window has no value. A long window is the database's answer joined with the samples that came since,
and is asked for anew now and then, so what leaves it does so up to a few hundredths late.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from msgspec import Struct

from oculus.core.metric import Metric
from oculus.core.windowstats import WindowStats
from oculus.rules.language.condition import Condition
from oculus.rules.language.functions import FUNCTIONS, joined
from oculus.rules.memory.track import Track

SHORT_MS = 3_600_000  # windows up to here are kept in memory
LAG_MS = 10_000  # what is younger may not yet be in the database
FIRST_LOOK_MS = 10_000  # the shortest time between two questions for one length of window
LONGEST_PAUSE_MS = 600_000
MOST_PLAYED = 1_000_000  # samples of one symbol, where all windows are kept in memory
SHARE = 500  # a window of this many parts is asked for anew when one has passed

Sample = tuple[str, int, float]  # symbol, ms, value


class Wish(Struct, frozen=True):
    """What is to be looked up: the samples since then, or with `window_ms`, what they come to."""

    symbols: tuple[str, ...]
    since_ms: int
    until_ms: int = 0
    window_ms: int = 0
    functions: tuple[str, ...] = ()  # what will be asked of the window: some cost more than others


class Long(Struct):
    """One length of window, for all the symbols that are asked for over it."""

    symbols: dict[str, None] = {}
    functions: dict[str, None] = {}
    asked_ms: int | None = None  # None: what is known is not enough
    waiting: bool = False  # for an answer
    answered_ms: int = 0
    until_ms: int = 0
    stats: Mapping[str, WindowStats] = {}


class Recall:
    """`ask` is None where there is no database: then all windows are kept in memory."""

    def __init__(self, ask: Callable[[Wish], None] | None) -> None:
        self._ask = ask
        self._tracks: dict[str, Track] = {}
        self._long: dict[int, Long] = {}
        self._unknown: dict[str, int] = {}  # what has to be looked up: how far back
        self._known: dict[str, Track] = {}  # what the rules before these followed
        self._answers: dict[int, Long] = {}

    # What is remembered

    def follow(self, conditions: Iterable[Condition]) -> None:
        """Begin to remember what these need."""
        for condition in conditions:
            for function, symbol, window_ms in condition.windows():
                if window_ms > SHORT_MS and self._ask:
                    self._follow_long(symbol, window_ms, function)
                else:
                    self._keep(symbol, window_ms)
            for symbol in condition.crossing():
                self._keep(symbol, 0)

    def renew(self) -> None:
        """The rules change: what the new ones do not follow is forgotten with `settled`."""
        self._known, self._tracks = self._tracks, {}
        self._answers, self._long = self._long, {}

    def settled(self) -> None:
        """All new rules have been met."""
        self._known, self._answers = {}, {}

    def _keep(self, symbol: str, keep_ms: int) -> None:
        track = self._tracks.get(symbol)
        if track is None:
            track = self._known.get(symbol) or self._new_track(keep_ms)
            self._tracks[symbol] = track
            enough = track.whole and track.keep_ms >= keep_ms
        else:
            enough = track.keep_ms >= keep_ms
        track.keep_ms = max(keep_ms, track.keep_ms)
        if not enough and self._ask:
            track.whole = False
            self._unknown[symbol] = max(keep_ms, self._unknown.get(symbol, 0))

    def _new_track(self, keep_ms: int) -> Track:
        return Track(keep_ms, whole=False) if self._ask else Track(keep_ms, whole=True, most=MOST_PLAYED)

    def _follow_long(self, symbol: str, window_ms: int, function: str) -> None:
        self._keep(symbol, pause_ms(window_ms) + 6 * LAG_MS)
        long = self._long.get(window_ms) or self._answers.pop(window_ms, None) or Long()
        self._long[window_ms] = long
        if symbol not in long.symbols or function not in long.functions:
            long.symbols[symbol] = long.functions[function] = None
            long.asked_ms = None

    def learn(self, metric: Metric) -> None:
        track = self._tracks.get(metric.symbol) or self._known.get(metric.symbol)
        if track is not None:
            track.add(metric.ts_ms, metric.value)

    def look_up(self, now_ms: int) -> None:
        """Ask for what is not known, or has become old."""
        if self._ask is None:
            return
        if self._unknown:
            self._ask(Wish(tuple(self._unknown), now_ms - max(self._unknown.values())))
            self._unknown = {}
        for window_ms, long in self._long.items():
            old = long.asked_ms is None or now_ms - long.asked_ms >= pause_ms(window_ms)
            if old and not long.waiting:
                long.asked_ms, long.waiting = now_ms, True
                until_ms = now_ms - LAG_MS
                about = (tuple(long.symbols), now_ms - window_ms, until_ms, window_ms, tuple(long.functions))
                self._ask(Wish(*about))

    def doubt(self) -> None:
        """Samples were lost on their way here: look up again what is remembered."""
        if self._ask:
            for symbol, track in self._tracks.items():
                self._unknown[symbol] = max(track.keep_ms, self._unknown.get(symbol, 0))

    def samples(self, wish: Wish, samples: Iterable[Sample], now_ms: int) -> None:
        """The answer to a question for samples."""
        found: dict[str, list[tuple[int, float]]] = {symbol: [] for symbol in wish.symbols}
        for symbol, ts_ms, value in samples:
            found[symbol].append((ts_ms, value))
        for symbol, given in found.items():
            if symbol in self._tracks and symbol not in self._unknown:
                self._tracks[symbol].seed(given, now_ms)

    def answer(self, wish: Wish, stats: Mapping[str, WindowStats], now_ms: int) -> None:
        """The answer to a question for a long window."""
        long = self._long.get(wish.window_ms)
        if long is not None:
            long.stats = {symbol: stats.get(symbol, WindowStats()) for symbol in wish.symbols}
            long.until_ms, long.answered_ms, long.waiting = wish.until_ms, now_ms, False

    # What it comes to

    def value(self, function: str, symbol: str, window_ms: int, moment_ms: int) -> float | None:
        """None when there is not enough for the function, or it has not been looked up yet."""
        track = self._tracks.get(symbol)
        if track is None or not track.whole:
            return None
        if window_ms not in self._long or symbol not in self._long[window_ms].symbols:
            return FUNCTIONS[function](track.window(moment_ms - window_ms, moment_ms))
        long = self._long[window_ms]
        stored = long.stats.get(symbol)
        if stored is None:
            return None
        return FUNCTIONS[function](joined(stored, track.window(long.until_ms, moment_ms)))

    def at(self, symbol: str, moment_ms: int) -> tuple[int, float] | None:
        """The newest sample at or before a moment."""
        track = self._tracks.get(symbol)
        return track.at(moment_ms) if track else None

    def before(self, symbols: Iterable[str], moment_ms: int) -> int | None:
        """When the last sample of any of them before a moment was; 0: never; None: not known."""
        newest = 0
        for symbol in symbols:
            track = self._tracks.get(symbol)
            if track is None or not track.whole:
                return None
            found = track.at(moment_ms - 1)
            newest = max(newest, found[0] if found else 0)
        return newest

    def moved(self, condition: Condition, since_ms: int, until_ms: int) -> bool:
        """Whether a window of it may have another value than at `since_ms`, though no sample came."""
        return any(self._moved(symbol, ms, since_ms, until_ms) for _, symbol, ms in condition.windows())

    def _moved(self, symbol: str, window_ms: int, since_ms: int, until_ms: int) -> bool:
        long, track = self._long.get(window_ms), self._tracks.get(symbol)
        told_ms = max(long.answered_ms if long else 0, track.known_ms if track else 0)
        if told_ms and told_ms >= since_ms:
            return True
        return track is not None and track.any_within(since_ms - window_ms, until_ms - window_ms)


def pause_ms(window_ms: int) -> int:
    """How long an answer for a long window is good for."""
    return min(max(window_ms // SHARE, FIRST_LOOK_MS), LONGEST_PAUSE_MS)
