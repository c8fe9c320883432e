"""The polite client of one provider: within its quota, one at a time, and not while it is unwell."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct, structs

from oculus.collectors.sources.budget import Budget
from oculus.collectors.sources.circuit import Circuit
from oculus.collectors.sources.etags import Etags
from oculus.collectors.sources.memory import Memory
from oculus.collectors.sources.providers import Limits, Provider
from oculus.collectors.sources.refusal import refusal
from oculus.collectors.sources.reply import Question, Refused, Reply, Unchanged, Unreached
from oculus.collectors.sources.settings import SourceSettings
from oculus.core.clock import Clock, to_iso
from oculus.core.durations import spoken
from oculus.core.errors import BadAnswer, SourceBusy, SourceError
from oculus.core.masking import hide, mask
from oculus.core.outgoing import Deadlines

log = logging.getLogger(__name__)

MINUTE_S = 60.0
FAIR_SHARE = 0.2  # of its time that a question has at least, once it is its turn
UNREACHED_S = 60.0  # the longest rest of who has not been reached, and so not been bothered


class SourceStatus(Struct, frozen=True, kw_only=True):
    """How one provider stands. Times are UTC ms."""

    name: str
    title: str
    calls_used: int  # this month
    calls_left: int | None  # of this day or month; None where neither is limited
    asked_ms: int | None
    answer: str  # what the last question came to, in words
    cool_down_until_ms: int | None
    cool_down: str  # why it is left alone; empty when it is not
    circuit_open: bool


class Source:
    """Shared by every collector that asks this provider; any thread may ask, one is served at a time."""

    def __init__(
        self,
        provider: Provider,
        settings: SourceSettings,
        memory: Memory,
        clock: Clock,
        deadlines: Deadlines,
        random_share: Callable[[], float] = random.random,
    ) -> None:
        self.provider = provider
        self.has_key = bool(settings.api_key)
        self._key = settings.api_key.reveal()
        hide(self._key)
        self._base_url = (settings.base_url or provider.base_url).rstrip("/")
        self._memory = memory
        self._clock = clock
        saved = memory.load(f"source.{provider.name}") or {}
        self._budget = Budget(limits_of(provider, settings), saved.get("budget"))
        self._circuit = Circuit(saved.get("circuit"), random_share)
        self._etags = Etags(memory.load(f"etags.{provider.name}"))
        from oculus.collectors.sources.transport import Transport  # loads requests, for who asks

        self._transport = Transport(provider.title, deadlines)
        self._turn = threading.Lock()  # held while it is asked
        self._lock = threading.Lock()  # guards what is counted
        self._asked_ms: int | None = None
        self._answer = ""
        self._closed = False

    def get_json(self, path: str, params: Mapping[str, str] | None = None, timeout_s: float = 10.0) -> Any:
        """The JSON at `path`.

        Raises SourceBusy when it may not be asked now, Refused when it knows no such thing, BadAnswer or
        SourceError when it fails, Unchanged when there is nothing new since before the restart.
        """
        return self.ask(Question(path=path, params=params or {}), timeout_s).json(self.provider.title)

    def ask(self, question: Question, timeout_s: float = 10.0) -> Reply:
        """A good answer (2xx). Raises as `get_json` does."""
        until = time.monotonic() + timeout_s
        # Whoever has waited for most of its time does not ask any more: too little is left for a fair answer.
        if not self._turn.acquire(timeout=timeout_s * (1 - FAIR_SHARE)):
            raise SourceBusy(self.provider.title, "is busy with other questions")
        try:
            self._may_ask()
            reply = self._send(question, until - time.monotonic())
            return self._judged(question, reply)
        except SourceError as error:
            self._note_failure(error)
            raise
        finally:
            self._turn.release()

    def stretch(self, who: str, calls: float, interval_s: float) -> float:
        """By how much `who` must stretch its interval for the quota to last; 1.0: not at all."""
        with self._lock:
            return self._budget.stretch(who, calls, interval_s, self._clock.now_ms())

    def save_up(self) -> None:
        """Look before it is asked in another's place. Raises LeftAlone where its quota would not last."""
        now_ms = self._clock.now_ms()
        with self._lock:
            pace_s = self._budget.pace_s(now_ms)
            since_s = pace_s if self._asked_ms is None else (now_ms - self._asked_ms) / 1000
        if 0 <= since_s < pace_s:  # what lies ahead of now was noted before the clock was put back
            what = f"stands in again in {spoken(pace_s - since_s)}, or its allowance would not last"
            raise LeftAlone(self.provider.title, what, retry_after_s=pace_s - since_s)

    def complain(self, error: SourceError) -> None:
        """An answer turned out to be useless after all: count it as a failure of the provider."""
        self._note_failure(error)

    def status(self) -> SourceStatus:
        now_ms = self._clock.now_ms()
        with self._lock:
            rest_s = self._circuit.rest_s(now_ms)
            wait_s, which = self._budget.wait(now_ms)
            reason = self._circuit.reason if rest_s else f"asked {which}" if wait_s else ""
            return SourceStatus(
                name=self.provider.name,
                title=self.provider.title,
                calls_used=self._budget.used("month", now_ms),
                calls_left=self._budget.left(now_ms),
                asked_ms=self._asked_ms,
                answer=self._answer,
                cool_down_until_ms=now_ms + round(max(rest_s, wait_s) * 1000) if reason else None,
                cool_down=reason,
                circuit_open=self._circuit.open and rest_s > 0,
            )

    def close(self) -> None:
        """Whoever waits for an answer gets an error now, which is not the provider's fault."""
        self._closed = True
        self._transport.close()

    def _may_ask(self) -> None:
        """Counts the question. Raises SourceBusy when it must wait."""
        now_ms = self._clock.now_ms()
        title = self.provider.title
        with self._lock:
            if rest_s := self._circuit.rest_s(now_ms):
                raise LeftAlone(
                    title, f"is left alone for another {spoken(rest_s)}: {self._circuit.reason}",
                    retry_after_s=rest_s,
                )  # fmt: skip
            wait_s, which = self._budget.wait(now_ms)
            if wait_s:
                kind = InTurn if wait_s <= MINUTE_S else LeftAlone
                raise kind(
                    title, f"was asked all {which}; it may be asked again in {spoken(wait_s)}",
                    "A key of your own, or a longer interval, gives more.", retry_after_s=wait_s,
                )  # fmt: skip
            self._budget.spend(now_ms)
            self._asked_ms = now_ms
            self._save()

    def _send(self, question: Question, timeout_s: float) -> Reply:
        headers = {**self._etags.headers(question), **question.headers}
        if self._key and self.provider.key_header:
            headers[key_header(self.provider, self._base_url)] = self._key
        if self._key and self.provider.key_param:
            question = structs.replace(
                question, params={**question.params, self.provider.key_param: self._key}
            )
        return self._transport.ask(self._url(question), question, headers, timeout_s)

    def _url(self, question: Question) -> str:
        return self._base_url + question.path if self._base_url else question.path

    def _judged(self, question: Question, reply: Reply) -> Reply:
        """Raises SourceError for an answer that cannot be used."""
        if reply.status == 304:
            return self._as_before(question)
        if not 200 <= reply.status < 300:
            raise refusal(self.provider, reply, self._clock.now_ms(), has_key=self.has_key)
        try:
            if question.json:
                answer = reply.json(self.provider.title)
                if self.provider.check:
                    self.provider.check(answer)
        except SourceError:
            self._etags.forget(question)
            raise
        if self._etags.note(question, reply) and not question.whole:
            self._memory.save(f"etags.{self.provider.name}", self._etags.saved())
        self._note_success(f"{len(reply.body)} bytes")
        return reply

    def _as_before(self, question: Question) -> Reply:
        """The answer of before. Raises Unchanged where it is not here any more."""
        if not self._etags.headers(question):
            raise BadAnswer(self.provider.title, "says that nothing has changed, which was not the question")
        self._note_success("as before")
        known = self._etags.known(question)
        if known is None:
            raise Unchanged
        return known

    def _note_failure(self, error: SourceError) -> None:
        if isinstance(error, LeftAlone) or self._closed:
            return
        now_ms = self._clock.now_ms()
        reason = mask(error.what.removeprefix(f"{self.provider.title}: "))
        with self._lock:
            self._answer = reason
            if isinstance(error, Refused):
                self._circuit.worked()
            elif isinstance(error, Unreached):
                self._budget.give_back(self._asked_ms or 0)
                self._circuit.failed(reason, now_ms, longest_s=UNREACHED_S)
            else:
                wish_s = error.retry_after_s if isinstance(error, SourceBusy) else None
                self._circuit.failed(reason, now_ms, wish_s)
            if self._circuit.failures:
                log.debug("%s: %s; left alone until %s", self.provider.name, reason,
                          to_iso(self._circuit.until_ms))  # fmt: skip
            self._save()

    def _note_success(self, answer: str) -> None:
        with self._lock:
            self._answer = answer
            if self._circuit.failures:
                self._circuit.worked()
                self._save()

    def _save(self) -> None:
        kept = {"budget": self._budget.saved(), "circuit": self._circuit.saved()}
        self._memory.save(f"source.{self.provider.name}", kept)


class LeftAlone(SourceBusy):
    """It was not asked at all, out of politeness."""


class InTurn(LeftAlone):
    """It may be asked again within a minute: nothing is wrong but that many want to ask."""


class NoTime(InTurn):
    """It was not asked, for what is left of the run's time is too little for a fair answer."""

    def __init__(self) -> None:
        super().__init__("The rest", "no time was left to ask for it")


def limits_of(provider: Provider, settings: SourceSettings) -> Limits:
    """The provider's free quota, with what the settings say instead."""
    given = {name: value for name in Limits.__struct_fields__ if (value := getattr(settings, name))}
    free = provider.keyed if provider.keyed and settings.api_key else provider.limits
    return structs.replace(free, **given)


def key_header(provider: Provider, base_url: str) -> str:
    """CoinGecko's paid address wants its key under another name."""
    return "x-cg-pro-api-key" if "pro-api.coingecko" in base_url else provider.key_header
