"""What a caller is told when a request cannot be done: one shape for programs, the same words for people.

Programs get `{"error": {"code", "message", "hint"}}`. Tracebacks stay in the log, at debug.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping

import msgspec

from oculus.core.errors import ChannelError, ConfigError, OculusError, QueryError, SourceError, StorageError
from oculus.core.nearest import nearest

log = logging.getLogger(__name__)

CODES = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    408: "request_timeout",
    409: "conflict",
    413: "too_large",
    421: "wrong_host",
    426: "upgrade_required",
    429: "rate_limited",
    500: "internal",
    502: "not_delivered",
    503: "not_ready",
}
QUERY_STATUS = {"bad_request": 400, "query_timeout": 408, "too_large": 413, "not_read_only": 422}
MOST_NAMES = 10  # in an answer
PROGRAMS = ("/api/", "/in/", "/metrics", "/healthz", "/readyz")


class HttpError(OculusError):
    """A request that was refused or failed. `code` is the API's word for it."""

    def __init__(
        self,
        status: int,
        what: str,
        hint: str = "",
        *,
        code: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(what, hint)
        self.status = status
        self.code = code or CODES.get(status, "internal")
        self.headers = dict(headers or {})


def bad_request(what: str, hint: str = "") -> HttpError:
    return HttpError(400, what, hint)


def not_found(what: str, hint: str = "") -> HttpError:
    return HttpError(404, what, hint)


def no_such(kind: str, name: str, known: Iterable[str]) -> HttpError:
    """404 for a rule, channel or collector of that name, with the one that was probably meant."""
    names = list(known)
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    near = nearest(name, names)
    there = f"There are: {', '.join(names[:MOST_NAMES])}{more}." if names else "There is none yet."
    return not_found(f"There is no {kind} called {name!r}", f"Did you mean {near}?" if near else there)


def as_http(error: OculusError) -> HttpError:
    """The same failure with the status a web caller expects."""
    if isinstance(error, HttpError):
        return error
    if isinstance(error, QueryError):
        return HttpError(QUERY_STATUS.get(error.code, 400), error.what, error.hint, code=error.code)
    if isinstance(error, ConfigError):
        return HttpError(409, error.what, error.hint)
    if isinstance(error, ChannelError | SourceError):
        return HttpError(502, error.what, error.hint)
    if isinstance(error, StorageError):
        return HttpError(503, error.what, error.hint)
    return HttpError(409, error.what, error.hint)  # not as things stand: switched off, running already


def unexpected(what: str, error: BaseException) -> HttpError:
    """For a mistake of ours: the log says what, the caller only learns that it was noted."""
    log.error("%s failed: %s: %s", what, type(error).__name__, error)
    log.debug("%s failed", what, exc_info=error)
    return HttpError(500, "Oculus could not answer this", "The reason is in Oculus' log.")


def envelope(error: HttpError) -> bytes:
    return msgspec.json.encode({"error": {"code": error.code, "message": error.what, "hint": error.hint}})


def wants_json(path: str) -> bool:
    """Whether errors at `path` go to a program rather than a person."""
    return path.startswith(PROGRAMS)
