"""HTTP: does the address answer as it should, and where does the time go.

Symbols  net.http.<name or host>          the whole, to the last byte, ms
         .dns .connect .tls .first_byte .transfer   its phases, ms; they add up to the whole
         .status .match .bytes            status code; 1 when every expectation held, else 0; size of the body
         .tls_days                        whole days until the presented certificate expires
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

from msgspec import Meta, field

from oculus.collectors.network.deadline import Deadline
from oculus.collectors.network.down import Down
from oculus.collectors.network.exchange import Laps, Reply, Request, fetch
from oculus.collectors.network.expect import Expectations, ExpectJson, body_test, status_range
from oculus.collectors.network.probe import Probe, ProbeSettings
from oculus.collectors.network.tls import Trust
from oculus.collectors.network.url import Url
from oculus.core.secret import Secret

HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
OURS = {"content-length", "transfer-encoding", "connection", "accept-encoding"}


class HttpSettings(ProbeSettings, frozen=True, kw_only=True, tag="http"):
    """An address that should answer as it is expected to."""

    target: Annotated[
        str,
        Meta(description="The address, with http:// or https://.", pattern="^https?://", max_length=2000),
    ]
    method: Annotated[
        Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"], Meta(description="How to ask.")
    ] = "GET"
    headers: Annotated[dict[str, Secret], Meta(description="Headers to send.")] = field(default_factory=dict)
    body: Annotated[str, Meta(description="Body to send.")] = ""
    expect_status: Annotated[
        list[int | str], Meta(description="Good status codes: 200, or a range: 200-299.", min_length=1)
    ] = field(default_factory=lambda: ["200-399"])
    expect_body: Annotated[
        str, Meta(description="Text the body must have; /.../ is a regular expression.")
    ] = ""
    expect_json: Annotated[
        ExpectJson | None, Meta(description="What must stand at one place of a JSON body.")
    ] = None
    verify_tls: Annotated[bool, Meta(description="Whether its certificate must be trusted.")] = True
    ca_file: Annotated[str, Meta(description="File of a further authority to trust (PEM).")] = ""
    follow_redirects: Annotated[bool, Meta(description="Whether to go where a redirect leads.")] = True

    def mistakes(self) -> list[str]:
        wrong = super().mistakes()
        checks: list[tuple[str, Callable[[Any], object], Any]] = [
            ("target", Url.parse, self.target),
            ("expect_body", body_test, self.expect_body),
            *(("expect_status", status_range, status) for status in self.expect_status),
        ]
        for name, check, value in checks:
            try:
                check(value)
            except (ValueError, UnicodeError) as error:
                wrong.append(f"{name} {error}")
        if self.ca_file and not Path(self.ca_file).is_file():
            wrong.append(f"ca_file {self.ca_file} is not there")
        return wrong + [
            f"headers.{name} {what}" for name, value in self.headers.items() if (what := unfit(name, value))
        ]


def unfit(name: str, value: Secret) -> str:
    """Why this header cannot be sent, without showing it; "" when it can."""
    if not HEADER_NAME.fullmatch(name):
        return "is not the name of a header"
    if name.lower() in OURS:
        return "is set by Oculus itself; leave it out"
    return (
        "" if HEADER_VALUE.fullmatch(value.reveal()) else "has a line break or a character no header can have"
    )


class Http(Probe):
    """Ask, time every phase, and hold the answer against what is expected."""

    kind = "http"
    category = "net.http"
    settings_class = HttpSettings
    settings: HttpSettings

    def __init__(self, settings: HttpSettings) -> None:
        url = Url.parse(settings.target)
        headers = {name: value.reveal() for name, value in settings.headers.items()}
        trust = Trust(settings.verify_tls, settings.ca_file)
        self._request = Request(url, settings.method, headers, settings.body.encode(), trust)
        self._expected = Expectations(settings.expect_status, settings.expect_body, settings.expect_json)
        super().__init__(settings)

    def host(self) -> str:
        return self._request.url.host

    def ask(self, deadline: Deadline) -> dict[str, float]:
        laps = Laps()
        try:
            reply = fetch(self._request, self.settings.follow_redirects, deadline, laps)
        except Down as down:
            raise Down(str(down), {**rounded(laps), **down.values}) from down
        broken = self._expected.broken(reply)
        values = {**measures(reply, laps), "match": 0.0 if broken else 1.0}
        if broken:
            raise Down("; ".join(broken), values)
        return values


def measures(reply: Reply, laps: Laps) -> dict[str, float]:
    phases = rounded(laps)
    values = {"": round(sum(phases.values()), 2), **phases}
    values |= {"status": float(reply.status), "bytes": float(reply.size)}
    if reply.tls_days is not None:
        values["tls_days"] = float(reply.tls_days)
    return values


def rounded(laps: Laps) -> dict[str, float]:
    return {phase: round(took_ms, 2) for phase, took_ms in laps.ms.items()}
