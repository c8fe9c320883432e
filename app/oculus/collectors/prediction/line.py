"""One WebSocket, read by the thread that wants its messages.

The library's own clients have a thread for each connection that wakes at every packet and hands over one
message at a time; that costs ten times as much as reading them. Here all that has come in a moment is taken
together. What the bytes mean is still the library's affair.
"""

from __future__ import annotations

import base64
import contextlib
import os
import socket
import ssl
from collections.abc import Callable, Iterator
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from websockets.client import ClientProtocol
from websockets.exceptions import InvalidStatus, WebSocketException
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.uri import parse_uri

from oculus.collectors.network.deadline import Deadline
from oculus.collectors.network.tls import Trust, context
from oculus.core.errors import SourceError
from oculus.core.outgoing import hang_up

LARGEST_MESSAGE = 8 * 2**20  # bytes; the first one may hold the books of all tokens
PIECE = 256 * 1024
MOST_PIECES = 64  # read at a time, so that somebody who never ends cannot keep us
GOODBYE_S = 1.0
CLOSED = "the connection was closed"
DATA = (Opcode.TEXT, Opcode.BINARY, Opcode.CONT)


class Lost(Exception):
    """This connection is of no more use, in words."""


class Line:
    """Belongs to one thread; only `cut` may be called by others."""

    def __init__(self, address: str, timeout_s: float) -> None:
        """Connect. Raises Lost."""
        self._begun = bytearray()  # a message of which the end has not come
        try:
            self._protocol = ClientProtocol(
                parse_uri(address),
                extensions=[ClientPerMessageDeflateFactory()],
                max_size=LARGEST_MESSAGE,
            )
            deadline = Deadline(timeout_s)
            self._socket = dial(urlsplit(address), timeout_s)
        except (WebSocketException, SourceError, HTTPException, OSError, ValueError) as error:
            raise Lost(words(error)) from error
        try:
            self._shake_hands(deadline)
        except BaseException:
            self._socket.close()
            raise

    def receive(self, patience_s: float, gather: Callable[[], object]) -> list[bytes]:
        """Messages: waits for the first to come, calls `gather`, and takes what has come by then.

        Empty when none has come in `patience_s`. Raises Lost.
        """
        with told():
            messages = self._messages()  # that came along with the handshake
            for piece in self._pieces(0.0 if messages else patience_s, gather):
                self._take(piece)
            messages += self._messages()
            self._flush()
        if self._protocol.state is not State.OPEN and not messages:
            raise Lost(CLOSED)
        return messages

    def _pieces(self, patience_s: float, gather: Callable[[], object]) -> Iterator[bytes]:
        """Whatever has come; the last one is empty when the other end has hung up."""
        if self._protocol.state is not State.OPEN:
            return
        self._socket.settimeout(patience_s)
        with contextlib.suppress(TimeoutError, BlockingIOError, ssl.SSLWantReadError):
            piece = self._socket.recv(PIECE)
            yield piece
            gather()
            self._socket.settimeout(0.0)
            for _ in range(MOST_PIECES):
                if not piece:
                    return
                piece = self._socket.recv(PIECE)
                yield piece

    def send(self, text: str) -> None:
        """Raises Lost."""
        with told():
            self._protocol.send_text(text.encode())
            self._flush()

    def close(self) -> None:
        """Say goodbye, without waiting for an answer."""
        with contextlib.suppress(OSError, WebSocketException):
            self._protocol.send_close()
            self._flush()
        self._socket.close()

    def cut(self) -> None:
        """Whoever waits in `receive` gets Lost now. Any thread may call this."""
        hang_up(self._socket)

    def _shake_hands(self, deadline: Deadline) -> None:
        with told():
            self._protocol.send_request(self._protocol.connect())
            self._flush()
            while self._protocol.state is State.CONNECTING:
                self._socket.settimeout(deadline.left())
                self._take(self._socket.recv(PIECE))
                if self._protocol.handshake_exc:
                    raise self._protocol.handshake_exc

    def _take(self, piece: bytes) -> None:
        if piece:
            self._protocol.receive_data(piece)
        else:
            self._protocol.receive_eof()

    def _messages(self) -> list[bytes]:
        """Those of which the end has come by now."""
        found = []
        for event in self._protocol.events_received():
            if isinstance(event, Frame) and event.opcode in DATA:
                self._begun += event.data
                if event.fin:
                    found.append(bytes(self._begun))
                    self._begun.clear()
        return found

    def _flush(self) -> None:
        """Send what there is to be sent, which is always little."""
        self._socket.settimeout(GOODBYE_S)
        for piece in self._protocol.data_to_send():
            if piece:
                self._socket.sendall(piece)


@contextlib.contextmanager
def told() -> Iterator[None]:
    """What goes wrong on a connection that stands."""
    try:
        yield
    except (InvalidStatus, TimeoutError) as error:
        raise Lost(words(error)) from error
    except (WebSocketException, OSError, EOFError, ValueError) as error:  # the last two by older versions
        raise Lost(CLOSED) from error


def dial(url: SplitResult, timeout_s: float) -> socket.socket:
    """A connection to a ws or wss address, through the proxy that the environment names."""
    secure, host = url.scheme == "wss", url.hostname or ""
    port = url.port or (443 if secure else 80)
    proxy = proxy_for(host, secure)
    where = (proxy.hostname or "", proxy.port or 80) if proxy else (host, port)
    line = (
        HTTPSConnection(*where, timeout=timeout_s, context=context(trust()))
        if secure
        else HTTPConnection(*where, timeout=timeout_s)
    )
    if proxy:
        line.set_tunnel(host, port, credentials(proxy))
    line.connect()
    found: socket.socket = line.sock
    return found


def trust() -> Trust:
    """The authorities of this machine, and those that the environment names."""
    return Trust(ca_file=os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or "")


def proxy_for(host: str, secure: bool) -> SplitResult | None:
    """None: it is asked directly. Raises SourceError for a proxy of another kind."""
    named = getproxies()
    found = named.get("https" if secure else "http") or named.get("all")
    if not found or proxy_bypass(host):
        return None
    proxy = urlsplit(found if "://" in found else f"http://{found}")
    if proxy.scheme != "http":
        raise SourceError("the proxy", f"is of the kind {proxy.scheme}, through which it cannot go")
    return proxy


def credentials(proxy: SplitResult) -> dict[str, str]:
    if not proxy.username:
        return {}
    given = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return {"Proxy-Authorization": f"Basic {base64.b64encode(given.encode()).decode()}"}


def words(error: Exception) -> str:
    """Why a connection failed, for people."""
    if isinstance(error, SourceError):
        return str(error)
    if isinstance(error, InvalidStatus):
        return f"it was answered {error.response.status_code}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message})"
    if isinstance(error, TimeoutError):
        return "it was not answered in time"
    if isinstance(error, ConnectionRefusedError):
        return "it is refused"
    if isinstance(error, WebSocketException):
        return CLOSED
    if "Tunnel connection failed" in str(error):
        return f"the proxy refuses ({str(error).removeprefix('Tunnel connection failed: ')})"
    return "it cannot be reached"
