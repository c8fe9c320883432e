"""When a failed delivery is tried again. Plain arithmetic: time and chance are handed in."""

from __future__ import annotations

from oculus.core.durations import Duration, doubled

FIRST_S = 1.0
LONGEST_S = 300.0
EXPIRES = Duration(hours=6)  # nobody wants yesterday's alarm


def wait_s(failures: int, asked_s: float | None, chance: float) -> float:
    """Seconds until the next try after `failures` (1 or more) failed ones in a row.

    1 s doubling to 5 min, up to a quarter less by `chance` (0 to 1) so that many do not return
    together; never sooner than the service asked for, but no later than a message lives.
    """
    own = doubled(FIRST_S, LONGEST_S, failures) * (1 - chance / 4)
    return min(max(own, asked_s or 0.0), EXPIRES.total_seconds())
