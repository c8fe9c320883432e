"""The pages and the API on one port: Bottle behind uvicorn, on a thread of its own."""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
import ssl
import sys
import threading
from typing import TYPE_CHECKING, Any, Self, cast

import uvicorn

from oculus.core.errors import OculusError
from oculus.core.secret import Secret
from oculus.runtime import Oculus
from oculus.web.access.guard import WILDCARDS, Guard, check_exposure
from oculus.web.access.session import OnceCodes
from oculus.web.serving.asgi import Front
from oculus.web.serving.health import Health
from oculus.web.serving.later import Later
from oculus.web.serving.protocol import PatientProtocol
from oculus.web.serving.tls import server_context

if TYPE_CHECKING:
    from oculus.web.site import Site
    from oculus.web.stream.endpoint import WebSocketEndpoint

LARGEST_HEAD = 16 * 1024
LARGEST_WISH = 64 * 1024  # of what a client says over a WebSocket
START_S = 5.0
GRACE_S = 1  # for answers under way when it stops
FAREWELL_S = 0.3  # for telling the others that it stops


class WebServer:
    """Serves `oculus` at `url` between start() and stop(). Port 0 takes a free one.

    Making one binds the port. Raises ConfigError when others could guess the token or the certificate cannot
    be used, and OculusError when the port cannot be had.
    """

    def __init__(self, oculus: Oculus, host: str, port: int, token: Secret) -> None:
        check_exposure(host, token)
        tls = server_context(oculus.settings)
        self._oculus = oculus
        self._clock = oculus.clock
        self._socket = bind(host, port)
        self.port: int = self._socket.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://{reachable(host)}:{self.port}"
        self._codes = OnceCodes()
        # Cookies do not know ports, so the name keeps two copies on one machine apart.
        self._guard = Guard(
            token,
            f"oculus_{self.port}",
            host,
            self._clock,
            secure=tls is not None,
            memory=oculus.memory,
        )
        self._health = Health(oculus)
        self.app = Later(self._site)
        websockets = Later(self._endpoint)
        self._front = Front(self.app, self._guard, self._health, websockets, lambda: oculus.settings.server)
        self._server = Server(self._front, tls)
        self._thread = threading.Thread(target=self._serve, name="web", daemon=True)

    def start(self) -> None:
        """Returns when requests are answered."""
        self._thread.start()
        if not self._server.ready.wait(START_S):
            raise OculusError("The web server did not start", "The reason is in the log.")

    def stop(self, timeout_s: float = 2.0) -> bool:
        """End within `timeout_s`, whatever is still connected. True when it did."""
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        self._socket.close()
        self._front.close()
        self._health.close()
        return not self._thread.is_alive()

    def alive(self) -> bool:
        return self._thread.is_alive()

    def one_time_link(self) -> str:
        """An address that opens the pages once within a minute, without the token in it."""
        return f"{self.url}/login?once={self._codes.issue(self._clock.monotonic())}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self.stop()

    def _site(self) -> Site:
        """The pages and the API. With Bottle and Jinja they are 5 MB, so they wait for whoever looks."""
        from oculus.web.app import build

        return build(self._oculus, self._guard, self._codes, self.one_time_link)

    def _endpoint(self) -> WebSocketEndpoint:
        """Where WebSockets come in."""
        from oculus.web.stream.endpoint import WebSocketEndpoint
        from oculus.web.stream.hub import Stream

        return WebSocketEndpoint(Stream(self._oculus.feed), self._guard, lambda: self._oculus.settings.server)

    def _serve(self) -> None:
        asyncio.run(self._server.serve([self._socket]))


class Server(uvicorn.Server):
    """uvicorn, told to be quiet, to be patient only so long, and to leave no connection behind."""

    def __init__(self, front: Front, tls: ssl.SSLContext | None) -> None:
        config = uvicorn.Config(
            front,
            http=PatientProtocol,
            ws=cast(Any, patient_socket),  # called as the class would be
            ws_max_size=LARGEST_WISH,
            ws_ping_interval=20,
            ws_ping_timeout=60,  # a script may do something else for a while
            ws_per_message_deflate=False,  # costs more than it saves between programs on one machine
            loop="asyncio",
            lifespan="off",
            log_config=None,
            log_level=logging.CRITICAL,  # the front door reports what is worth it, in our words
            access_log=False,  # it would hold query strings
            proxy_headers=False,  # anybody can write X-Forwarded-For
            server_header=False,
            timeout_keep_alive=15,
            timeout_graceful_shutdown=GRACE_S,
            h11_max_incomplete_event_size=LARGEST_HEAD,
            ssl_context_factory=(lambda *_: tls) if tls else None,
        )
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        if self.server_state.tasks:
            await asyncio.wait(self.server_state.tasks, timeout=FAREWELL_S)
        for connection in list(self.server_state.connections):
            connection.transport.abort()


def patient_socket(**given: Any) -> asyncio.Protocol:
    """uvicorn asks for it when the first WebSocket comes; until then its library is not needed."""
    from oculus.web.stream.endpoint import PatientSocket

    return PatientSocket(**given)


def bind(host: str, port: int) -> socket.socket:
    """A listening socket. Raises OculusError, worded for whoever started Oculus."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        # With its protocol named, asyncio sends what is small at once instead of 40 ms later.
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise unbindable(host, port, error) from error
    try:
        # Windows lets two programs share a port unless told otherwise; elsewhere this only ends the
        # minutes for which a port stays taken after its program has gone.
        option = getattr(socket, "SO_EXCLUSIVEADDRUSE", socket.SO_REUSEADDR)
        listener.setsockopt(socket.SOL_SOCKET, option, 1)
        if family == socket.AF_INET6 and sys.platform != "openbsd":
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(host != "::"))
        listener.bind(address)
        listener.listen(512)
    except OSError as error:
        listener.close()
        raise unbindable(host, port, error) from error
    return listener


def unbindable(host: str, port: int, error: OSError) -> OculusError:
    if error.errno == errno.EADDRINUSE:
        return OculusError(
            f"Port {port} on {host} is taken by another program",
            "Choose another with --port or server.port (0 picks a free one). If it is another Oculus, "
            "`oculus open` shows it.",
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return OculusError(
            f"Port {port} on {host} may not be used by this account",
            "Choose one above 1023 with --port or server.port.",
        )
    return OculusError(
        f"Oculus cannot listen on {host}, port {port}: {error.strerror}",
        "Set server.host to an address of this machine, such as 127.0.0.1.",
    )


def reachable(host: str) -> str:
    """How this machine itself gets to `host`, as it is written in an address."""
    if host in WILDCARDS:
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host
