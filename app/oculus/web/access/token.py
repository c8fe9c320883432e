"""The token that opens the API and the pages: kept in the data folder, readable by its owner only."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from oculus.core.errors import OculusError
from oculus.core.paths import private_folder
from oculus.core.secret import Secret
from oculus.settings.schema import ServerSettings

FILE = "token"


class KeptToken(Secret):
    """The token in a file. `reveal` gives what the file holds now, so renewing it counts at once."""

    __slots__ = ("_changed_ns", "_path")

    def __init__(self, path: Path, value: str) -> None:
        super().__init__(value)
        self._path = path
        self._changed_ns = changed_ns(path)

    def reveal(self) -> str:
        if (now_ns := changed_ns(self._path)) != self._changed_ns:
            self._value = read(self._path) or self._value
            self._changed_ns = now_ns
        return self._value


def load_token(data: Path, settings: ServerSettings | None = None) -> Secret:
    """The token of the settings, of OCULUS_TOKEN, or of `data`, where the first start makes one.

    Raises OculusError when the file cannot be read or written.
    """
    given = (settings.token.reveal() if settings else "") or os.environ.get("OCULUS_TOKEN", "")
    if given:
        return Secret(given)
    path = data / FILE
    with in_words(path):
        if path.exists():
            path.chmod(0o600)  # a copy or an unpacked backup may have opened it to others
            if kept := path.read_text("utf-8").strip():
                return KeptToken(path, kept)
    return rotate_token(data)


def rotate_token(data: Path) -> Secret:
    """Put a new token in place of the old one, which opens nothing any more.

    Raises OculusError when it cannot be written.
    """
    with in_words(data / FILE):
        return made(data)


@contextmanager
def in_words(path: Path) -> Iterator[None]:
    """What the system says of `path`, and what to do about it."""
    try:
        yield
    except OSError as error:
        raise OculusError(
            f"{path} cannot be used: {error.strerror}",
            "Make the data folder yours, or choose another with --data.",
        ) from error


def made(data: Path) -> Secret:
    """A new token in the file, whole or not at all."""
    token = secrets.token_urlsafe(32)
    fresh = private_folder(data) / f".{FILE}.{os.getpid()}"
    fresh.unlink(missing_ok=True)
    with os.fdopen(
        os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
    ) as file:
        file.write(token + "\n")
    fresh.replace(data / FILE)
    return KeptToken(data / FILE, token)


def changed_ns(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def read(path: Path) -> str:
    """Empty when it cannot be read: then the old one goes on to count."""
    try:
        return path.read_text("utf-8").strip()
    except OSError:
        return ""
