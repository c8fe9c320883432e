"""http_json: numbers from any address that answers with JSON, text or Prometheus' format.

Symbols  <category>.<key>   for each of `metrics`; `category` is custom.<name> unless set

Where the answer says as of when it is (`ts`), that is the number's time, and a row is written only when it
has moved.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from msgspec import Meta, field

from oculus.collectors.collector import Collector, CollectorSettings
from oculus.collectors.custom.extract import Finder, finder, read
from oculus.collectors.custom.moment import Unit, moment_ms
from oculus.collectors.custom.number import number
from oculus.collectors.network.http import unfit
from oculus.collectors.network.url import Url
from oculus.collectors.news import moved
from oculus.collectors.sources.client import Source, SourceStatus
from oculus.collectors.sources.reply import HTML, Question, Reply
from oculus.collectors.words import some
from oculus.core.errors import BadAnswer
from oculus.core.metric import Metric
from oculus.core.secret import Secret
from oculus.core.symbols import VALID, clean

ACCEPTED = {
    "json": "application/json",
    "text": "text/*, */*;q=0.5",
    "prometheus": "text/plain;version=0.0.4, text/plain;q=0.5",
}


class HttpJsonSettings(CollectorSettings, frozen=True, kw_only=True, tag="http_json"):
    """Numbers out of an answer in JSON, text or the form of Prometheus."""

    url: Annotated[
        str,
        Meta(description="The address, with http:// or https://.", pattern="^https?://", max_length=2000),
    ]
    method: Annotated[Literal["GET", "POST", "PUT"], Meta(description="How to ask.")] = "GET"
    headers: Annotated[dict[str, Secret], Meta(description="Headers to send.")] = field(default_factory=dict)
    body: Annotated[str, Meta(description="Body to send.")] = ""
    format: Annotated[
        Literal["json", "text", "prometheus"], Meta(description="How the answer is to be read.")
    ] = "json"
    metrics: Annotated[
        dict[str, str],
        Meta(
            description="By key, where its number stands: JMESPath, for text a regular expression, "
            'for prometheus name{label="value"}.',
            min_length=1,
            max_length=500,
        ),
    ]
    ts: Annotated[
        str, Meta(description="Where the answer says as of when it is, in the same language as `metrics`.")
    ] = ""
    ts_by_key: Annotated[
        dict[str, str], Meta(description="The same for single metrics that have a time of their own.")
    ] = field(default_factory=dict)
    ts_unit: Annotated[
        Unit, Meta(description="How that time is written: s or ms since 1970, iso; auto finds out.")
    ] = "auto"
    verify_tls: Annotated[bool, Meta(description="Whether its certificate must be trusted.")] = True

    def mistakes(self) -> list[str]:
        wrong = super().mistakes()
        if not self.name:
            wrong.append("name is missing; write a word, its symbols begin with custom.<name>")
        try:
            Url.parse(self.url)
        except (ValueError, UnicodeError) as error:
            wrong.append(f"url {error}")
        for name, value in self.headers.items():
            if what := unfit(name, value):
                wrong.append(f"headers.{name} {what}")
        for key in self.metrics:
            if not VALID.fullmatch(key):
                wrong.append(f"metrics has {key!r}; write a key of lower-case letters, digits and . _ - : /")
        for key in self.ts_by_key.keys() - self.metrics.keys():
            wrong.append(f"ts_by_key has {key!r}, which is none of metrics; write one of its keys")
        return wrong + list(self._misfits())

    def _misfits(self) -> Iterator[str]:
        """What is wrong with the expressions."""
        given = [(f"metrics.{key}", said) for key, said in self.metrics.items()]
        given += [(f"ts_by_key.{key}", said) for key, said in self.ts_by_key.items()]
        for name, expression in [*given, *([("ts", self.ts)] if self.ts else [])]:
            try:
                finder(self.format, expression)
            except ValueError as error:
                yield f"{name} {error}"


class HttpJson(Collector):
    """Ask once, find every number."""

    kind = "http_json"
    settings_class = HttpJsonSettings
    settings: HttpJsonSettings
    unwell = "has given only a part"

    def __init__(self, settings: HttpJsonSettings) -> None:
        super().__init__(settings)
        self.category = f"custom.{clean(settings.name)}"
        self._base = settings.category or self.category
        self._finders = {key: finder(settings.format, said) for key, said in settings.metrics.items()}
        times = {key: settings.ts_by_key.get(key, settings.ts) for key in settings.metrics}
        self._times: dict[str, Finder] = {
            key: finder(settings.format, said) for key, said in times.items() if said
        }
        self._source: Source | None = None  # the registry knows it as long as somebody keeps it

    def symbols(self) -> list[str]:
        return [f"{self._base}.{key}" for key in self._finders]

    def sources(self) -> list[SourceStatus]:
        return [self._client().status()]

    def collect(self) -> list[Metric]:
        return self._find(self._read(self._ask()))

    def _ask(self) -> Reply:
        given = {name: value.reveal() for name, value in self.settings.headers.items()}
        url = Url.parse(self.settings.url)
        if url.user:
            given = {"Authorization": url.authorization, **given}
        question = Question(
            path=str(url),
            method=self.settings.method,
            headers={"Accept": ACCEPTED[self.settings.format], **given},
            body=self.settings.body.encode() or None,
            json=self.settings.format == "json",
            verify=self.settings.verify_tls,
            whole=True,  # numbers without a time are new each time
        )
        timeout_s = self.settings.timeout.total_seconds()
        return self._client().ask(question, timeout_s)

    def _client(self) -> Source:
        self._source = self._source or self.tools.sources.at(self.settings.url)
        return self._source

    def _read(self, reply: Reply) -> Any:
        """Raises BadAnswer when it is nothing that could hold a number."""
        if reply.kind in HTML and self.settings.format == "prometheus":
            raise BadAnswer(
                self.name, "its answer is a web page", "Check the address, and whether it wants a login."
            )
        try:
            return read(self.settings.format, reply.body, reply.text)
        except ValueError as error:
            raise BadAnswer(self.name, str(error)) from error

    def _find(self, answer: Any) -> list[Metric]:
        """Those numbers that are there and new. Raises BadAnswer when none is there."""
        found: dict[str, tuple[float, int | None]] = {}
        missing = []
        for key in self._finders:
            try:
                found[key] = self._one(key, answer)
            except ValueError as error:
                missing.append(f"{key}: {error}")
        told = some(missing, most=5)
        if missing and not found:
            raise BadAnswer(self.name, told, "Mend `metrics` in its settings if the answer has changed.")
        self.trouble = told
        return self._new(found)

    def _one(self, key: str, answer: Any) -> tuple[float, int | None]:
        """A number and its time, if it has one. Raises ValueError in words."""
        value, ts_ms = self._finders[key](answer)
        if key in self._times:
            ts_ms = moment_ms(self._times[key](answer).value, self.settings.ts_unit)
        return number(value), ts_ms

    def _new(self, found: dict[str, tuple[float, int | None]]) -> list[Metric]:
        now_ms = self.clock.now_ms()
        new = [
            self.metric(f"{self._base}.{key}", value, ts_ms)
            for key, (value, ts_ms) in found.items()
            if moved(self.tools, f"{self._base}.{key}", ts_ms, now_ms)
        ]
        self.as_of_ms = max((ts_ms for _, ts_ms in found.values() if ts_ms is not None), default=None)
        self.said = f"{len(found)} of {len(self._finders)} numbers" + ("" if new else "; nothing new")
        return new
