"""What Oculus writes is for its owner only, also where a library makes the file.

DuckDB makes its log anew whenever it likes, so nobody can set the mode of it: the process itself must give
nothing to others. What it starts for people, such as a browser, goes on as they are used to.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

OTHERS = 0o077  # all rights of the group and of everybody
_usual: list[int] = []  # the process' own umask, once it has been changed


def keep_private() -> None:
    """From here on whatever this process makes is closed to others, where the system has modes."""
    if os.name == "posix" and not _usual:
        _usual.append(os.umask(OTHERS))


def usual_umask() -> int:
    """What `subprocess.Popen(umask=...)` takes for programs whose files are none of ours; -1 changes nothing.

    Never the process' own umask for a moment: another thread may make a file in it.
    """
    return _usual[0] if _usual else -1


def close_to_others(path: Path) -> None:
    """Also a file of an older version, or of a copy that was unpacked; one that is not there is no matter."""
    if os.name == "posix":
        with contextlib.suppress(OSError):
            path.chmod(0o600)
