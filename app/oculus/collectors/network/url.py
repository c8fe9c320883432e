"""Web addresses, taken apart once."""

from __future__ import annotations

import base64
import re
from typing import NamedTuple, Self
from urllib.parse import quote, unquote, urljoin, urlsplit

from oculus.collectors.network.hostport import check_host

PORTS = {"http": 80, "https": 443}
UNFIT = re.compile(r"[\x00-\x20\x7f]")


class Url(NamedTuple):
    """Where to connect and what to ask for there. `str` leaves out user and password."""

    scheme: str
    host: str  # ASCII, without brackets
    port: int
    path: str  # with the query
    user: str  # "name:password", or empty

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an address. Raises ValueError, worded for the person who wrote it."""
        if UNFIT.search(text):
            raise ValueError("has a space or a control character in it")
        parts = urlsplit(text)
        if parts.scheme not in PORTS:
            raise ValueError("does not begin with http:// or https://")
        host = check_host(parts.hostname or "")
        if not host.isascii():
            host = host.encode("idna").decode("ascii")
        path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
        query = f"?{quote(parts.query, safe='/%:@!$&()*+,;=~-._?')}" if parts.query else ""
        user = unquote(parts.netloc.rpartition("@")[0])
        return cls(parts.scheme, host, parts.port or PORTS[parts.scheme], path + query, user)

    @property
    def origin(self) -> tuple[str, str, int]:
        return self.scheme, self.host, self.port

    @property
    def authority(self) -> str:
        """The Host header: the port only where it is not the usual one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def authorization(self) -> str:
        """The header that says user and password."""
        return f"Basic {base64.b64encode(self.user.encode()).decode()}"

    def join(self, location: str) -> Url:
        """Where a redirect leads. Raises ValueError when that is no web address."""
        # Servers send non-ASCII bytes and spaces as they are; browsers forgive it.
        return Url.parse(urljoin(str(self), quote(location.strip(), safe="/%:@!$&'()*+,;=~-._?#[]")))

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{self.path}"
