"""The tables that people ask have the columns they were promised, and more at most."""

import pytest

PROMISED = {
    "deliveries": {
        "id", "event_id", "alert_id", "channel", "news", "state", "attempts", "created_at", "next_at",
        "sent_at",
        "expires_at", "last_error",
    },
    "gaps": {"from_at", "to_at", "reason"},
    "daily_closes": {"symbol", "day", "close", "source"},
    "metrics_1m": {"ts", "category", "symbol", "count", "min", "max", "avg", "first", "last", "stddev"},
    "metrics_1h": {"ts", "category", "symbol", "count", "min", "max", "avg", "first", "last", "stddev"},
    "metrics_1d": {"ts", "category", "symbol", "count", "min", "max", "avg", "first", "last", "stddev"},
    "alerts": {"id", "rule", "instance", "severity"},
    "alert_states": {"rule", "instance"},
    "silences": set(),
    "schema_version": set(),
}  # fmt: skip


@pytest.mark.parametrize("table", PROMISED)
def test_a_table_has_its_promised_columns(database, table):
    rows = database.cursor().execute(f"DESCRIBE {table}").fetchall()
    assert {row[0] for row in rows} >= PROMISED[table]
    assert rows
