"""The stored numbers, wherever they are: in the running copy, or in the file.

DuckDB is loaded for the file alone: to ask the running copy takes a fifth less without it.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from oculus.cli.client import Running
from oculus.cli.place import Place
from oculus.cli.settings import read_settings
from oculus.core.clock import SystemClock
from oculus.core.counters import Counters
from oculus.core.errors import ConfigError, OculusError
from oculus.storage.file.lock import holder
from oculus.web.access.token import FILE, load_token
from oculus.web.serving.tls import client_context

if TYPE_CHECKING:
    from oculus.settings.past import Ask
    from oculus.storage.reader import Reader


def running(args: argparse.Namespace, where: Place) -> Running | None:
    """The copy that holds this data folder now, or None."""
    found = holder(where.data)
    if found is None or not found.address:
        return None
    try:
        settings = read_settings(args, where)
    except ConfigError:
        if copy := with_kept_token(found.address, where):
            return copy
        raise
    return Running(found.address, load_token(where.data, settings.server), client_context(settings))


def with_kept_token(address: str, where: Place) -> Running | None:
    """The copy that goes on with the settings from before a mistake, if the data folder's token opens it."""
    if not (where.data / FILE).exists():
        return None
    copy = Running(address, load_token(where.data))
    try:
        copy.get("/api/status")
    except OculusError:
        return None
    return copy


def must_run(args: argparse.Namespace, where: Place) -> Running:
    """Raises OculusError when nothing runs on this data folder."""
    copy = running(args, where)
    if copy is None:
        raise OculusError(f"No Oculus is running on {where.data}", "Start one with `oculus serve`.")
    return copy


@contextmanager
def asking(args: argparse.Namespace, where: Place) -> Iterator[Ask]:
    """Read-only SQL, through the running copy if there is one. Raises OculusError as `stored` does."""
    if copy := running(args, where):
        yield lambda sql, params: copy.post("/api/query", {"sql": sql, "params": dict(params)})["rows"]
        return
    with stored(args, where) as reader:
        yield lambda sql, params: reader.query(sql, params).rows


@contextmanager
def stored(args: argparse.Namespace, where: Place) -> Iterator[Reader]:
    """The file itself, while nobody else holds it. Raises LockedError when somebody does.

    Raises OculusError where there is none: one that is made would only hide a misspelt --data.
    """
    from oculus.storage.file.database import open_database
    from oculus.storage.reader import Reader

    settings = read_settings(args, where)
    if not (where.data / settings.storage.path).exists():
        raise OculusError(f"Nothing is stored in {where.data}", "Start Oculus first, or mend --data.")
    with closing(open_database(where.data, settings.storage, SystemClock())) as database:
        yield Reader(database, Counters())
