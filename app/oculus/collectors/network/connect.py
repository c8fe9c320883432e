"""A connection to the first of several addresses that accepts one."""

from __future__ import annotations

import socket
from collections.abc import Sequence

from oculus.collectors.network.deadline import Deadline
from oculus.collectors.network.down import from_error, telling
from oculus.collectors.network.resolve import Address


def connect(addresses: Sequence[Address], deadline: Deadline) -> socket.socket:
    """Try one after the other, sharing out what time is left. Raises Down when none accepts."""
    errors: list[OSError] = []
    for tried, address in enumerate(addresses):
        try:
            return open_to(address, deadline.left() / (len(addresses) - tried))
        except OSError as error:
            errors.append(error)
    worst = telling(errors)
    raise from_error(worst, deadline) from worst


def open_to(address: Address, timeout_s: float) -> socket.socket:
    sock = socket.socket(address.family, socket.SOCK_STREAM)
    try:
        sock.settimeout(timeout_s)
        sock.connect(address.sockaddr)
    except BaseException:
        sock.close()
        raise
    return sock
