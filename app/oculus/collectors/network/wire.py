"""A connected socket as http.client wants it, on which nothing can outlast the deadline.

A time-out of the socket itself begins anew with every byte, so a server that drips could hold us for ever.
"""

from __future__ import annotations

import io
import socket
import time
from typing import TYPE_CHECKING

from oculus.collectors.network.deadline import Deadline

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

PIECE = 1 << 16


class Wire:
    """Sends and receives until the deadline, and notes when the first byte came."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._sock = sock
        self._deadline = deadline
        self.first_byte_at: float | None = None  # perf_counter

    def sendall(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            self._sock.settimeout(self._deadline.left())
            rest = rest[self._sock.send(rest[:PIECE]) :]

    def receive_into(self, buffer: WriteableBuffer) -> int:
        self._sock.settimeout(self._deadline.left())
        count = self._sock.recv_into(buffer)
        if count and self.first_byte_at is None:
            self.first_byte_at = time.perf_counter()
        return count

    def makefile(self, mode: str) -> io.BufferedReader:  # noqa: ARG002 - http.client always says "rb"
        return io.BufferedReader(WireReader(self), PIECE)


class WireReader(io.RawIOBase):
    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        return self._wire.receive_into(buffer)
