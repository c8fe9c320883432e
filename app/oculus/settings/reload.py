"""Hot reload: a changed settings file is taken on within three seconds, a broken one changes nothing."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from oculus.collectors.custom.plugin_files import plugin_files
from oculus.core.clock import Clock
from oculus.core.errors import ConfigError, OculusError
from oculus.core.worker import Worker
from oculus.settings.load import Overrides, load
from oculus.settings.merge import files_of
from oculus.settings.schema import Settings

log = logging.getLogger(__name__)

# Two changes within one tick of the file system's clock look like one: read what is this young.
FRESH_MS = 3000
MOST_NAMED = 3  # files whose change is told by name


def told_of(problems: Sequence[str]) -> str:
    """What an event says of the mistakes that were found, or that there are none any more."""
    if not problems:
        return "The settings have no mistake any more, and are in force"
    count = "a mistake" if len(problems) == 1 else f"{len(problems)} mistakes"
    return f"The settings have {count}; the old ones stay. The first: {problems[0]}"


def unread(path: Path, error: Exception) -> str:
    """What a person is told when reading broke in an unforeseen way. Its words may hold secrets: not here."""
    if isinstance(error, OSError):
        why = f"cannot be read ({error.strerror or type(error).__name__})"
        return f"{path.name}: {why}; make it and its folder readable for the user who runs Oculus"
    what = f"reading the settings failed ({type(error).__name__})"
    return f"{path.name}: {what}; undo the last change, and see the log, which says where it broke"


class Seen(NamedTuple):
    """A file as it was at the last look."""

    stat: tuple[int, int, int]  # modified (ns), size, inode
    digest: bytes


Look = dict[Path, Seen | None]  # None: it cannot be read


def changed_in(before: Look, now: Look) -> list[str]:
    """The names of the files that are not what they were, those that are gone among them."""
    return sorted(path.name for path in before.keys() | now.keys() if before.get(path) != now.get(path))


class Reloader(Worker):
    """Looks at the files each second. What changed must look the same twice before it is read:
    an editor or a copy may be in the middle of writing."""

    def __init__(
        self,
        path: Path,
        apply: Callable[[Settings], None],
        broken: Callable[[list[str]], None],
        clock: Clock,
        *,
        current: Settings | None = None,
        overrides: Overrides | None = None,
    ) -> None:
        """`apply` gets new settings, `broken` the mistakes, or none when they are mended; never two at once.
        `current` is what runs now; without it the first look applies what it reads."""
        super().__init__("settings")
        self.problems: list[str] = []  # why the files are not what runs; for every page
        self._path, self._clock = path, clock
        self._apply, self._broken = apply, broken
        self._current, self._overrides = current, overrides
        self._taken: Look | None = None  # the files as they were when last read
        self._before: Look = {}  # the files at the last look
        self._right: Look = {}  # the files as they were when they last had no mistake
        self._one_at_a_time = threading.Lock()

    def step(self) -> None:
        with self._one_at_a_time:
            now = self._look()
            settled, self._before = now == self._before, now
            if settled and now != self._taken:
                self._read(now)

    def reload(self) -> list[str]:
        """Read the files now; returns the mistakes. Any thread may call it."""
        with self._one_at_a_time:
            self._before = self._look()
            self._read(self._before)
            return self.problems

    def _read(self, now: Look) -> None:
        self._taken = now
        try:
            settings = load(self._path, self._overrides)
        except ConfigError as error:
            self._tell(error.problems)
            return
        except Exception as error:  # whatever it is, somebody must see that the files are not what runs
            log.error("could not be read", exc_info=error)
            self._tell([unread(self._path, error)])
            return
        changed, self._right = changed_in(self._right, now), now
        if settings == self._current:
            self._tell([])
            return
        self._take_on(settings, changed)

    def _take_on(self, settings: Settings, changed: Sequence[str]) -> None:
        previous = self._current
        try:
            self._apply(settings)
        except Exception as error:  # whatever a stage may raise, the others must go on with what they had
            log.warning("could not be taken on", exc_info=error)
            what = str(error) if isinstance(error, OculusError) else f"{type(error).__name__}: {error}"
            self._go_back(previous)
            self._tell([f"{self._path.name}: the new settings are right but could not be taken on: {what}"])
            return
        self._current = settings
        more = f" and {len(changed) - MOST_NAMED} more" if len(changed) > MOST_NAMED else ""
        log.info("taken on; changed: %s%s", ", ".join(changed[:MOST_NAMED]) or "no file", more)
        self._tell([])

    def _go_back(self, previous: Settings | None) -> None:
        """Some stages may have the new settings and some the old: give all of them the old."""
        self._current = None  # so that whatever is read next is applied
        if previous is None:
            return
        try:
            self._apply(previous)
        except Exception as error:
            log.error("the old ones could not be put back either", exc_info=error)
            return
        self._current = previous

    def _tell(self, problems: Sequence[str]) -> None:
        """Once for each new set of mistakes, and once when they are mended."""
        if list(problems) == self.problems:
            return
        for problem in problems:
            log.warning("%s", problem)
        if not problems:
            log.info("the mistakes are mended")
        self.problems = list(problems)
        self._broken(self.problems)

    def _look(self) -> Look:
        try:
            paths = [*files_of(self._path), *plugin_files(self._path.parent)]
        except OSError:
            return {self._path: None}  # told when it is read
        return {path: self._seen(path) for path in paths}

    def _seen(self, path: Path) -> Seen | None:
        try:
            found = path.stat()
            stat = (found.st_mtime_ns, found.st_size, found.st_ino)
            before = self._before.get(path)
            young = self._clock.now_ms() - found.st_mtime_ns // 1_000_000 < FRESH_MS
            if before and before.stat == stat and not young:
                return before
            return Seen(stat, hashlib.sha256(path.read_bytes()).digest()) if path.is_file() else None
        except OSError:
            return None  # told when it is read
