"""TCP: does the port accept connections, and how fast.

Symbols  net.tcp.<host>:<port>   time to connect, ms
"""

from __future__ import annotations

import time
from typing import Annotated

from msgspec import Meta

from oculus.collectors.network.connect import connect
from oculus.collectors.network.deadline import Deadline
from oculus.collectors.network.hostport import split_host_port
from oculus.collectors.network.probe import Probe, ProbeSettings, ms
from oculus.collectors.network.resolve import resolve


class TcpSettings(ProbeSettings, frozen=True, kw_only=True, tag="tcp"):
    """A port that should accept connections."""

    target: Annotated[str, Meta(description="host:port to connect to.", pattern=r"^.+:\d{1,5}$")]

    def mistakes(self) -> list[str]:
        wrong = super().mistakes()
        try:
            split_host_port(self.target)
        except ValueError as error:
            wrong.append(f"target {error}")
        return wrong


class Tcp(Probe):
    """Connect, and hang up."""

    kind = "tcp"
    category = "net.tcp"
    settings_class = TcpSettings

    def __init__(self, settings: TcpSettings) -> None:
        self._host, self._port = split_host_port(settings.target)
        super().__init__(settings)

    def host(self) -> str:
        return f"{self._host}:{self._port}"

    def ask(self, deadline: Deadline) -> dict[str, float]:
        addresses = resolve(self._host, self._port, deadline)
        begun = time.perf_counter()
        sock = connect(addresses, deadline)
        took_s = time.perf_counter() - begun
        sock.close()
        return {"": ms(took_s)}
