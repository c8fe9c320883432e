"""Anchors: addresses that answer whenever this machine's own network works."""

from __future__ import annotations

import socket
import struct
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from concurrent.futures import TimeoutError as FutureTimeout
from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct

from oculus.collectors.network.hostport import split_host_port

ROUTES = Path("/proc/net/route")
TIMEOUT_S = 2.0
SLACK_S = 0.5  # for the threads to come round, on a busy machine
PORT = 53
UP_AND_GATEWAY = 3  # the flags of a route in use that leads through a gateway


class ConnectivitySettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How it is found out that not the hosts are down, but this machine is offline."""

    anchors: Annotated[
        tuple[str, ...],
        Meta(description="Addresses with a port that answer when the network works.", max_length=10),
    ] = ("1.1.1.1:53", "8.8.8.8:53")
    gateway: Annotated[bool, Meta(description="Whether the router of this machine is one too.")] = True

    def __post_init__(self) -> None:
        """Raises ValueError for an address that is none."""
        for anchor in self.anchors:
            try:
                split_host_port(anchor, PORT)
            except ValueError as error:
                raise ValueError(f"anchors {error}") from error


def any_answers(settings: ConnectivitySettings, timeout_s: float = TIMEOUT_S) -> bool:
    """Whether one of them does; who refuses has answered.

    Returns with the first that does, or after `timeout_s`: nobody waits for a name that nobody resolves.
    """
    given = [split_host_port(anchor, PORT) for anchor in settings.anchors]
    if settings.gateway and (router := gateway()):
        given.append((router, PORT))
    pool = ThreadPoolExecutor(max(1, len(given)), thread_name_prefix="anchors")
    try:
        asked = [pool.submit(answers, address, timeout_s) for address in given]
        return any(each.result() for each in as_completed(asked, timeout_s + SLACK_S))
    except FutureTimeout:
        return False
    finally:
        pool.shutdown(wait=False)


def answers(address: tuple[str, int], timeout_s: float) -> bool:
    try:
        socket.create_connection(address, timeout_s).close()
    except ConnectionRefusedError:
        return True
    except (OSError, UnicodeError):  # the latter for a name with a label that is empty or too long
        return False
    return True


def gateway(routes: Path = ROUTES) -> str | None:
    """The router through which this machine reaches the rest; None where that is not known."""
    try:
        lines = routes.read_text("ascii").splitlines()[1:]
    except (OSError, UnicodeDecodeError):
        return None
    return next(filter(None, (router(line.split()) for line in lines)), None)


def router(fields: Sequence[str]) -> str | None:
    """The gateway of one line of the table of routes, if it is the one for everything else."""
    if len(fields) < 4 or fields[1] != "00000000" or int(fields[3], 16) & UP_AND_GATEWAY != UP_AND_GATEWAY:
        return None
    return socket.inet_ntoa(struct.pack("<L", int(fields[2], 16)))
