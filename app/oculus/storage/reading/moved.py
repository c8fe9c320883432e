"""What moved: the series that depart most from how they usually are at this hour."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import msgspec
from msgspec import Struct

from oculus.core.alert import Alert
from oculus.storage.file.batch import as_json

MINUTE_US, DAY_US = 60_000_000, 86_400_000_000
RECENT_US, HOUR_US = 15 * MINUTE_US, 60 * MINUTE_US
DAYS = 7
LEAST = 5  # samples; of what is known less, nothing is usual
# A robust z-score: how many times its usual spread the median of the last minutes is away from the usual
# median. What hardly ever moves has a spread of a hundredth of its value, or no score would be large enough.
MOVED = """
    WITH recent AS (
        SELECT symbol, median(value) AS now FROM metrics
        WHERE ts > make_timestamptz($now - $recent) AND ts <= make_timestamptz($now)
            AND NOT starts_with(symbol, 'oculus.')
        GROUP BY symbol
    ), usual AS (
        SELECT symbol, median(value) AS usual, mad(value) AS spread FROM metrics
        WHERE {hours}
        GROUP BY symbol HAVING count(*) >= $least
    )
    SELECT symbol, now, usual, (now - usual) / greatest(1.4826 * spread, abs(usual) / 100, 1e-9) AS score
    FROM recent JOIN usual USING (symbol)
    WHERE now <> usual ORDER BY abs(score) DESC, symbol LIMIT $limit
"""
HOUR = "(ts > make_timestamptz($now - {back} - $hour) AND ts <= make_timestamptz($now - {back}))"
NOTE = """
    UPDATE events SET payload = json_merge_patch(payload, json_object('moved', $moved::JSON))
    WHERE type = 'alert' AND ts >= make_timestamptz($since) AND payload->>'news' = 'FIRED'
        AND (payload->>'alert_id')::BIGINT = $alert
"""
OF_ALERT = """
    SELECT payload->'moved' FROM events
    WHERE type = 'alert' AND source = $source AND (payload->>'alert_id')::BIGINT = $alert
        AND json_exists(payload, '$.moved')
    ORDER BY ts LIMIT 1
"""


class Moved(Struct, frozen=True):
    """A series, its median of the last 15 minutes, its usual one, and how many spreads lie between them."""

    symbol: str
    value: float
    usual: float
    score: float


def moved(cursor: duckdb.DuckDBPyConnection, now_ms: int, limit: int) -> list[Moved]:
    """The last 15 minutes against the same hour of the last 7 days; what moved most comes first."""
    hours = " OR ".join(HOUR.format(back=day * DAY_US) for day in range(1, DAYS + 1))
    given = {
        "now": now_ms * 1000,
        "recent": RECENT_US,
        "hour": HOUR_US,
        "least": LEAST,
        "limit": limit,
    }
    return [Moved(*row) for row in cursor.execute(MOVED.format(hours=hours), given).fetchall()]


def note(cursor: duckdb.DuckDBPyConnection, alert: int, fired_ms: int, found: Sequence[Moved]) -> None:
    """Put it into the payload of the events by which an alert fired. On the writer's thread."""
    cursor.execute(NOTE, {"moved": as_json(list(found)), "since": fired_ms * 1000, "alert": alert})


def of_alert(cursor: duckdb.DuckDBPyConnection, alert: Alert) -> list[Moved]:
    """What was noted when it fired."""
    given = {"source": f"rule.{alert.rule}", "alert": alert.id}
    rows = cursor.execute(OF_ALERT, given).fetchall()
    return msgspec.json.decode(rows[0][0], type=list[Moved]) if rows else []
