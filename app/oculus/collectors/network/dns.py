"""DNS: does a name server know the name, and how fast.

Symbols  net.dns.<name>   time to the answer, ms
"""

from __future__ import annotations

import time
from typing import Annotated, Literal

from msgspec import Meta

from oculus.collectors.network.deadline import Deadline
from oculus.collectors.network.hostport import split_host_port
from oculus.collectors.network.probe import Probe, ProbeSettings, ms
from oculus.collectors.network.resolve import Address, resolve

PORT = 53


class DnsSettings(ProbeSettings, frozen=True, kw_only=True, tag="dns"):
    """A name that a name server should know."""

    target: Annotated[str, Meta(description="Name to look up.", min_length=1, max_length=253)]
    record: Annotated[
        Literal["A", "AAAA", "CNAME", "MX", "TXT", "NS", "SOA", "SRV", "PTR", "CAA"],
        Meta(description="Kind of record that should be there."),
    ] = "A"
    server: Annotated[
        str, Meta(description="Name server, with a port if it is not 53; empty: the system's.")
    ] = ""

    def mistakes(self) -> list[str]:
        wrong = super().mistakes()
        from oculus.collectors.network.dns_wire import is_name

        if not is_name(self.target, self.record):
            wrong.append(f"target {self.target!r} is not a name; write one such as example.com")
        try:
            split_host_port(self.server or "127.0.0.1", PORT)
        except ValueError as error:
            wrong.append(f"server {error}")
        return wrong


class Dns(Probe):
    """Ask for one record."""

    kind = "dns"
    category = "net.dns"
    settings_class = DnsSettings
    settings: DnsSettings

    def host(self) -> str:
        return self.settings.target.rstrip(".") or "."

    def ask(self, deadline: Deadline) -> dict[str, float]:
        from oculus.collectors.network.dns_wire import ask_servers, check, question

        query = question(self.settings.target, self.settings.record)
        servers = self._servers(deadline)
        begun = time.perf_counter()
        answer = ask_servers(query, servers, deadline)
        took_s = time.perf_counter() - begun
        check(answer, self.settings.record)
        return {"": ms(took_s)}

    def _servers(self, deadline: Deadline) -> list[Address]:
        if self.settings.server:
            host, port = split_host_port(self.settings.server, PORT)
            return resolve(host, port, deadline)
        from oculus.collectors.network.dns_wire import system_servers

        return [resolve(server, PORT, deadline)[0] for server in system_servers()]
