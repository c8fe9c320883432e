"""TLS: the server's own certificate, and how the command line knows that it speaks with this server."""

from __future__ import annotations

import ssl
from pathlib import Path

from oculus.core.errors import ConfigError
from oculus.settings.schema import Settings, TlsSettings


def server_context(settings: Settings) -> ssl.SSLContext | None:
    """What the server speaks TLS with; None where it does not. Raises ConfigError."""
    tls = settings.server.tls
    if tls is None:
        return None
    cert, key = place(settings, tls.cert), place(settings, tls.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    try:
        # An encrypted key would make OpenSSL ask at a terminal that may not be there.
        context.load_cert_chain(cert, key, password=lambda: "")
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise unusable(tls, cert, key, error) from error
    return context


def client_context(settings: Settings) -> ssl.SSLContext | None:
    """For asking the running copy on this machine: our own certificate is trusted, and no other.

    The address may be 127.0.0.1, which no certificate names. Raises ConfigError.
    """
    tls = settings.server.tls
    if tls is None:
        return None
    cert = place(settings, tls.cert)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        context.load_verify_locations(cert)
    except OSError as error:
        raise unusable(tls, cert, cert, error) from error
    return context


def place(settings: Settings, written: str) -> Path:
    """Paths are as seen from the settings file."""
    folder = settings.files[0].parent if settings.files else Path()
    return folder / Path(written).expanduser()


def unusable(tls: TlsSettings, cert: Path, key: Path, error: Exception) -> ConfigError:
    for name, path, written in (("cert", cert, tls.cert), ("key", key, tls.key)):
        try:
            path.open("rb").close()
        except OSError as trouble:
            what = f"server.tls.{name}: {written} cannot be read: {trouble.strerror}"
            return ConfigError([f"{what}; name a PEM file that this account may read"])
    return ConfigError(
        [
            f"server.tls: {tls.cert} and {tls.key} do not fit together or are no PEM files "
            f"({error.args[-1]}); cert holds the certificate and those above it, key the key of the first, "
            "without a password"
        ]
    )
