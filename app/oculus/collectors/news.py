"""Which numbers are new: each counts once for every time that its source gives it, also across restarts."""

from __future__ import annotations

from oculus.collectors.tools import Tools


def moved(tools: Tools, symbol: str, ts_ms: int | None, now_ms: int) -> bool:
    """Whether the number of `symbol` as of `ts_ms`, its source's own time, is new; from then on it is not.

    Where the source gives no time, every number is new. A time ahead of now is counted.
    """
    if ts_ms is None:
        return True
    known = tools.memory.load(f"time.{symbol}")
    # A time ahead of now comes from a clock that was wrong; it must not hold up what follows.
    if isinstance(known, int) and (ts_ms == known or ts_ms < known <= now_ms):
        return False
    tools.memory.save(f"time.{symbol}", ts_ms)
    if ts_ms > now_ms:
        tools.counters.add("collectors.clipped")
    return True
