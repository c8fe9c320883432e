"""http_json: numbers from any address that answers with JSON, text or Prometheus' format.

Symbols  <category>.<key>   for each of `metrics`; `category` is custom.<name> unless set
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, field

from oculus.collectors.collector import Collector, CollectorSettings
from oculus.collectors.custom.extract import Finder, finder, read
from oculus.collectors.network.http import unfit
from oculus.collectors.network.url import Url
from oculus.collectors.sources.client import SourceStatus
from oculus.collectors.sources.reply import HTML, Question, Reply, Unchanged
from oculus.core.errors import BadAnswer
from oculus.core.metric import Metric
from oculus.core.secret import Secret
from oculus.core.symbols import VALID, clean

ACCEPTED = {
    "json": "application/json",
    "text": "text/*, */*;q=0.5",
    "prometheus": "text/plain;version=0.0.4, text/plain;q=0.5",
}
LONGEST_TROUBLE = 5  # metrics that are named when several cannot be had


class HttpJsonSettings(CollectorSettings, frozen=True, kw_only=True, tag="http_json"):
    """Numbers out of one answer."""

    url: Annotated[str, Meta(description="Address to ask.", pattern="^https?://", max_length=2000)]
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
        return wrong + [what for key, said in self.metrics.items() if (what := self._misfit(key, said))]

    def _misfit(self, key: str, expression: str) -> str:
        if not VALID.fullmatch(key):
            return f"metrics has {key!r}; write a key of lower-case letters, digits and . _ - : /"
        try:
            finder(self.format, expression)
        except ValueError as error:
            return f"metrics.{key} {error}"
        return ""


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
        self._finders: dict[str, Finder] = {
            key: finder(settings.format, said) for key, said in settings.metrics.items()
        }

    def symbols(self) -> list[str]:
        return [f"{self._base}.{key}" for key in self._finders]

    def source(self) -> SourceStatus | None:
        return self.tools.sources.at(self.settings.url).status()

    def collect(self) -> list[Metric]:
        try:
            answer = self._read(self._ask())
        except Unchanged:
            self.said = "the same as before the restart"
            return []
        return self._find(answer)

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
        )
        timeout_s = self.settings.timeout.total_seconds()
        return self.tools.sources.at(self.settings.url).ask(question, timeout_s)

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
        """Those numbers that are there. Raises BadAnswer when none is."""
        found, missing = [], []
        for key, find in self._finders.items():
            try:
                value, ts_ms = find(answer)
            except ValueError as error:
                missing.append(f"{key}: {error}")
            else:
                found.append(self._metric(key, value, ts_ms))
        more = len(missing) - LONGEST_TROUBLE
        told = "; ".join(missing[:LONGEST_TROUBLE]) + (f"; and {more} more" if more > 0 else "")
        if missing and not found:
            raise BadAnswer(self.name, told, "Mend `metrics` in its settings if the answer has changed.")
        self.trouble = told
        self.said = f"{len(found)} of {len(self._finders)} numbers"
        return found

    def _metric(self, key: str, value: float, ts_ms: int | None) -> Metric:
        if ts_ms is not None and ts_ms > self.clock.now_ms():
            self.tools.counters.add("collectors.clipped")
        return self.metric(f"{self._base}.{key}", value, ts_ms)
