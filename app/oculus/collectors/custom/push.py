"""Push: numbers that come by themselves to POST /in/<name>, and a switch that notices when they stop.

Symbols  <category>.<key>   as it was pushed; `category` is custom.<name> unless set
         <category>.up      with `expect_every`: 1 while something came within that time, else 0
"""

from __future__ import annotations

import hashlib
import hmac
import threading
from typing import Annotated

from msgspec import Meta

from oculus.collectors.collector import Collector, CollectorSettings
from oculus.collectors.custom.push_body import Reading, read_push
from oculus.core.durations import Duration, spoken
from oculus.core.errors import OculusError
from oculus.core.metric import Metric
from oculus.core.secret import Secret
from oculus.core.symbols import clean

MOST_KEYS = 500  # that one push may ever use: each is a series of its own
FOR_EVER_S = 10 * 365 * 86_400.0  # a number nobody expects to be renewed stands this long


class PushRefused(OculusError):
    """A push that was not taken. `why` is unknown, off or bad."""

    def __init__(self, why: str, what: str, hint: str = "") -> None:
        super().__init__(what, hint)
        self.why = why


class PushSettings(CollectorSettings, frozen=True, kw_only=True, tag="push"):
    """Numbers that are sent to Oculus."""

    secret: Annotated[Secret, Meta(description="What whoever pushes must show.")]
    expect_every: Annotated[
        Duration | None, Meta(description="Longest time between two pushes; later than that, `.up` is 0.")
    ] = None

    def mistakes(self) -> list[str]:
        wrong = super().mistakes()
        if not self.name:
            wrong.append("name is missing; write a word, it is sent to /in/<name>")
        if not self.secret:
            wrong.append("secret is empty; write one, or anybody could push")
        if self.expect_every is not None and self.expect_every < Duration(seconds=1):
            wrong.append(f"expect_every {self.expect_every} is too short; write 1s or more")
        return wrong


class Push(Collector):
    """Takes pushes on the web's threads; `collect` only looks whether they still come."""

    kind = "push"
    settings_class = PushSettings
    settings: PushSettings
    unwell = "is overdue"

    def __init__(self, settings: PushSettings) -> None:
        super().__init__(settings)
        self.category = f"custom.{clean(settings.name)}"
        expected = settings.expect_every
        self.stands_s = expected.total_seconds() if expected else FOR_EVER_S
        self._base = settings.category or self.category
        self._keys: set[str] = set()
        self._lock = threading.Lock()

    def symbols(self) -> list[str]:
        return [f"{self._base}.up"] if self.settings.expect_every else []

    def may_write(self) -> list[str]:
        return [f"{self._base}."]

    def collect(self) -> list[Metric]:
        now_ms = self.clock.now_ms()
        self.heard_ms = self._last_ms(now_ms)
        self.said = f"last heard from {spoken((now_ms - self.heard_ms) / 1000)} ago"
        if self.settings.expect_every is None:
            return []
        silent_s = (now_ms - self.heard_ms) / 1000
        late = silent_s > self.settings.expect_every.total_seconds()
        self.trouble = (
            f"nothing came for {spoken(silent_s)}, though it should every {self.settings.expect_every}"
            if late
            else ""
        )
        return [self._up(self.trouble)]

    def receive(self, body: bytes) -> list[Metric]:
        """What was pushed, as metrics. Raises PushRefused; then nothing of it counts."""
        try:
            readings = read_push(body)
        except ValueError as error:
            what, _, hint = str(error).partition("; ")
            raise PushRefused("bad", what, hint[:1].upper() + hint[1:]) from error
        keys = {key for key, _, _ in readings}
        self._learn(keys)
        now_ms = self.clock.now_ms()
        self._heard(now_ms)
        ahead = sum(1 for _, _, ts_ms in readings if ts_ms is not None and ts_ms > now_ms)
        self.tools.counters.add("collectors.clipped", ahead)
        metrics = self._metrics(readings, keys, now_ms)
        return [*metrics, self._up()] if self.settings.expect_every else metrics

    def _metrics(self, readings: list[Reading], keys: set[str], now_ms: int) -> list[Metric]:
        """As `metric` makes them, thousands at once: what they have in common is there only once."""
        symbols = {key: f"{self._base}.{key}" for key in keys}
        category, tags = self.settings.category or self.category, {**self.settings.tags}
        return [
            Metric(now_ms if ts_ms is None else min(ts_ms, now_ms), category, symbols[key], value, tags)
            for key, value, ts_ms in readings
        ]

    def _learn(self, keys: set[str]) -> None:
        """Raises PushRefused when they may not be used. Several pushes may come at once."""
        if self.settings.expect_every and "up" in keys:
            raise PushRefused("bad", "the key up is Oculus' own here", "Choose another.")
        with self._lock:
            together = self._keys | keys
            if len(together) > MOST_KEYS:
                raise PushRefused(
                    "bad", f"{self.name} has used {MOST_KEYS} different keys already", "Keys should repeat."
                )
            self._keys = together

    def _up(self, trouble: str = "") -> Metric:
        if trouble:
            return self.metric(f"{self._base}.up", 0.0, error=trouble)
        return self.metric(f"{self._base}.up", 1.0)

    def _last_ms(self, now_ms: int) -> int:
        """When something last came, be it before a restart; if nothing ever did, when the wait began."""
        last = self.tools.memory.load(self._kept_as)
        if not isinstance(last, int):
            self._heard(now_ms)
            return now_ms
        return min(last, now_ms)  # the clock may have been put back since

    def _heard(self, now_ms: int) -> None:
        self.heard_ms = now_ms
        self.tools.memory.save(self._kept_as, now_ms)

    @property
    def _kept_as(self) -> str:
        return f"push.{self.name}"


def same_secret(given: str, wanted: Secret | None) -> bool:
    """Takes as long whether it is right, wrong, or there is none at all."""
    right = hashlib.sha256((wanted.reveal() if wanted else "").encode()).digest()
    found = hashlib.sha256(given.encode("utf-8", "surrogatepass")).digest()
    return hmac.compare_digest(found, right) and wanted is not None
