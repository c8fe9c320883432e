"""TLS: the handshake, whether to trust what is presented, and how long it is good for."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import certifi

from oculus.collectors.network.certificate import days_left
from oculus.collectors.network.connect import connect
from oculus.collectors.network.deadline import Deadline
from oculus.collectors.network.down import Down
from oculus.collectors.network.resolve import Address
from oculus.core.errors import SourceError

VERDICTS = {
    9: "its certificate is not valid yet",
    10: "its certificate has expired",
    18: "its certificate is self-signed",
    19: "its certificate comes from an authority this machine does not trust",
    20: "its certificate comes from an authority this machine does not trust",
    21: "its certificate comes from an authority this machine does not trust",
    62: "its certificate is for another name",
    64: "its certificate is for another address",
}  # by OpenSSL's numbers
NOT_TLS = {"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST", "UNKNOWN_PROTOCOL"}


class Trust(NamedTuple):
    """Whose certificates are accepted."""

    verify: bool = True
    ca_file: str = ""  # besides the authorities of this machine


def secure(
    sock: socket.socket, host: str, trust: Trust, addresses: Sequence[Address], deadline: Deadline
) -> tuple[ssl.SSLSocket, int | None]:
    """Do the handshake. Returns the socket to go on with and the days the certificate is still good for.

    Raises Down when it cannot be done, with those days when the certificate is the reason.
    """
    try:
        secured = handshake(sock, host, context(trust), deadline)
    except ssl.SSLCertVerificationError as error:
        days = presented_days(addresses, host, deadline)
        raise Down(verdict(error), {} if days is None else {"tls_days": days}) from error
    except TimeoutError as error:
        raise Down(f"the TLS handshake did not end within {deadline}") from error
    except (ssl.SSLError, ConnectionError) as error:
        raise Down(failure(error)) from error
    return secured, days_of(secured)


def handshake(sock: socket.socket, host: str, rules: ssl.SSLContext, deadline: Deadline) -> ssl.SSLSocket:
    sock.settimeout(deadline.left())
    return rules.wrap_socket(sock, server_hostname=host)


@lru_cache(maxsize=32)
def context(trust: Trust) -> ssl.SSLContext:
    """Made once: reading the authorities takes a while, and every copy of them takes memory."""
    rules = ssl.create_default_context()
    if not rules.cert_store_stats()["x509_ca"] and not authorities_known():
        rules.load_verify_locations(certifi.where())
    if trust.ca_file:
        add_authority(rules, trust.ca_file)
    if not trust.verify:
        rules.check_hostname = False
        rules.verify_mode = ssl.CERT_NONE
    return rules


def add_authority(rules: ssl.SSLContext, ca_file: str) -> None:
    try:
        rules.load_verify_locations(ca_file)
    except OSError as error:
        hint = "Write the path of a file in PEM form that Oculus may read."
        raise SourceError("ca_file", f"{ca_file} is no file of certificates", hint) from error


def authorities_known() -> bool:
    """Whether OpenSSL finds a folder of authorities; in a frozen program it looks where it was built."""
    folder = ssl.get_default_verify_paths().capath
    return bool(folder) and any(Path(folder).iterdir())


def presented_days(addresses: Sequence[Address], host: str, deadline: Deadline) -> int | None:
    """Ask for the certificate once more, trusting anybody: a refused handshake does not show it."""
    try:
        with handshake(connect(addresses, deadline), host, context(Trust(verify=False)), deadline) as secured:
            return days_of(secured)
    except (OSError, Down):
        return None


def days_of(secured: ssl.SSLSocket) -> int | None:
    der = secured.getpeercert(binary_form=True)
    try:
        return days_left(der, datetime.now(UTC)) if der else None
    except ValueError:
        return None


def verdict(error: ssl.SSLCertVerificationError) -> str:
    return VERDICTS.get(error.verify_code, f"its certificate is refused: {error.verify_message}")


def failure(error: OSError) -> str:
    reason = getattr(error, "reason", None)
    if reason in NOT_TLS:
        return "does not speak TLS on this port"
    if isinstance(error, ssl.SSLEOFError | ConnectionError):
        return "closed the connection during the TLS handshake"
    return f"the TLS handshake failed: {(reason or str(error)).lower().replace('_', ' ')}"
