"""Opening the file: alone, at the right version, whole or replaced by the best that is left."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import duckdb
import pytest

from oculus.core.clock import SystemClock
from oculus.core.errors import LockedError, StorageError
from oculus.core.event import Severity
from oculus.storage.file import schema
from oculus.storage.file.copies import copy_database
from oculus.storage.file.database import open_database
from oculus.storage.file.lock import holder
from oculus.storage.file.migrations import Migration
from oculus.storage.file.recovery import daily_backup
from oculus.storage.settings import StorageSettings
from oculus.storage.upkeep.upkeep import Upkeep
from oculus.storage.writing.writer import Writer

INSERT = "INSERT INTO metrics SELECT make_timestamptz(i * 1000000), 'c', 's', i, '{}' FROM range(?, ?) t(i)"


def opened(folder):
    return open_database(folder, StorageSettings(), SystemClock())


def values(database):
    return database.cursor().execute("SELECT count(*) FROM metrics").fetchall()[0][0]


def others(folder, part):
    return sorted(path.name for path in folder.iterdir() if part in path.name)


# Lock


def test_a_second_copy_is_told_which_process_holds_the_file_and_where_its_pages_are(database, tmp_path):
    database.announce("http://127.0.0.1:8420")
    with pytest.raises(LockedError) as locked:
        opened(tmp_path)
    assert locked.value.pid == os.getpid()
    assert locked.value.address == "http://127.0.0.1:8420"
    assert str(os.getpid()) in str(locked.value)
    assert "http://127.0.0.1:8420" in str(locked.value)
    found = holder(tmp_path)
    assert found is not None
    assert found.pid == os.getpid()


def test_the_file_is_free_once_it_is_closed(tmp_path):
    opened(tmp_path).close()
    assert holder(tmp_path) is None
    opened(tmp_path).close()


def test_the_lock_of_a_process_that_was_killed_holds_nobody_up(tmp_path):
    code = f"""
import os, signal
from pathlib import Path
from oculus.core.clock import SystemClock
from oculus.storage.file.database import open_database
from oculus.storage.settings import StorageSettings
database = open_database(Path({str(tmp_path)!r}), StorageSettings(), SystemClock())
database.announce("http://gone")
os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", code], check=False)
    assert done.returncode == -signal.SIGKILL
    assert others(tmp_path, ".owner")
    assert holder(tmp_path) is None
    opened(tmp_path).close()


def test_a_file_open_in_another_program_is_left_alone(tmp_path):
    opened(tmp_path).close()
    path = str(tmp_path / "oculus.db")
    code = f"import duckdb, sys; c = duckdb.connect({path!r}); print('open', flush=True); sys.stdin.read()"
    other = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert other.stdout is not None
    other.stdout.readline()
    with pytest.raises(LockedError) as locked:
        opened(tmp_path)
    other.communicate()
    assert locked.value.pid == other.pid
    assert others(tmp_path, "damaged") == []


def test_the_files_are_for_their_owner_only(database, tmp_path):
    for name in ("oculus.db", "oculus.db.owner", "oculus.db.lock"):
        assert (tmp_path / name).stat().st_mode & 0o077 == 0


@pytest.mark.skipif(os.name != "posix", reason="this system has no such modes")
def test_files_that_were_open_to_others_are_closed(tmp_path):
    database = opened(tmp_path)
    database.writing.execute("CREATE TABLE t (a INT)")
    for file in ("oculus.db", "oculus.db.wal"):
        (tmp_path / file).chmod(0o644)
    shutil.copytree(tmp_path, tmp_path / "copy")  # as a backup unpacks them
    database.close()
    again = opened(tmp_path / "copy")
    assert [f.name for f in (tmp_path / "copy").glob("oculus.db*") if f.stat().st_mode & 0o077] == []
    again.close()


def test_the_note_of_who_holds_the_file_goes_with_him(tmp_path):
    database = opened(tmp_path)
    assert (tmp_path / "oculus.db.owner").exists()
    database.close()
    assert not (tmp_path / "oculus.db.owner").exists()


def test_no_note_is_left_when_the_opening_fails(tmp_path):
    (tmp_path / "oculus.db").mkdir()  # nothing that DuckDB could open
    with pytest.raises(StorageError):
        opened(tmp_path)
    assert not (tmp_path / "oculus.db.owner").exists()


AS_SOMEBODY = """
import os, sys
from pathlib import Path
from oculus.core.clock import SystemClock
from oculus.core.errors import StorageError
from oculus.storage.file.database import open_database
from oculus.storage.settings import StorageSettings
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
try:
    open_database(Path(sys.argv[1]), StorageSettings(), SystemClock())
except StorageError as error:
    print(error)
"""


@pytest.fixture
def somebody():
    """Opens a folder as a person who may read but not write it, and returns what they are told."""
    folder = Path(tempfile.mkdtemp())

    def tries():
        folder.chmod(0o555)
        done = subprocess.run(
            [sys.executable, "-c", AS_SOMEBODY, str(folder)], capture_output=True, text=True
        )
        folder.chmod(0o755)
        assert done.returncode == 0, done.stderr
        return done.stdout

    yield folder, tries
    shutil.rmtree(folder)


def test_a_folder_that_cannot_be_written_is_named(somebody):
    folder, tries = somebody
    said = tries()
    assert str(folder) in said
    assert "--data" in said


def test_a_file_that_cannot_be_written_is_named_and_is_not_damaged(somebody):
    folder, tries = somebody
    opened(folder).close()
    (folder / "oculus.db").chmod(0o444)
    (folder / "oculus.db.lock").chmod(0o666)
    assert "Permission denied" in tries()
    assert others(folder, "damaged") == []


def test_a_data_folder_that_is_a_file_is_named(tmp_path):
    (tmp_path / "data").write_text("no folder")
    with pytest.raises(StorageError, match="data"):
        opened(tmp_path / "data")


# Cursors


def test_every_thread_has_a_cursor_of_its_own(database):
    found = [database.cursor(), database.cursor()]
    thread = threading.Thread(target=lambda: found.append(database.cursor()))
    thread.start()
    thread.join()
    assert found[0] is found[1]
    assert found[0] is not found[2]
    assert database.writing not in found


def test_times_are_utc_whatever_the_machine_says(database):
    assert database.cursor().execute("SELECT current_setting('TimeZone')").fetchall() == [("UTC",)]


def test_a_closed_database_says_so(tmp_path):
    database = opened(tmp_path)
    database.close()
    with pytest.raises(StorageError, match="not open"):
        database.fresh_cursor()


def test_after_reopening_everybody_gets_a_new_cursor(database):
    database.writing.execute(INSERT, [0, 5])
    old = database.cursor()
    database.reopen()
    assert database.cursor() is not old
    assert values(database) == 5


# Versions


@pytest.fixture
def next_version(monkeypatch):
    number = schema.MIGRATIONS[-1].number + 1
    change = Migration(number, "a colour for every event", "ALTER TABLE events ADD COLUMN colour VARCHAR")
    monkeypatch.setattr(schema, "MIGRATIONS", [*schema.MIGRATIONS, change])
    return number


def test_a_new_file_has_all_tables_and_says_its_version(database):
    assert {"metrics", "events", "alerts", "alert_states", "deliveries", "schema_version"} <= schema.tables(
        database.cursor()
    )
    assert schema.version(database.cursor()) == schema.MIGRATIONS[-1].number


def test_metrics_and_events_have_exactly_the_promised_columns(database):
    def columns(table):
        return [row[:2] for row in database.cursor().execute(f"DESCRIBE {table}").fetchall()]

    time = "TIMESTAMP WITH TIME ZONE"
    assert columns("metrics") == [
        ("ts", time), ("category", "VARCHAR"), ("symbol", "VARCHAR"), ("value", "DOUBLE"), ("tags", "JSON"),
    ]  # fmt: skip
    assert columns("events") == [
        ("id", "BIGINT"), ("ts", time), ("source", "VARCHAR"), ("type", "VARCHAR"), ("severity", "VARCHAR"),
        ("message", "VARCHAR"), ("payload", "JSON"),
    ]  # fmt: skip


def test_the_numbers_of_the_changes_go_up_one_by_one():
    assert [change.number for change in schema.MIGRATIONS] == list(range(1, len(schema.MIGRATIONS) + 1))


def test_an_older_file_is_kept_as_a_copy_and_brought_up_to_date(tmp_path, request):
    database = opened(tmp_path)
    database.writing.execute(INSERT, [0, 5])
    database.close()
    before = schema.MIGRATIONS[-1].number
    request.getfixturevalue("next_version")
    database = opened(tmp_path)
    assert schema.version(database.cursor()) == before + 1
    assert values(database) == 5
    database.close()
    with duckdb.connect(str(tmp_path / f"oculus.db.v{before}.bak"), read_only=True) as kept:
        assert kept.execute("SELECT max(version) FROM schema_version").fetchall() == [(before,)]
        assert kept.execute("SELECT count(*) FROM metrics").fetchall() == [(5,)]


def test_a_new_file_needs_no_copy(tmp_path):
    opened(tmp_path).close()
    assert others(tmp_path, ".bak") == []


def test_a_change_that_fails_leaves_the_file_as_it_was(tmp_path, monkeypatch):
    opened(tmp_path).close()
    before = schema.MIGRATIONS[-1].number
    bad = Migration(before + 1, "nonsense", "CREATE TABLE half (a INT); ALTER TABLE nothing ADD COLUMN b INT")
    with monkeypatch.context() as patched:
        patched.setattr(schema, "MIGRATIONS", [*schema.MIGRATIONS, bad])
        with pytest.raises(StorageError, match="nonsense"):
            opened(tmp_path)
    database = opened(tmp_path)
    assert schema.version(database.cursor()) == before
    assert "half" not in schema.tables(database.cursor())
    database.close()


def test_a_file_from_a_newer_oculus_is_refused_and_not_touched(tmp_path):
    database = opened(tmp_path)
    database.writing.execute("INSERT INTO schema_version (version, says) VALUES (99, 'the future')")
    database.close()
    before = (tmp_path / "oculus.db").read_bytes()
    with pytest.raises(StorageError, match=r"newer Oculus.*99"):
        opened(tmp_path)
    assert (tmp_path / "oculus.db").read_bytes() == before
    assert others(tmp_path, "damaged") == []
    assert holder(tmp_path) is None


def test_a_file_of_another_program_is_refused_and_not_touched(tmp_path):
    with duckdb.connect(str(tmp_path / "oculus.db")) as other:
        other.execute("CREATE TABLE cats (name VARCHAR)")
    with pytest.raises(StorageError, match="another program"):
        opened(tmp_path)
    assert others(tmp_path, "damaged") == []


# Damage


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """A folder whose database has 100,000 rows in the file and 500 in the log, as a killed copy leaves it."""
    folder = tmp_path_factory.mktemp("killed")
    code = f"""
import os, signal
from pathlib import Path
from oculus.core.clock import SystemClock
from oculus.storage.file.database import open_database
from oculus.storage.settings import StorageSettings
database = open_database(Path({str(folder)!r}), StorageSettings(), SystemClock())
database.writing.execute({INSERT!r}, [0, 100000])
database.writing.execute("CHECKPOINT")
for n in range(100000, 100500, 100):
    database.writing.execute({INSERT!r}, [n, n + 100])
os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", code], check=False)
    return folder


@pytest.fixture
def folder(killed, tmp_path):
    target = tmp_path / "data"
    shutil.copytree(killed, target)
    return target


def truncate(path, share):
    with path.open("r+b") as file:
        file.truncate(int(path.stat().st_size * share))


def spoil(path, offset, length=64):
    with path.open("r+b") as file:
        file.seek(offset if offset >= 0 else path.stat().st_size + offset)
        file.write(os.urandom(length))


def test_a_killed_copy_left_everything_that_was_committed(folder):
    database = opened(folder)
    assert values(database) == 100_500
    assert database.notices == []
    database.close()


DAMAGES = {
    "cut to nothing": lambda file: truncate(file, 0),
    "cut to a hundredth": lambda file: truncate(file, 0.01),
    "cut in half": lambda file: truncate(file, 0.5),
    "no database at all": lambda file: file.write_text("hello " * 5000),
    "a spoilt beginning": lambda file: spoil(file, 0),
    "spoilt headers": lambda file: spoil(file, 4096, 8192),
    "spoilt tables": lambda file: spoil(file, 12_288, 300_000),
}


@pytest.mark.parametrize("damage", DAMAGES, ids=str)
def test_a_damaged_file_is_kept_told_of_and_replaced_by_an_empty_one(folder, damage):
    DAMAGES[damage](folder / "oculus.db")
    spoilt = (folder / "oculus.db").read_bytes()
    database = opened(folder)
    [notice] = database.notices
    assert notice.severity is Severity.CRITICAL
    kept = folder / notice.payload["kept"]
    assert kept.read_bytes() == spoilt
    assert kept.with_name(f"{kept.name}.wal").exists()
    assert kept.name in notice.message
    assert values(database) == 0
    database.writing.execute(INSERT, [0, 3])
    database.close()
    database = opened(folder)
    assert values(database) == 3
    assert database.notices == []
    database.close()


@pytest.mark.parametrize("damage", DAMAGES, ids=str)
def test_a_damaged_file_is_replaced_by_the_last_good_backup(folder, damage):
    database = opened(folder)
    copy_database(database.fresh_cursor(), database.path, daily_backup(database.path))
    database.writing.execute(INSERT, [200_000, 200_007])
    database.close()
    backup = daily_backup(folder / "oculus.db").read_bytes()
    DAMAGES[damage](folder / "oculus.db")
    database = opened(folder)
    [notice] = database.notices
    assert "backup" in notice.message
    assert values(database) == 100_500
    assert daily_backup(database.path).read_bytes() == backup
    database.close()


def test_a_damaged_log_costs_what_was_in_it_and_nothing_else(folder):
    spoil(folder / "oculus.db.wal", -40, 16)
    database = opened(folder)
    [notice] = database.notices
    assert "last checkpoint" in notice.message
    assert values(database) == 100_000
    assert len(others(folder, "damaged")) == 2
    database.close()


def test_a_log_of_another_database_is_put_aside(folder, tmp_path):
    other = opened(tmp_path / "other")
    other.close()
    shutil.copy(tmp_path / "other" / "oculus.db", folder / "oculus.db")
    database = opened(folder)
    assert len(database.notices) == 1
    assert others(folder, "damaged")
    database.close()


def test_a_log_without_its_file_is_put_aside_not_deleted(folder):
    log = (folder / "oculus.db.wal").read_bytes()
    (folder / "oculus.db").unlink()
    database = opened(folder)
    [notice] = database.notices
    assert "missing" in notice.message
    kept = folder / f"{notice.payload['kept']}.wal"
    assert kept.read_bytes() == log
    database.close()


def test_a_copy_beside_a_file_that_is_gone_is_told_of_and_kept_from_the_next_one(tmp_path):
    opened(tmp_path).close()
    backup = tmp_path / "oculus.db.daily.bak"
    (tmp_path / "oculus.db").rename(backup)
    good = backup.read_bytes()
    database = opened(tmp_path)
    [notice] = database.notices
    database.close()
    assert notice.message.startswith("oculus.db was missing; Oculus has begun an empty one. oculus.db.kept-")
    assert (tmp_path / notice.payload["kept"]).read_bytes() == good
    assert not backup.exists()  # where tonight's copy will lie


@pytest.mark.parametrize("share", [0, 0.3, 0.7, 0.99])
def test_a_log_cut_short_by_a_power_failure_keeps_what_was_whole(folder, share):
    truncate(folder / "oculus.db.wal", share)
    database = opened(folder)
    assert values(database) == 100_000 + int(share * 5) * 100
    database.close()


def test_a_damaged_backup_is_passed_over_for_the_next(folder):
    database = opened(folder)
    copy_database(database.fresh_cursor(), database.path, folder / "oculus.db.v1.bak")
    database.close()
    daily_backup(folder / "oculus.db").write_text("broken, too")
    truncate(folder / "oculus.db", 0.5)
    database = opened(folder)
    assert values(database) == 100_500
    assert daily_backup(database.path).read_text() == "broken, too"
    database.close()


def test_two_damages_are_kept_apart(folder):
    clock = SystemClock()
    clock.now_ms = lambda: 1_767_268_800_000  # type: ignore[method-assign]
    for text in ("first", "second"):
        (folder / "oculus.db").write_text(text * 3000)
        open_database(folder, StorageSettings(), clock).close()
    assert others(folder, "damaged") == [
        "oculus.db.damaged-20260101T120000Z",
        "oculus.db.damaged-20260101T120000Z-2",
        "oculus.db.damaged-20260101T120000Z.wal",
    ]


def test_what_happened_at_the_start_becomes_an_event(folder, counters, clock):
    truncate(folder / "oculus.db", 0.5)
    database = opened(folder)
    writer = Writer(database, counters, clock)
    writer.step()
    [(severity, message)] = database.cursor().execute("SELECT severity, message FROM events").fetchall()
    assert severity == "critical"
    assert "kept as" in message
    database.close()


OLD_BLOCK = """
    SELECT min(block_id) FROM pragma_storage_info('metrics')
    WHERE row_group_id = 0 AND column_name = 'value' AND block_id >= 0
"""


def test_damage_that_opening_does_not_reveal_is_found_by_the_daily_backup(
    tmp_path, counters, clock, eventually
):
    database = opened(tmp_path)
    database.writing.execute(INSERT.replace("'s', i,", "'s', random(),"), [0, 300_000])
    database.writing.execute("CHECKPOINT")
    copy_database(database.fresh_cursor(), database.path, daily_backup(database.path))
    [(block,)] = database.cursor().execute(OLD_BLOCK).fetchall()
    database.close()
    good = daily_backup(database.path).read_bytes()
    spoil(database.path, 12_288 + block * 262_144 + 1000)
    database = opened(tmp_path)
    assert database.notices == []
    writer = Writer(database, counters, clock)
    writer.start()
    upkeep = Upkeep(writer, StorageSettings(), clock)
    upkeep.tidy()
    told = "SELECT severity, message FROM events WHERE type = 'error'"
    eventually(lambda: database.cursor().execute(told).fetchall())
    [(severity, message)] = database.cursor().execute(told).fetchall()
    assert severity == "critical"
    assert "oculus.db.daily.bak" in message
    assert upkeep.damage == message
    assert daily_backup(database.path).read_bytes() == good
    writer.stop()
    database.close()


def test_leftovers_of_a_killed_copy_are_cleared(folder):
    for name in (
        "oculus.db.copying",
        "oculus.db.copying.wal",
        "oculus.db.exporting",
        "oculus.db.daily.bak.part",
    ):
        (folder / name).write_text("half")
    (folder / "oculus.db.tmp").mkdir()
    opened(folder).close()
    assert [others(folder, left) for left in ("copying", "exporting", ".tmp", ".part")] == [[], [], [], []]


def test_no_room_is_not_damage(folder, monkeypatch):
    def full(*_, **__):
        raise duckdb.IOException("IO Error: Failure while replaying WAL file: No space left on device")

    monkeypatch.setattr(duckdb, "connect", full)
    with pytest.raises(StorageError, match="No space left"):
        opened(folder)
    assert others(folder, "damaged") == []
    assert Path(folder / "oculus.db").exists()
