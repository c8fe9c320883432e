"""Cron lines in a time zone.

Five fields, or six with seconds first. Around a change of the clocks a line that names its hour behaves as
Debian's cron: skipped hours are made good at once, repeated ones do not repeat it; a line of every so many
minutes goes on as if nothing were.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from oculus.core.clock import to_ms

EXAMPLE = 'write such as "*/5 * * * *" for every five minutes'


class ScheduleError(ValueError):
    """A cron line or a time zone that cannot be read. Worded "what; what to write instead"."""


class Schedule:
    """When something is due. Any thread may ask."""

    def __init__(self, line: str, timezone: str) -> None:
        """Raises ScheduleError."""
        self._zone = zone(timezone)
        fields = line.split()
        if len(fields) not in (5, 6):
            raise ScheduleError(f"{line!r} has {len(fields)} fields; {EXAMPLE}")
        # CronSim knows how to change clocks for five fields only; a fixed second can be added to those.
        fixed = len(fields) == 6 and fields[0].isdigit() and int(fields[0]) < 60
        self._second = int(fields[0]) if fixed else 0
        self._line = " ".join(fields[1:] if fixed else fields)
        try:
            self.next_ms(0)
        except CronSimError as error:
            raise ScheduleError(f"{line!r} cannot be read: {error}; {EXAMPLE}") from error
        except StopIteration as error:
            raise ScheduleError(f"{line!r} never comes; {EXAMPLE}") from error

    def next_ms(self, after_ms: int) -> int:
        """The first moment after another, UTC ms."""
        after = datetime.fromtimestamp(after_ms // 1000 - self._second, self._zone)
        slots = (to_ms(slot) + self._second * 1000 for slot in CronSim(self._line, after))
        # In an hour that is repeated the first ones found are those of its first time.
        return next(slot_ms for slot_ms in slots if slot_ms > after_ms)


def zone(name: str) -> ZoneInfo:
    """Raises ScheduleError."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ScheduleError(f"{name!r} is no time zone; write such as Europe/Paris or UTC") from error
