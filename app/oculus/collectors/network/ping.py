"""Ping: does the host answer, how fast, how steadily.

Symbols  net.ping.<host>                      round trip, mean of the replies, ms
         net.ping.<host>.loss                 %, 100 when nothing came back
         net.ping.<host>.jitter .min .max     ms; jitter is the mean step from one reply to the next
"""

from __future__ import annotations

from itertools import pairwise
from statistics import fmean
from typing import Annotated

from msgspec import Meta

from oculus.collectors.network.deadline import Deadline
from oculus.collectors.network.down import Down
from oculus.collectors.network.hostport import check_host
from oculus.collectors.network.icmp import Echoes, NotAllowed, Way, raw, unprivileged
from oculus.collectors.network.ping_program import program
from oculus.collectors.network.probe import Probe, ProbeSettings
from oculus.collectors.network.resolve import resolve
from oculus.core.errors import SourceError

WAYS: tuple[Way, ...] = (unprivileged, raw, program)
REMEDY = (
    "Allow it with `sysctl -w net.ipv4.ping_group_range='0 2147483647'`, "
    "or install the system's ping program."
)


class PingSettings(ProbeSettings, frozen=True, kw_only=True, tag="ping"):
    """A host that should answer to ping."""

    target: Annotated[str, Meta(description="Host name or address.", min_length=1, max_length=253)]
    count: Annotated[int, Meta(description="Requests each time.", ge=1, le=20)] = 4

    def mistakes(self) -> list[str]:
        wrong = super().mistakes()
        try:
            check_host(self.target)
        except ValueError as error:
            wrong.append(f"target {error}")
        return wrong


class Ping(Probe):
    """Send a few echo requests and time the replies."""

    kind = "ping"
    category = "net.ping"
    settings_class = PingSettings
    settings: PingSettings

    def host(self) -> str:
        return self.settings.target

    def ask(self, deadline: Deadline) -> dict[str, float]:
        echoes = self._echoes(deadline)
        if not echoes.sent:
            raise Down(echoes.why)
        if not echoes.rtts_ms:
            raise Down(echoes.why or f"no reply within {deadline}", {"loss": 100.0})
        return measures(echoes)

    def _echoes(self, deadline: Deadline) -> Echoes:
        """The echoes of the first address that could be sent to."""
        for address in resolve(self.settings.target, 0, deadline):
            echoes = ping(address.zoned, self.settings.count, deadline)
            if echoes.sent:
                break
        return echoes


def ping(ip: str, count: int, deadline: Deadline) -> Echoes:
    """By the first way that this system allows. Raises SourceError when it allows none."""
    for way in WAYS:
        try:
            return way(ip, count, deadline)
        except NotAllowed:
            continue
    raise SourceError("ping", "this system does not let Oculus ping", REMEDY)


def measures(echoes: Echoes) -> dict[str, float]:
    rtts = echoes.rtts_ms
    values = {
        "": fmean(rtts),
        "loss": 100.0 * (echoes.sent - len(rtts)) / echoes.sent,
        "min": min(rtts),
        "max": max(rtts),
    }
    if len(rtts) > 1:  # one reply alone has no step
        values["jitter"] = fmean(abs(later - earlier) for earlier, later in pairwise(rtts))
    return {part: round(value, 2) for part, value in values.items()}
