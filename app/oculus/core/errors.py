"""What can go wrong, in words a person can act on.

OculusError
  ConfigError     the settings, the rules or the arguments must change
  LockedError     another copy holds the database
  StorageError    the database could not do it
    QueryError    a statement from outside was refused or failed
  SourceError     a source could not be asked
    SourceBusy    it was asked too often
    BadAnswer     it answered with something we cannot read
  ChannelError    a message was not delivered
"""

from __future__ import annotations

from collections.abc import Sequence


class OculusError(Exception):
    """A failure, told twice: what happened, then what to do about it."""

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.what}. {self.hint}" if self.hint else self.what


def in_words(error: BaseException) -> str:
    """What went wrong, for a log that people read: of the system's errors without their number."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error)


class ConfigError(OculusError):
    """The settings must change before anything can run. Holds every problem found, not the first."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = list(problems)


class LockedError(OculusError):
    """Another copy of Oculus holds the database."""

    def __init__(self, what: str, hint: str = "", *, pid: int = 0, address: str = "") -> None:
        super().__init__(what, hint)
        self.pid = pid
        self.address = address  # where that copy serves its pages; empty when it does not say


class StorageError(OculusError):
    """The database could not do what it was asked."""


class QueryError(StorageError):
    """A statement from outside was refused or failed. `code` is the API's error code."""

    def __init__(self, code: str, what: str, hint: str = "") -> None:
        super().__init__(what, hint)
        self.code = code  # bad_request | not_read_only | query_timeout | too_large


class SourceError(OculusError):
    """A source could not be asked."""

    def __init__(self, source: str, what: str, hint: str = "") -> None:
        super().__init__(f"{source}: {what}", hint)


class SourceBusy(SourceError):
    """Asked too often; the scheduler waits longer. `retry_after_s` is what the source itself asked for."""

    def __init__(self, source: str, what: str, hint: str = "", *, retry_after_s: float | None = None) -> None:
        super().__init__(source, what, hint)
        self.retry_after_s = retry_after_s


class BadAnswer(SourceError):
    """It answered, but not in a form we know how to read."""


class ChannelError(OculusError):
    """A message was not delivered."""

    def __init__(
        self,
        what: str,
        hint: str = "",
        *,
        permanent: bool = False,
        retry_after_s: float | None = None,
        answered: bool = False,
    ) -> None:
        super().__init__(what, hint)
        self.permanent = permanent  # trying again cannot help
        self.answered = answered  # the service spoke, so this one message may be what it cannot take
        self.retry_after_s = retry_after_s  # the service's own wish
