"""HTTP for channels: one POST that ends in time, is not sent on to strangers and reads no endless answer.

An address may hold a secret, and the library's own errors quote it. So they stop here, and people are
only ever shown scheme and host.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from email.utils import parsedate_to_datetime
from http.client import HTTPException, responses
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

import requests
from requests.auth import HTTPBasicAuth
from requests.utils import get_auth_from_url
from urllib3.exceptions import HTTPError

from oculus import __version__
from oculus.core.clock import to_ms
from oculus.core.durations import short
from oculus.core.errors import ChannelError
from oculus.notify.cuttable import CuttableAdapter

CONNECT_S = 5.0
BODY_LIMIT = 64 * 1024  # bytes of an answer; more is not read
MOST_REDIRECTS = 3
UNSHOWN = "its address"
REDIRECTS = (301, 302, 307, 308)  # 303 asks for a GET, which would deliver nothing
PERMANENT = (401, 403, 404, 410)
NO_ADDRESS = (
    "The address or the headers are none that can be posted to",
    "Write the address like https://host/path, and headers as plain text.",
)
UNUSABLE = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidHeader,
    UnicodeError,
)


class Answer(NamedTuple):
    """What a service said."""

    status: int
    headers: Mapping[str, str]  # names in any case
    body: bytes  # at most BODY_LIMIT of it, as it came


class Poster:
    """One session. One thread posts at a time; `close` may come from any."""

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._adapter = CuttableAdapter()
        self._session = requests.Session()
        self._session.mount("https://", self._adapter)
        self._session.mount("http://", self._adapter)
        self._session.headers = requests.structures.CaseInsensitiveDict(
            {"User-Agent": f"oculus/{__version__}", "Accept-Encoding": "identity"}
        )

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Post and return the answer, whatever its status. Raises ChannelError when there is none."""
        if origin(url) == UNSHOWN:
            raise ChannelError(*NO_ADDRESS, permanent=True)
        late = Deadline(self._timeout_s, self._adapter.cut)
        late.start()
        try:
            return self._follow(url, body, headers)
        except (requests.RequestException, HTTPError, HTTPException, OSError, ValueError) as error:
            # Without a cause: the library's words hold the whole address, and logs show causes.
            raise self._in_words(url, error, late=late.passed) from None
        finally:
            late.cancel()

    def close(self) -> None:
        """End what is under way and let go of the connections."""
        self._adapter.cut()
        self._session.close()

    def _follow(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        for _ in range(MOST_REDIRECTS + 1):
            answer = self._once(url, body, headers)
            if answer.status not in REDIRECTS or "Location" not in answer.headers:
                return answer
            target = urljoin(url, answer.headers["Location"])
            if not same_host(url, target):
                raise ChannelError(
                    f"{origin(url)} sends messages on to {origin(target)}",
                    "If that is right, write that address in the settings.",
                )
            url = target
        raise ChannelError(f"{origin(url)} sends messages round in circles", "Check its address.")

    def _once(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        # Header values as bytes: http.client takes text in Latin-1 only.
        encoded = {name: value.encode() for name, value in headers.items()}
        request = requests.Request("POST", url, headers=encoded, data=body, auth=credentials(url))
        prepared = self._session.prepare_request(request)
        around = self._session.merge_environment_settings(url, {}, True, None, None)
        # Not session.send: it reads the whole body of a redirect, however long that is.
        with self._adapter.send(
            prepared,
            stream=True,
            timeout=(min(CONNECT_S, self._timeout_s), self._timeout_s),
            verify=around["verify"] or True,  # another list of authorities perhaps, but never unchecked
            proxies=around["proxies"],
        ) as got:
            text = b""
            with contextlib.suppress(HTTPError, HTTPException, OSError):  # the status has decided already
                text = got.raw.read(BODY_LIMIT, decode_content=False)
            return Answer(got.status_code, got.headers, text)

    def _in_words(self, url: str, error: Exception, *, late: bool) -> ChannelError:
        where = origin(url)
        if late or isinstance(error, requests.Timeout):
            return ChannelError(f"{where} did not answer within {short(self._timeout_s)}")
        if isinstance(error, UNUSABLE):
            return ChannelError(*NO_ADDRESS, permanent=True)
        return ChannelError(f"{where} {why(error)}")


class Deadline(threading.Timer):
    """Calls `end` unless it is cancelled in time."""

    def __init__(self, seconds: float, end: Callable[[], None]) -> None:
        super().__init__(seconds, self._pass)
        self.daemon = True
        self.name = "notify-deadline"
        self.passed = False
        self._end = end

    def _pass(self) -> None:
        self.passed = True
        self._end()


def why(error: BaseException) -> str:
    """What went wrong, without the address."""
    for cause in causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"shows a certificate that is not trusted ({cause.verify_message})"
        if isinstance(cause, ssl.SSLError):
            return "cannot be spoken to over TLS"
        if isinstance(cause, socket.gaierror):
            return "is not known to the name service"
        if isinstance(cause, ConnectionRefusedError):
            return "refuses connections"
    if isinstance(error, requests.exceptions.ProxyError):
        return "cannot be reached through the proxy"
    return "closed the connection without an answer" if closed(error) else "cannot be reached"


def closed(error: BaseException) -> bool:
    """Whether the connection stood and then ended."""
    return any(
        isinstance(cause, HTTPException | ConnectionResetError | BrokenPipeError) for cause in causes(error)
    )


def causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what led to it."""
    current: BaseException | None = error
    while current is not None:
        yield current
        current = current.__cause__ or current.__context__


def check(answer: Answer, url: str, hint: str, now_ms: int) -> None:
    """Raises ChannelError unless the status is 2xx; permanent where trying again cannot help."""
    if 200 <= answer.status < 300:
        return
    phrase = responses.get(answer.status, "")
    permanent = answer.status in PERMANENT
    raise ChannelError(
        f"{origin(url)} answered {answer.status} {phrase}".rstrip(),
        hint if permanent else "",
        permanent=permanent,
        retry_after_s=retry_after_s(answer.headers.get("Retry-After", ""), now_ms),
    )


def retry_after_s(text: str, now_ms: int) -> float | None:
    """Seconds to wait, from a number of seconds or an HTTP date; None when it is neither."""
    with contextlib.suppress(ValueError, OverflowError):
        seconds = float(text)
        return max(0.0, seconds) if seconds < float("inf") else None
    with contextlib.suppress(ValueError, OverflowError, TypeError, IndexError):  # whatever a server makes up
        return max(0.0, (to_ms(parsedate_to_datetime(text)) - now_ms) / 1000)
    return None


def credentials(url: str) -> requests.auth.AuthBase:
    """The user and password in the address, or none: ~/.netrc must not take the place of our headers."""
    user, password = get_auth_from_url(url)
    return HTTPBasicAuth(user, password) if user or password else NoAuth()


class NoAuth(requests.auth.AuthBase):
    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


def origin(url: str) -> str:
    """All that may be shown of an address: https://host:port, without user, path and query."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    except ValueError:
        return UNSHOWN
    return f"{parts.scheme}://{host}{port}" if parts.scheme in ("http", "https") and host else UNSHOWN


def same_host(url: str, target: str) -> bool:
    """Whether a redirect stays where the message was meant to go; http may become https."""
    here, there = origin(url), origin(target)
    return there != UNSHOWN and there in (here, here.replace("http://", "https://"))
