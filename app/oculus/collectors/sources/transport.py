"""One question over HTTP: it ends in time, reads no endless answer, and takes its key to nobody else."""

from __future__ import annotations

import time
from codecs import BOM_UTF8
from collections.abc import Mapping
from ssl import SSLCertVerificationError
from urllib.parse import urljoin

import requests
import urllib3
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from oculus import __version__
from oculus.collectors.sources.reply import Question, Reply, Unreached, speaks_json
from oculus.core.cuttable import FAILURES, CuttableAdapter, NoAuth, authorities
from oculus.core.durations import short
from oculus.core.errors import BadAnswer, SourceError
from oculus.core.outgoing import Deadlines, causes, closed, origin, same_host, why

urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)  # whoever set verify_tls: false knows

USER_AGENT = f"Oculus/{__version__} (personal monitor)"
MOST_REDIRECTS = 3
REDIRECTS = (301, 302, 303, 307, 308)
BROKEN_OFF = (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError)
UNREACHED = (
    NewConnectionError,
    ConnectTimeoutError,
    SSLCertVerificationError,
    requests.exceptions.ProxyError,
)
ERROR_LIMIT = 64 * 1024  # bytes of an error's body; more is not read


class Transport:
    """One session. One thread at a time; proxies and authorities come from the environment."""

    def __init__(self, title: str, deadlines: Deadlines) -> None:
        self._title = title
        self._deadlines = deadlines
        self._adapter = CuttableAdapter(pool_connections=1, pool_maxsize=1)
        self._session = requests.Session()
        self._session.mount("https://", self._adapter)
        self._session.mount("http://", self._adapter)
        self._session.headers = requests.structures.CaseInsensitiveDict(
            {"User-Agent": USER_AGENT, "Accept": "application/json", "Accept-Encoding": "gzip, deflate"}
        )

    def ask(self, url: str, question: Question, headers: Mapping[str, str], timeout_s: float) -> Reply:
        """The answer, whatever its status. Raises SourceError: Unreached when it has not even been asked."""
        deadline = time.monotonic() + timeout_s
        late = self._deadlines.within(timeout_s, self._adapter.cut)
        try:
            return self._asked(url, question, headers, deadline)
        except FAILURES as error:
            what = "its answer broke off" if isinstance(error, BROKEN_OFF) else f"{origin(url)} {why(error)}"
            if late.passed or time.monotonic() >= deadline or isinstance(error, requests.Timeout):
                what = f"did not answer within {short(round(timeout_s, 2))}"
            # Without a cause: the library's words hold the whole address, and logs show causes.
            raise (Unreached if unreached(error) else SourceError)(self._title, what) from None
        finally:
            late.cancel()

    def _asked(self, url: str, question: Question, headers: Mapping[str, str], deadline: float) -> Reply:
        """A connection that was kept may have been closed at the other end: then a new one is tried, once."""
        try:
            return self._follow(url, question, headers, deadline)
        except requests.ConnectionError as error:
            if question.method != "GET" or not closed(error) or time.monotonic() >= deadline:
                raise
        return self._follow(url, question, headers, deadline)

    def close(self) -> None:
        self._adapter.cut()
        self._session.close()

    def _follow(self, url: str, question: Question, headers: Mapping[str, str], deadline: float) -> Reply:
        for _ in range(MOST_REDIRECTS + 1):
            reply = self._once(url, question, headers, deadline)
            target = urljoin(url, reply.headers.get("location", ""))
            if reply.status not in REDIRECTS or "location" not in reply.headers:
                return reply
            if not same_host(url, target):
                raise SourceError(self._title, f"sends on to {origin(target)}")
            url = target
        raise SourceError(self._title, "sends round in circles")

    def _once(self, url: str, question: Question, headers: Mapping[str, str], deadline: float) -> Reply:
        left = max(0.01, deadline - time.monotonic())
        prepared = self._session.prepare_request(prepare(url, question, headers))
        around = self._session.merge_environment_settings(url, {}, True, None, None)
        with self._adapter.send(
            prepared,
            stream=True,
            timeout=left,
            verify=question.verify and authorities(around["verify"]),
            proxies=around["proxies"],
        ) as got:
            found = {name.lower(): value for name, value in got.headers.items()}
            reply = Reply(status=got.status_code, headers=found, body=b"")
            if reply.status in REDIRECTS:
                return reply
            return self._read(got, reply, question, deadline)

    def _read(self, got: requests.Response, reply: Reply, question: Question, deadline: float) -> Reply:
        good = 200 <= reply.status < 300
        if good and question.json and not speaks_json(reply.kind):
            raise BadAnswer(self._title, f"answered with {reply.kind} instead of JSON")
        limit, body = question.limit if good else ERROR_LIMIT, b""
        for piece in got.iter_content(64 * 1024):
            body += piece
            if len(body) > limit and good:
                raise BadAnswer(self._title, f"answered with more than {limit // 1024} kB")
            if len(body) > limit:
                break
            if time.monotonic() >= deadline:
                raise requests.Timeout
        if question.json:
            body = body.removeprefix(BOM_UTF8)  # some programs of Microsoft begin with it
        return Reply(status=reply.status, headers=reply.headers, body=body)


def prepare(url: str, question: Question, headers: Mapping[str, str]) -> requests.Request:
    return requests.Request(
        question.method,
        url,
        params=question.params if "?" not in url else None,  # a redirect brings them along
        data=question.body,
        headers={name: value.encode() for name, value in headers.items()},
        auth=NoAuth(),
    )


def unreached(error: BaseException) -> bool:
    """Whether no connection came about, so that nobody has heard the question."""
    return any(isinstance(cause, UNREACHED) for cause in causes(error))
