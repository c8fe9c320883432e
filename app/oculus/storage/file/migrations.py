"""The tables, as one numbered list of changes. A released change is never edited; the next one is added.

Table names are unqualified, times are TIMESTAMPTZ in UTC. There is no index on `ts`: rows are kept
in time order, so DuckDB's zone maps answer "the last hour" without one, at a third of the size.
"""

from __future__ import annotations

from typing import NamedTuple


class Migration(NamedTuple):
    number: int
    says: str
    sql: str


FIRST = """
    CREATE TABLE metrics (
        ts TIMESTAMPTZ NOT NULL,
        category VARCHAR NOT NULL DEFAULT 'default',
        symbol VARCHAR NOT NULL,
        value DOUBLE NOT NULL,
        tags JSON
    );
    CREATE SEQUENCE event_ids;
    CREATE TABLE events (
        id BIGINT PRIMARY KEY DEFAULT nextval('event_ids'),
        ts TIMESTAMPTZ NOT NULL,
        source VARCHAR NOT NULL,
        type VARCHAR NOT NULL CHECK (type IN ('alert', 'error', 'system', 'audit')),
        severity VARCHAR NOT NULL CHECK (severity IN ('info', 'warn', 'error', 'critical')),
        message VARCHAR NOT NULL,
        payload JSON
    );
    CREATE TABLE alerts (
        id BIGINT PRIMARY KEY,
        rule VARCHAR NOT NULL,
        instance VARCHAR NOT NULL,
        severity VARCHAR NOT NULL,
        state VARCHAR NOT NULL,
        message VARCHAR NOT NULL,
        value DOUBLE,
        threshold DOUBLE,
        worst DOUBLE,
        started_at TIMESTAMPTZ NOT NULL,
        fired_at TIMESTAMPTZ NOT NULL,
        ended_at TIMESTAMPTZ,
        acknowledged_at TIMESTAMPTZ,
        tags JSON
    );
    CREATE TABLE alert_states (
        rule VARCHAR NOT NULL,
        instance VARCHAR NOT NULL,
        state VARCHAR NOT NULL,
        since_at TIMESTAMPTZ NOT NULL,
        body JSON,
        PRIMARY KEY (rule, instance)
    );
    CREATE TABLE deliveries (
        id BIGINT PRIMARY KEY,
        event_id BIGINT NOT NULL,
        alert_id BIGINT NOT NULL,
        channel VARCHAR NOT NULL,
        news VARCHAR NOT NULL,
        state VARCHAR NOT NULL,
        attempts INTEGER NOT NULL,
        created_at TIMESTAMPTZ NOT NULL,
        next_at TIMESTAMPTZ NOT NULL,
        sent_at TIMESTAMPTZ,
        expires_at TIMESTAMPTZ NOT NULL,
        last_error VARCHAR NOT NULL DEFAULT '',
        body JSON
    );
"""
CHANNEL_NOTES = """
    CREATE TABLE channel_notes (
        channel VARCHAR NOT NULL,
        alert_id BIGINT NOT NULL,
        note VARCHAR NOT NULL,
        kept_at TIMESTAMPTZ NOT NULL,
        PRIMARY KEY (channel, alert_id)
    );
"""
REMEMBERED = """
    CREATE TABLE remembered (
        name VARCHAR PRIMARY KEY,
        body VARCHAR NOT NULL,
        kept_at TIMESTAMPTZ NOT NULL
    );
    CREATE TABLE daily_closes (
        symbol VARCHAR NOT NULL,
        day DATE NOT NULL,
        close DOUBLE NOT NULL,
        source VARCHAR NOT NULL,
        PRIMARY KEY (symbol, day)
    );
"""
TABLE_FILES = """
    CREATE TABLE table_files (
        file VARCHAR PRIMARY KEY,
        name VARCHAR NOT NULL,
        bytes BIGINT NOT NULL,
        modified_ns BIGINT NOT NULL,
        loaded_at TIMESTAMPTZ NOT NULL
    );
"""
SILENCES = """
    CREATE TABLE silences (
        rule VARCHAR PRIMARY KEY,
        until_at TIMESTAMPTZ NOT NULL,
        made_at TIMESTAMPTZ NOT NULL
    );
"""
GAPS = """
    CREATE TABLE gaps (
        from_at TIMESTAMPTZ NOT NULL,
        to_at TIMESTAMPTZ,
        reason VARCHAR NOT NULL
    );
"""
ROLLUPS = """
    CREATE TABLE metrics_1m (
        ts TIMESTAMPTZ NOT NULL,
        category VARCHAR NOT NULL,
        symbol VARCHAR NOT NULL,
        "count" BIGINT NOT NULL,
        "min" DOUBLE NOT NULL,
        "max" DOUBLE NOT NULL,
        "avg" DOUBLE NOT NULL,
        "first" DOUBLE NOT NULL,
        "last" DOUBLE NOT NULL,
        "stddev" DOUBLE
    );
    CREATE TABLE metrics_1h AS FROM metrics_1m;
    CREATE TABLE metrics_1d AS FROM metrics_1m;
    CREATE TABLE rollup_marks (
        name VARCHAR NOT NULL,
        kept_from_at TIMESTAMPTZ,
        rolled_until_at TIMESTAMPTZ
    );
    INSERT INTO rollup_marks (name) VALUES ('metrics'), ('metrics_1m'), ('metrics_1h'), ('metrics_1d');
"""

# The other columns of a minute of one or two numbers follow from the first and the last, so the table leaves
# them NULL: 7 bytes a row in the place of 23. Beyond 1e38 a FLOAT has no room.
SMALLER_MINUTES = """
    CREATE TABLE metrics_1m_stored (
        ts TIMESTAMPTZ NOT NULL,
        category VARCHAR NOT NULL,
        symbol VARCHAR NOT NULL,
        "count" BIGINT NOT NULL,
        "first" DOUBLE NOT NULL,
        "last" DOUBLE NOT NULL,
        "min" DOUBLE,
        "max" DOUBLE,
        "avg" DOUBLE,
        "stddev" FLOAT
    );
    INSERT INTO metrics_1m_stored
    SELECT ts, category, symbol, "count", "first", "last",
        CASE WHEN "min" <> least("first", "last") THEN "min" END,
        CASE WHEN "max" <> greatest("first", "last") THEN "max" END,
        CASE WHEN "avg" <> "first" / 2 + "last" / 2 THEN "avg" END,
        CASE WHEN "stddev" < 1e38
                AND ("count" <> 2 OR abs("stddev" - abs("first" - "last") / sqrt(2)) > 1e-9 * "stddev")
            THEN "stddev"::FLOAT END
    FROM metrics_1m;
    DROP TABLE metrics_1m;
    CREATE VIEW metrics_1m AS
    SELECT ts, category, symbol, "count",
        coalesce("min", least("first", "last")) AS "min",
        coalesce("max", greatest("first", "last")) AS "max",
        coalesce("avg", "first" / 2 + "last" / 2) AS "avg",
        "first", "last",
        CASE WHEN "stddev" IS NOT NULL THEN "stddev"::DOUBLE
            WHEN "count" = 2 AND greatest(abs("first"), abs("last")) < 1e150
            THEN abs("first" - "last") / sqrt(2) END AS "stddev"
    FROM metrics_1m_stored;
"""

MIGRATIONS: list[Migration] = [
    Migration(1, "metrics, events, alerts and deliveries", FIRST),
    Migration(2, "what channels remember of their messages", CHANNEL_NOTES),
    Migration(3, "what collectors keep beyond a run, and daily closes", REMEMBERED),
    Migration(4, "which files are tables", TABLE_FILES),
    Migration(5, "snoozes", SILENCES),
    Migration(6, "when nobody was watching", GAPS),
    Migration(7, "rollups by minute, hour and day", ROLLUPS),
    Migration(8, "minutes in a third of the room", SMALLER_MINUTES),
]
