"""Talking to the running copy: its address is in the lock file, its token in the data folder."""

from __future__ import annotations

import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import Any

from oculus.core.errors import ConfigError, OculusError
from oculus.core.secret import Secret

TIMEOUT_S = 10.0
DOWNLOAD_S = 600.0  # a copy of a large database is made before its first byte comes
PIECE = 256 * 1024  # bytes read at a time
CODES_OF_THE_ASKER = frozenset((400, 413, 422))  # the question was wrong, not the answer


class Running:
    """A copy of Oculus that is running now."""

    def __init__(self, address: str, token: Secret, tls: ssl.SSLContext | None = None) -> None:
        """`tls` is how its certificate is known, where it has one."""
        self.address = address.rstrip("/")
        self._token = token
        self._tls = tls

    def get(self, path: str) -> Any:
        """The JSON answer. Raises OculusError with the server's own words."""
        with self._ask(path) as answer:
            return json.loads(b"".join(self._pieces(answer)))

    def post(self, path: str, body: dict[str, Any], timeout_s: float = TIMEOUT_S) -> Any:
        """As `get`."""
        with self._ask(path, json.dumps(body).encode(), timeout_s) as answer:
            return json.loads(b"".join(self._pieces(answer)))

    def download(self, path: str, to: Path) -> None:
        """Write the answer's body to `to`: whole, or not at all. Raises OculusError."""
        partial = to.with_name(f"{to.name}.partial")
        try:
            with self._ask(path, timeout_s=DOWNLOAD_S) as answer, partial.open("wb") as file:
                file.writelines(self._pieces(answer))
            partial.replace(to)
        except OSError as error:
            raise OculusError(f"{to} cannot be written: {error.strerror}", "Choose another --to.") from error
        finally:
            partial.unlink(missing_ok=True)

    def _pieces(self, answer: HTTPResponse) -> Iterator[bytes]:
        """The body. Raises OculusError unless all of it comes."""
        try:
            while piece := answer.read(PIECE):
                yield piece
        except (OSError, HTTPException) as error:
            raise self._broke_off() from error
        if answer.length:  # the library takes an end that comes too early for the end
            raise self._broke_off()

    def _broke_off(self) -> OculusError:
        return OculusError(
            f"the answer of the running copy at {self.address} broke off",
            "Look whether it runs, and try again.",
        )

    def _ask(self, path: str, body: bytes | None = None, timeout_s: float = TIMEOUT_S) -> HTTPResponse:
        headers = {"Authorization": f"Bearer {self._token.reveal()}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.address + path, body, headers)  # noqa: S310 - our own address
        # Loopback is never reached through a proxy.
        handlers = [urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=self._tls)]
        opener = urllib.request.build_opener(*handlers)
        try:
            answer: HTTPResponse = opener.open(request, timeout=timeout_s)
        except urllib.error.HTTPError as error:
            raise _refused(error) from error
        except (OSError, HTTPException) as error:
            raise OculusError(f"the running copy at {self.address} does not answer", "Try again.") from error
        return answer


def _refused(error: urllib.error.HTTPError) -> OculusError:
    try:
        told = json.load(error)["error"]
        what, hint = str(told["message"]), str(told.get("hint", ""))
    except (ValueError, KeyError, TypeError):
        what, hint = f"the running copy answered {error.code}", "Its log says why."
    if error.code in CODES_OF_THE_ASKER:
        return ConfigError([str(OculusError(what, hint))])
    return OculusError(what, hint)
