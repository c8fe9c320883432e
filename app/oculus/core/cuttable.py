"""requests, made so that a question can be cut off. Apart from `outgoing`, because requests takes 4 MB of
memory that only those who ask somebody over it need.
"""

from __future__ import annotations

import os
import socket
import threading
from http.client import HTTPException
from typing import Any
from weakref import WeakSet

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from oculus.core.outgoing import hang_up

FAILURES = (requests.RequestException, HTTPError, HTTPException, OSError, ValueError)


class Sockets:
    """Those of connections that are being made, and of those that stand. Any thread may look."""

    def __init__(self) -> None:
        self._connecting: WeakSet[HTTPConnection] = WeakSet()
        # A connection lets go of its socket when the answer is to be read until the other end hangs up.
        self._standing: WeakSet[socket.socket] = WeakSet()
        self._lock = threading.Lock()

    def begin(self, made: HTTPConnection) -> None:
        with self._lock:
            self._connecting.add(made)

    def note(self, made: HTTPConnection) -> None:
        with self._lock:
            self._standing.add(plain(made.sock))

    def all(self) -> set[socket.socket]:
        with self._lock:
            halfway = [made.sock for made in self._connecting]
            return {plain(sock) for sock in halfway if sock is not None}.union(self._standing)


class CuttableAdapter(HTTPAdapter):
    """Remembers its connections, also those through a proxy."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        sockets = self._sockets = Sockets()

        class Plain(HTTPConnection):
            def connect(self) -> None:
                sockets.begin(self)
                super().connect()
                sockets.note(self)

        class Secure(HTTPSConnection):
            def connect(self) -> None:
                sockets.begin(self)
                super().connect()
                sockets.note(self)

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class SecurePool(HTTPSConnectionPool):
            ConnectionCls = Secure

        self._pools = {"http": PlainPool, "https": SecurePool}
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = self._pools
        return manager

    def cut(self) -> None:
        """Whoever waits for an answer gets an error now. The adapter can go on being used."""
        for each in self._sockets.all():
            hang_up(each)


def plain(sock: Any) -> socket.socket:
    """The socket itself; TLS within the TLS of a proxy is a thing around it."""
    found: socket.socket = sock if isinstance(sock, socket.socket) else sock.socket
    return found


def authorities(found: str | bool | None) -> str | bool:
    """Whom to trust: the bundle that requests found, else the one that SSL_CERT_FILE names."""
    return os.environ.get("SSL_CERT_FILE") or True if found is True or not found else found


class NoAuth(requests.auth.AuthBase):
    """Keeps ~/.netrc from taking the place of our headers."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request
