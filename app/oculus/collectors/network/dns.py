"""DNS: does a name server know the name, and how fast.

Symbols  net.dns.<name>   time to the answer, ms
"""

from __future__ import annotations

import time
from typing import Annotated, Literal

import dns.exception
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype
import dns.resolver
import dns.reversename
from msgspec import Meta

from oculus.collectors.network.deadline import Deadline
from oculus.collectors.network.down import Down, from_error, telling
from oculus.collectors.network.hostport import is_address, split_host_port
from oculus.collectors.network.probe import Probe, ProbeSettings, ms
from oculus.collectors.network.resolve import Address, resolve

PORT = 53
FIRST_SHARE = 0.25  # of the time-out: datagrams get lost, so whoever has not answered by then is asked again
RCODES = {
    dns.rcode.NXDOMAIN: "no such name",
    dns.rcode.SERVFAIL: "the name server failed to answer (SERVFAIL)",
    dns.rcode.REFUSED: "the name server refuses to answer (REFUSED)",
}


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
        try:
            question(self.target, self.record)
        except (dns.exception.DNSException, UnicodeError):
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
        try:
            system = dns.resolver.Resolver().nameservers
        except dns.exception.DNSException:
            system = ()
        if not system:
            raise Down("this machine has no name server")
        return [resolve(str(server), PORT, deadline)[0] for server in system]


def question(name: str, record: str) -> dns.message.QueryMessage:
    """The message to send. For PTR an address stands for its reverse name."""
    reverse = record == "PTR" and is_address(name)
    full = dns.reversename.from_address(name) if reverse else dns.name.from_text(name)
    return dns.message.make_query(full, record)


def ask_servers(
    query: dns.message.QueryMessage, servers: list[Address], deadline: Deadline
) -> dns.message.Message:
    """The first answer from any server. Raises Down when none answers in time."""
    errors: list[OSError] = []
    first_s = deadline.total_s * FIRST_SHARE / len(servers)
    for tried, server in enumerate([*servers, *servers]):
        again = tried - len(servers)
        try:
            share_s = first_s if again < 0 else deadline.left() / (len(servers) - again)
            return ask_server(query, server, share_s, deadline)
        except dns.exception.Timeout:
            errors.append(TimeoutError())
        except OSError as error:
            errors.append(error)
        except dns.exception.DNSException as error:
            raise Down("answered with something that is not DNS") from error
    worst = telling(errors)
    raise from_error(worst, deadline) from worst


def ask_server(
    query: dns.message.QueryMessage, server: Address, timeout_s: float, deadline: Deadline
) -> dns.message.Message:
    """By datagram; by TCP when the answer does not fit into one."""
    ip, port = server.zoned, server.sockaddr[1]
    try:
        return dns.query.udp(query, ip, timeout_s, port, ignore_unexpected=True, raise_on_truncation=True)
    except dns.message.Truncated:
        return dns.query.tcp(query, ip, deadline.left(), port)


def check(answer: dns.message.Message, record: str) -> None:
    """Raises Down when the answer does not hold such a record."""
    code = answer.rcode()
    if code != dns.rcode.NOERROR:
        raise Down(RCODES.get(code, f"the name server answered {dns.rcode.to_text(code)}"))
    wanted = dns.rdatatype.from_text(record)
    if not any(records.rdtype == wanted for records in answer.answer):
        raise Down(f"the name has no {record} record")
