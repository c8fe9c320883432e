"""The DNS collector's words on the wire. Apart from it, because dnspython takes 2 MB of memory that only
those who ask name servers need.
"""

from __future__ import annotations

import dns.exception
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype
import dns.resolver
import dns.reversename

from oculus.collectors.network.deadline import Deadline
from oculus.collectors.network.down import Down, from_error, telling
from oculus.collectors.network.hostport import is_address
from oculus.collectors.network.resolve import Address

FIRST_SHARE = 0.25  # of the time-out: datagrams get lost, so whoever has not answered by then is asked again
RCODES = {
    dns.rcode.NXDOMAIN: "no such name",
    dns.rcode.SERVFAIL: "the name server failed to answer (SERVFAIL)",
    dns.rcode.REFUSED: "the name server refuses to answer (REFUSED)",
}
NOT_A_NAME = (dns.exception.DNSException, UnicodeError)


def system_servers() -> list[str]:
    """The name servers that this machine asks. Raises Down when it has none."""
    try:
        found = [str(server) for server in dns.resolver.Resolver().nameservers]
    except dns.exception.DNSException:
        found = []
    if not found:
        raise Down("this machine has no name server")
    return found


def is_name(name: str, record: str) -> bool:
    """Whether it can be asked for at all."""
    try:
        question(name, record)
    except NOT_A_NAME:
        return False
    return True


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
