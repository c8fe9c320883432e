"""Echo requests over ICMP, by the three ways a system may allow.

A datagram socket needs no rights where net.ipv4.ping_group_range lets us; a raw socket needs them; the
system's own ping program has them. Each way raises NotAllowed where it is not open to us.
"""

from __future__ import annotations

import ipaddress
import itertools
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from icmplib import ICMPRequest, ICMPSocketError, ICMPv4Socket, ICMPv6Socket
from icmplib.exceptions import SocketPermissionError, TimeoutExceeded

from oculus.collectors.network.deadline import Deadline
from oculus.collectors.network.down import from_error

GAP_S = 0.2  # between requests; less is a flood to some systems
ECHO = {4: 0, 6: 129}  # the type of an echo reply
REFUSALS = {
    4: {3: "the host is unreachable", 11: "the way there has too many hops"},
    6: {1: "the host is unreachable", 3: "the way there has too many hops"},
}
# Raw sockets hear the replies to everybody. Our numbers begin anywhere, so two programs seldom share one.
numbers = itertools.count(random.randrange(0x10000))  # noqa: S311


class NotAllowed(Exception):
    """The system does not let us go this way."""


@dataclass
class Echoes:
    """What came of the requests to one address."""

    sent: int = 0
    rtts_ms: list[float] = field(default_factory=list)  # of the replies, in the order of the requests
    why: str = ""  # what was said instead of a reply


Way = Callable[[str, int, Deadline], Echoes]


def unprivileged(ip: str, count: int, deadline: Deadline) -> Echoes:
    return over_socket(ip, count, deadline, privileged=False)


def raw(ip: str, count: int, deadline: Deadline) -> Echoes:
    return over_socket(ip, count, deadline, privileged=True)


def over_socket(ip: str, count: int, deadline: Deadline, *, privileged: bool) -> Echoes:
    kind = ICMPv6Socket if ":" in ip else ICMPv4Socket
    try:
        sock = kind(privileged=privileged)
    except SocketPermissionError as error:
        raise NotAllowed from error
    except ICMPSocketError as error:
        return Echoes(why=words(error, deadline))
    with sock:
        return Round(sock, ip, count, deadline).run()


class Round:
    """`count` requests at a steady pace, listening all the while, until all are answered or time is up."""

    def __init__(self, sock: Any, ip: str, count: int, deadline: Deadline) -> None:
        self._sock = sock
        self._ip = ip
        self._family = 6 if ":" in ip else 4
        self._count = count
        self._deadline = deadline
        self._gap_s = min(GAP_S, deadline.total_s / (2 * count))
        self._number = next(numbers) & 0xFFFF
        self._open: dict[int, tuple[Any, float]] = {}  # sent and not yet answered, by sequence
        self._rtts: dict[int, float] = {}
        self._echoes = Echoes()

    def run(self) -> Echoes:
        for sequence in range(self._count):
            self._send(sequence)
            if sequence < self._count - 1:
                next_at = min(time.monotonic() + self._gap_s, self._deadline.end)
                self._listen(next_at)
                time.sleep(max(0.0, next_at - time.monotonic()))
        self._listen(self._deadline.end)
        self._echoes.rtts_ms = [self._rtts[sequence] for sequence in sorted(self._rtts)]
        return self._echoes

    def _send(self, sequence: int) -> None:
        request = ICMPRequest(destination=self._ip, id=self._number, sequence=sequence)
        begun = time.perf_counter()
        try:
            self._sock.send(request)
        except ICMPSocketError as error:
            self._echoes.why = words(error, self._deadline)
            return
        self._echoes.sent += 1
        self._open[sequence] = (request, begun)

    def _listen(self, until: float) -> None:
        while self._open and (left := until - time.monotonic()) > 0:
            try:
                reply = self._sock.receive(None, left)
            except TimeoutExceeded:
                return
            except ICMPSocketError as error:
                self._echoes.why = words(error, self._deadline)
                return
            self._take(reply, time.perf_counter())

    def _take(self, reply: Any, now: float) -> None:
        """Keep a reply to one of ours; on a raw socket most are for others."""
        request, begun = self._open.get(reply.sequence, (None, 0.0))
        if request is None or reply.id != request.id:
            return
        if reply.type == ECHO[self._family]:
            if same_address(reply.source, self._ip):
                del self._open[reply.sequence]
                self._rtts[reply.sequence] = between(request.time, reply.time, now - begun) * 1000
        elif reply.type in REFUSALS[self._family]:
            del self._open[reply.sequence]
            self._echoes.why = f"{REFUSALS[self._family][reply.type]}, says {reply.source}"


def between(sent: float, came: float, most_s: float) -> float:
    """The round trip in seconds. The library reads the wall clock, which may jump; ours cannot."""
    return came - sent if 0 < came - sent <= most_s else most_s


def same_address(one: str, other: str) -> bool:
    return ipaddress.ip_address(one.partition("%")[0]) == ipaddress.ip_address(other.partition("%")[0])


def words(error: Exception, deadline: Deadline) -> str:
    """The system's own error is the context of the library's."""
    cause = error.__context__
    return str(from_error(cause, deadline)) if isinstance(cause, OSError) else str(error)
