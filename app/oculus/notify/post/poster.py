"""HTTP for channels: one POST that ends in time, is not sent on to strangers and reads no endless answer.

An address may hold a secret, and the library's own errors quote it. So they stop here, and people are
only ever shown scheme and host.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from http.client import HTTPException
from urllib.parse import urljoin

import requests
from requests.auth import HTTPBasicAuth
from requests.utils import get_auth_from_url
from urllib3.exceptions import HTTPError

from oculus import __version__
from oculus.core.cuttable import FAILURES, CuttableAdapter, NoAuth
from oculus.core.durations import short
from oculus.core.errors import ChannelError
from oculus.core.outgoing import UNSHOWN, origin, same_host, why
from oculus.notify.post.outcome import DEADLINES, Answer

CONNECT_S = 5.0
BODY_LIMIT = 64 * 1024  # bytes of an answer; more is not read
MOST_REDIRECTS = 3
REDIRECTS = (301, 302, 307, 308)  # 303 asks for a GET, which would deliver nothing
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

    def post(self, url: str, body: bytes, headers: Mapping[str, str], method: str = "POST") -> Answer:
        """Post and return the answer, whatever its status. Raises ChannelError when there is none."""
        if origin(url) == UNSHOWN:
            raise ChannelError(*NO_ADDRESS, permanent=True)
        late = DEADLINES.within(self._timeout_s, self._adapter.cut)
        try:
            return self._follow(method, url, body, headers)
        except FAILURES as error:
            # Without a cause: the library's words hold the whole address, and logs show causes.
            raise self._in_words(url, error, late=late.passed) from None
        finally:
            late.cancel()

    def close(self) -> None:
        """End what is under way and let go of the connections."""
        self._adapter.cut()
        self._session.close()

    def _follow(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        for _ in range(MOST_REDIRECTS + 1):
            answer = self._once(method, url, body, headers)
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

    def _once(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        # Header values as bytes: http.client takes text in Latin-1 only.
        encoded = {name: value.encode() for name, value in headers.items()}
        request = requests.Request(method, url, headers=encoded, data=body, auth=credentials(url))
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


def credentials(url: str) -> requests.auth.AuthBase:
    """The user and password in the address, or none: ~/.netrc must not take the place of our headers."""
    user, password = get_auth_from_url(url)
    return HTTPBasicAuth(user, password) if user or password else NoAuth()
