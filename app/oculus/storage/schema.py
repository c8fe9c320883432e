"""The tables, as one numbered list of changes. A released change is never edited; the next one is added.

Table names are unqualified, times are TIMESTAMPTZ in UTC. There is no index on `ts`: rows are kept
in time order, so DuckDB's zone maps answer "the last hour" without one, at a third of the size.
"""

from __future__ import annotations

from typing import NamedTuple

import duckdb

from oculus.core.errors import StorageError
from oculus.storage.connection import one


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

VERSIONS = """
    CREATE TABLE IF NOT EXISTS schema_version (
        version INTEGER PRIMARY KEY, says VARCHAR NOT NULL, applied_at TIMESTAMPTZ NOT NULL DEFAULT now()
    )
"""
UNFINISHED = "oculus_unfinished_table"  # of a file that is being read
TABLES = """
    SELECT table_name FROM duckdb_tables() WHERE NOT internal AND NOT temporary
    UNION ALL SELECT view_name FROM duckdb_views() WHERE NOT internal AND NOT temporary
"""


def tables(cursor: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """The names of all tables and views."""
    return frozenset(name for (name,) in cursor.execute(TABLES).fetchall())


def own_tables(cursor: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """The names of those that do not come from somebody's files (tables.py)."""
    names = tables(cursor)
    return names - set(from_files(cursor)) - {UNFINISHED} if "table_files" in names else names


def from_files(cursor: duckdb.DuckDBPyConnection) -> list[str]:
    return [str(name) for (name,) in cursor.execute("SELECT name FROM table_files").fetchall()]


def drop_tables_from_files(cursor: duckdb.DuckDBPyConnection) -> None:
    """They might stand in the way of new tables of ours. They are read again from their files."""
    if "table_files" in tables(cursor):
        for name in from_files(cursor):
            cursor.execute(f'DROP TABLE IF EXISTS "{name}"')
        cursor.execute("DELETE FROM table_files")


def version(cursor: duckdb.DuckDBPyConnection) -> int:
    """The number of the last change made to this file; 0 when it is empty.

    Raises StorageError when the file belongs to some other program.
    """
    names = tables(cursor)
    if not names:
        return 0
    if "schema_version" not in names:
        raise StorageError(
            "the database file holds tables of another program",
            "Choose another name with storage.path, or another folder with --data.",
        )
    return int(one(cursor, "SELECT coalesce(max(version), 0) FROM schema_version")[0])


def pending(present: int, known: list[Migration] | None = None) -> list[Migration]:
    """The changes still to be made to a file at version `present`.

    Raises StorageError when the file is newer than this program.
    """
    known = MIGRATIONS if known is None else known
    if present > known[-1].number:
        raise StorageError(
            f"the database was written by a newer Oculus (its version is {present}, "
            f"this program knows up to {known[-1].number})",
            "Update Oculus, or give this one its own folder with --data.",
        )
    return [change for change in known if change.number > present]


def apply(cursor: duckdb.DuckDBPyConnection, changes: list[Migration]) -> None:
    """Make the changes, each with its number in one transaction."""
    for change in changes:
        cursor.begin()
        try:
            drop_tables_from_files(cursor)
            cursor.execute(VERSIONS)
            cursor.execute(change.sql)
            cursor.execute(
                "INSERT INTO schema_version (version, says) VALUES (?, ?)", [change.number, change.says]
            )
            cursor.commit()
        except duckdb.Error as error:
            cursor.rollback()
            raise StorageError(
                f"the database could not be brought to version {change.number} ({change.says}): {error}",
                "Nothing was changed. Free some disk space if it is full, then start again.",
            ) from error
