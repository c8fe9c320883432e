"""Names into addresses, within a time limit.

The system's look-up cannot be interrupted. It runs on a few threads of its own; whoever asked goes away at
the deadline, and a look-up that is still under way is shared by all who want the same name.
"""

from __future__ import annotations

import ipaddress
import math
import socket
import threading
import time
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from functools import lru_cache
from typing import Any, NamedTuple

from oculus.collectors.network.deadline import Deadline
from oculus.collectors.network.down import Down, from_error
from oculus.collectors.pool import Pool, Task

THREADS = 16
WAITING = 256  # look-ups that a name server leaves without an answer
LOOK_S = 0.15
ADDRESSES = 8  # more are not tried


class Address(NamedTuple):
    """Where to connect to, as sockets want it."""

    family: int
    sockaddr: tuple[Any, ...]

    @property
    def ip(self) -> str:
        return str(self.sockaddr[0])

    @property
    def zoned(self) -> str:
        """The address with its zone, for a link-local one: fe80::1%2."""
        zone = self.sockaddr[3] if len(self.sockaddr) > 3 and "%" not in self.ip else 0
        return f"{self.ip}%{zone}" if zone else self.ip


class Resolver:
    """Looks names up; any thread may ask."""

    def __init__(self, threads: int = THREADS, waiting: int = WAITING) -> None:
        self._pool = Pool("resolver", threads, waiting)
        self._lock = threading.Lock()
        self._under_way: dict[str, Future[list[Address]]] = {}

    def resolve(self, host: str, port: int, deadline: Deadline) -> list[Address]:
        """The addresses of `host`, best first. Raises Down when there are none, or none in time."""
        try:
            literal = of_literal(host, port)
            found = [literal] if literal else self._wait(self._look_up(host), deadline)
        except (FutureTimeout, TimeoutError) as error:
            raise Down(f"its name was not resolved within {deadline}") from error
        except OSError as error:
            raise from_error(error, deadline) from error
        except UnicodeError as error:  # a label that is empty or too long
            raise Down("no such host") from error
        if not found:
            raise Down("no such host")
        return [with_port(address, port) for address in found]

    def _look_up(self, host: str) -> Future[list[Address]]:
        with self._lock:
            future = self._under_way.get(host)
            if future is None:
                future = self._under_way[host] = Future()
                answer = future
                self._pool.submit(Task(lambda: self._answer(host, answer), math.inf, lambda: None))
            return future

    def _wait(self, answer: Future[list[Address]], deadline: Deadline) -> list[Address]:
        """Whoever waits looks now and then whether others, that wait too, keep its look-up from beginning."""
        patience_s = LOOK_S
        while True:
            left_s = deadline.left()
            try:
                return answer.result(min(patience_s, left_s))
            except FutureTimeout:
                if answer.done():
                    return answer.result()
            self._pool.give_up(time.monotonic())
            patience_s *= 2

    def _answer(self, host: str, future: Future[list[Address]]) -> None:
        try:
            found = ask_system(host)
        except Exception as error:  # whatever it is, those who wait must hear of it
            self._forget(host)
            future.set_exception(error)
        else:
            self._forget(host)
            future.set_result(found)

    def _forget(self, host: str) -> None:
        with self._lock:
            self._under_way.pop(host, None)


def of_literal(host: str, port: int) -> Address | None:
    """The address that `host` already is; None for a name."""
    version = version_of(host)
    if version is None:
        return None
    if version == 4:
        return Address(socket.AF_INET, (host, port))
    if "%" in host:  # the zone is a number to sockets; getaddrinfo knows it and asks nobody
        return with_port(ask_system(host)[0], port)
    return Address(socket.AF_INET6, (host, port, 0, 0))


@lru_cache(maxsize=1024)
def version_of(host: str) -> int | None:
    """4 or 6 for an address; None for a name. Kept, for every run of a probe asks."""
    try:
        return ipaddress.ip_address(host).version
    except ValueError:
        return None


def ask_system(host: str) -> list[Address]:
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    known = dict.fromkeys((int(family), tuple(sockaddr)) for family, _, _, _, sockaddr in found)
    return [Address(family, sockaddr) for family, sockaddr in known][:ADDRESSES]


def with_port(address: Address, port: int) -> Address:
    ip, _, *zone = address.sockaddr
    return Address(address.family, (ip, port, *zone))


RESOLVER = Resolver()
resolve = RESOLVER.resolve
