"""How many sockets may be open at once."""

from __future__ import annotations

import sys

WANTED = 8192  # open files
EACH = 4  # for one that waits: a ping by the system's own program takes three


def room() -> int:
    """How many may wait for an answer while files stay free for everything else.

    Systems let a program open as few as 256 files until it asks for more.
    """
    return min(open_files(), WANTED) // EACH


def open_files() -> int:
    """How many this process may have, once it has asked for as many as are wanted."""
    if sys.platform == "win32":  # no such limit
        return WANTED
    import resource

    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if allowed == resource.RLIM_INFINITY or allowed >= WANTED:
        return WANTED
    wanted = WANTED if most == resource.RLIM_INFINITY else min(WANTED, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
    return wanted
