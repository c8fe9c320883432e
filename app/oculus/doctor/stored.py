"""The database: whose is it, can it be read, and with `--deep` is every block of it whole?"""

from __future__ import annotations

from pathlib import Path

from oculus.core.errors import LockedError, OculusError
from oculus.doctor.finding import Finding, bad, odd, ok
from oculus.doctor.machine import size
from oculus.storage.file.checkup import Ask, Checkup, examine, read_all
from oculus.storage.settings import StorageSettings

DAMAGED = (
    "Start Oculus: it puts a damaged file aside, never deletes it, and goes on with the newest backup "
    "beside it (*.daily.bak)."
)


def at_rest(data: Path, settings: StorageSettings, *, deep: bool) -> tuple[Finding, Checkup | None]:
    """Of the file itself, while no copy of Oculus runs."""
    try:
        found = examine(data, settings, deep=deep)
    except LockedError as error:
        # A copy that serves pages would have been asked instead.
        return odd("database", error.what, "Wait until it has started or ended, then ask again."), None
    except OculusError as error:
        return bad("database", error.what, error.hint or DAMAGED), None
    if found is None:
        return ok("database", f"nothing is stored in {data} yet"), None
    every = f", every one of its {found.rows} rows read" if deep else ""
    return ok("database", f"{settings.path}, {size(found.bytes)}, version {found.version}{every}"), found


def in_use(address: str, bytes_: int, ask: Ask, *, deep: bool) -> Finding:
    """Through the copy of Oculus that runs at `address` and holds it."""
    says = f"held by the copy at {address}, {size(bytes_)}"
    if not deep:
        return ok("database", says)
    try:
        rows = read_all(ask)
    except OculusError as error:
        return bad("database", f"{says}; not all of it can be read: {error.what}",
                   f"Stop Oculus and ask again. If it is damaged: {DAMAGED}")  # fmt: skip
    return ok("database", f"{says}, every one of its {rows} rows read")
