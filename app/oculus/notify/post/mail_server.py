"""A mail server: logging in, handing over one mail, and what its answers mean.

4xx is worth another try, 5xx is final, as RFC 5321 has it.
"""

from __future__ import annotations

import base64
import contextlib
import logging
import re
import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from oculus.core.durations import short
from oculus.core.errors import ChannelError
from oculus.core.outgoing import hang_up
from oculus.core.secret import Secret
from oculus.notify.channel import ChannelSettings
from oculus.notify.post.answers import quoted
from oculus.notify.post.outcome import DEADLINES, why

log = logging.getLogger(__name__)

HOST_NAME = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
AUTHENTICATED = 235
NO_STARTTLS = "Set tls to tls (usually with port 465), or to none in a network of your own"
NO_LOGIN = "Set tls to starttls or tls: many servers take no password in the clear"
LOGIN = "Look at smtp_user and smtp_pass; many services want an app password in place of your own"
TRUST = "Name the authority's certificate as ca_file, or set verify_tls to false in a network of your own"
PEOPLE = "Look at from_address and to_addresses"


class MailServerSettings(ChannelSettings, frozen=True, kw_only=True):
    """How the mail server is reached."""

    smtp_host: Annotated[str, Meta(description="The mail server's name.", min_length=1)]
    smtp_port: Annotated[
        int, Meta(description="Its port: 587 for starttls, 465 for tls.", ge=1, le=65535)
    ] = 587
    smtp_user: Annotated[str, Meta(description="The user to log in with; empty: no login.")] = ""
    smtp_pass: Annotated[Secret, Meta(description="The password that belongs to it.")] = msgspec.field(
        default_factory=lambda: Secret("")
    )
    tls: Annotated[
        Literal["starttls", "tls", "none"], Meta(description="How the connection is kept private.")
    ] = "starttls"
    verify_tls: Annotated[bool, Meta(description="Whether the server's certificate must be right.")] = True
    ca_file: Annotated[
        str, Meta(description="A file with the authorities to trust; empty: the system's.")
    ] = ""


class MailServer:
    """Nothing stays open between two mails. `name` is the channel's, for the log."""

    def __init__(self, name: str, settings: MailServerSettings, timeout_s: float) -> None:
        self._name = name
        self._settings = settings
        self._timeout_s = timeout_s  # for all of one mail
        self._session: smtplib.SMTP | None = None

    def deliver(self, message: EmailMessage) -> None:
        """Returns once the server has taken it for somebody at least. Raises ChannelError."""
        late = DEADLINES.within(self._timeout_s, self.close)
        try:
            with self._connected() as session:
                refused = session.send_message(message)
            for person, (code, said) in refused.items():
                log.warning("%s: %s was refused: %s %s", self._name, person, code, self._said(said))
        except (smtplib.SMTPException, OSError, ValueError) as error:
            raise self._in_words(error, late=late.passed) from None
        finally:
            late.cancel()

    def close(self) -> None:
        """Cut what is under way."""
        session = self._session
        sock = session.sock if session else None
        if sock is not None:
            hang_up(sock)

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        wish = self._settings
        kind = partial(smtplib.SMTP_SSL, context=self._trust()) if wish.tls == "tls" else smtplib.SMTP
        session = kind(local_hostname=own_name(), timeout=self._timeout_s)
        self._session = session
        # What the certificate must name. Only a constructor that connects sets it, and that cannot be cut.
        session._host = wish.smtp_host  # type: ignore[attr-defined]
        try:
            session.connect(wish.smtp_host, wish.smtp_port)
            if wish.tls == "starttls":
                self._start_tls(session)
            if wish.smtp_user:
                self._log_in(session)
            yield session
            with contextlib.suppress(smtplib.SMTPException, OSError):  # it is delivered already
                session.quit()
        finally:
            self._session = None
            session.close()

    def _start_tls(self, session: smtplib.SMTP) -> None:
        try:
            session.starttls(context=self._trust())
        except smtplib.SMTPNotSupportedError:
            raise ChannelError(
                f"{self._address} does not offer STARTTLS", NO_STARTTLS, permanent=True
            ) from None

    def _log_in(self, session: smtplib.SMTP) -> None:
        user, password = self._settings.smtp_user, self._settings.smtp_pass.reveal()
        try:
            if f"{user}{password}".isascii():
                session.login(user, password)
            else:
                log_in_plain(session, user, password)
        except smtplib.SMTPNotSupportedError:
            raise ChannelError(f"{self._address} takes no login here", NO_LOGIN, permanent=True) from None

    def _trust(self) -> ssl.SSLContext:
        wish = self._settings
        try:
            trust = ssl.create_default_context(cafile=wish.ca_file or None)
        except OSError:  # ssl.SSLError is one too
            what = f"The authorities in {Path(wish.ca_file).name} cannot be read"
            raise ChannelError(what, "Mend ca_file: it takes certificates as PEM", permanent=True) from None
        if not wish.verify_tls:
            trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
        return trust

    @property
    def _address(self) -> str:
        return f"{self._settings.smtp_host}:{self._settings.smtp_port}"

    def _in_words(self, error: Exception, *, late: bool) -> ChannelError:
        # A wait that ends while smtplib reads is an end of the connection to it.
        if late or isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
            limit = short(self._timeout_s)
            return ChannelError(f"{self._address} did not take it within {limit}")
        if isinstance(error, smtplib.SMTPServerDisconnected):
            return ChannelError(f"{self._address} closed the connection without an answer")
        if isinstance(error, smtplib.SMTPRecipientsRefused):
            return self._nobody(error)
        if isinstance(error, smtplib.SMTPResponseException):
            hint = LOGIN if isinstance(error, smtplib.SMTPAuthenticationError) else PEOPLE
            about_mail = isinstance(error, smtplib.SMTPDataError)
            return self._refused(int(error.smtp_code), error.smtp_error, hint, about_mail=about_mail)
        if isinstance(error, OSError) and not isinstance(error, smtplib.SMTPException):
            trust = TRUST if isinstance(error, ssl.SSLCertVerificationError) else ""
            return ChannelError(f"{self._address} {why(error)}", trust)
        return ChannelError(
            f"{self._address} cannot take it ({self._said(str(error))})", PEOPLE, permanent=True
        )

    def _nobody(self, error: smtplib.SMTPRecipientsRefused) -> ChannelError:
        """All were refused; one that may be taken later is worth another try."""
        code, said = min(error.recipients.values(), key=lambda answer: answer[0])
        return self._refused(code, said, PEOPLE)

    def _refused(self, code: int, said: bytes | str, hint: str, *, about_mail: bool = False) -> ChannelError:
        """`about_mail`: it was this mail that the server would not take, not who sends it to whom."""
        final = 500 <= code < 600
        return ChannelError(
            f"{self._address} answered {code}: {self._said(said)}",
            hint if final else "",
            permanent=final,
            answered=about_mail,
        )

    def _said(self, text: bytes | str) -> str:
        words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
        return quoted(words, [self._settings.smtp_pass.reveal()])


def log_in_plain(session: smtplib.SMTP, user: str, password: str) -> None:
    """For what smtplib cannot say: it knows ASCII only, while RFC 4616 has UTF-8."""
    session.ehlo_or_helo_if_needed()
    if "PLAIN" not in session.esmtp_features.get("auth", ""):
        raise smtplib.SMTPNotSupportedError
    words = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
    code, said = session.docmd("AUTH", f"PLAIN {words}")
    if code != AUTHENTICATED:
        raise smtplib.SMTPAuthenticationError(code, said)


def own_name() -> str:
    """How we greet. Not getfqdn, which smtplib would ask and which may hang on a broken name service."""
    name = socket.gethostname()
    return name if HOST_NAME.fullmatch(name) else "[127.0.0.1]"
