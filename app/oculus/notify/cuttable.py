"""A requests adapter whose connections another thread can cut.

The time-outs of requests count from byte to byte: a service that sends one every few seconds would hold
a channel for ever. Cutting the socket is what ends that, and what lets the program stop at once.
"""

from __future__ import annotations

import contextlib
import socket
from typing import Any
from weakref import WeakSet

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection


class CuttableAdapter(HTTPAdapter):
    """Remembers its connections. Those through a proxy are not cut; they have the plain time-outs."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        made: WeakSet[HTTPConnection] = WeakSet()

        class Plain(HTTPConnection):
            def connect(self) -> None:
                made.add(self)
                super().connect()

        class Secure(HTTPSConnection):
            def connect(self) -> None:
                made.add(self)
                super().connect()

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class SecurePool(HTTPSConnectionPool):
            ConnectionCls = Secure

        self.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}
        self._made = made

    def cut(self) -> None:
        """Whoever waits for an answer gets an error now. The adapter can go on being used."""
        for connection in list(self._made):
            if connection.sock is not None:
                with contextlib.suppress(OSError):  # it has ended by itself
                    connection.sock.shutdown(socket.SHUT_RDWR)
