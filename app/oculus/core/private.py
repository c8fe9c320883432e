"""What Oculus writes is for its owner only, also where a library makes the file.

DuckDB makes its log anew whenever it likes, so nobody can set the mode of it: the process itself must give
nothing to others. What it starts for people, such as a browser, goes on as they are used to.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

OTHERS = 0o077  # all rights of the group and of everybody
_usual: list[int] = []  # the process' own umask, once it has been changed


def keep_private() -> None:
    """From here on whatever this process makes is closed to others, where the system has modes."""
    if os.name == "posix" and not _usual:
        _usual.append(os.umask(OTHERS))


@contextlib.contextmanager
def as_usual() -> Iterator[None]:
    """For starting programs whose files are none of ours."""
    if not _usual:
        yield
        return
    os.umask(_usual[0])
    try:
        yield
    finally:
        os.umask(OTHERS)


def close_to_others(path: Path) -> None:
    """Also a file of an older version, or of a copy that was unpacked; one that is not there is no matter."""
    if os.name == "posix":
        with contextlib.suppress(OSError):
            path.chmod(0o600)
