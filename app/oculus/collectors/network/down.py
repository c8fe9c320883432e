"""A target that is down, and why, in words."""

from __future__ import annotations

import errno
import socket

from oculus.collectors.network.deadline import Deadline
from oculus.core.errors import SourceError

EXHAUSTED = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
NO_HOST = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}
WORDS = {
    errno.ECONNREFUSED: "refused the connection",
    errno.ECONNRESET: "reset the connection",
    errno.ECONNABORTED: "closed the connection",
    errno.EPIPE: "closed the connection",
    errno.EHOSTUNREACH: "no way to the host",
    errno.EHOSTDOWN: "no way to the host",
    errno.ENETUNREACH: "its network cannot be reached from here",
    errno.EAFNOSUPPORT: "this machine does not speak that kind of address",
    errno.EADDRNOTAVAIL: "this machine has no address or port to connect from",
    errno.EACCES: "this machine forbids the connection",
    errno.EPERM: "this machine forbids the connection",
}
FAINT = {errno.ENETUNREACH, errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL}


class Down(Exception):
    """The target is down. The text says why; `values` is what was learned of it all the same."""

    def __init__(self, why: str, values: dict[str, float] | None = None) -> None:
        super().__init__(why)
        self.values = values or {}


def from_error(error: OSError, deadline: Deadline) -> Down:
    """What an error of a socket says about the target.

    Raises SourceError when it says something about this machine instead: nothing was learned then.
    """
    if isinstance(error, socket.gaierror):
        return Down(of_lookup(error))
    if isinstance(error, TimeoutError):
        return Down(f"no answer within {deadline}")
    if error.errno in EXHAUSTED:
        hint = "Watch fewer targets, or raise the limit of open files."
        raise SourceError("this machine", "no more sockets", hint) from error
    known = WORDS.get(error.errno or 0)
    return Down(known or (error.strerror or str(error) or type(error).__name__).lower())


def of_lookup(error: socket.gaierror) -> str:
    if error.errno in NO_HOST:
        return "no such host"
    if error.errno == socket.EAI_AGAIN:
        return "its name cannot be looked up: the name server does not answer"
    return f"its name cannot be looked up: {(error.strerror or '').lower()}"


def telling(errors: list[OSError]) -> OSError:
    """Of what several addresses answered, the error that says most: a refusal rather than a missing route."""
    return min(errors, key=lambda error: (error.errno in FAINT, isinstance(error, TimeoutError)))
