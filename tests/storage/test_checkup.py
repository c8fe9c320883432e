"""Looking through the file of a copy that does not run."""

import hashlib

import pytest

from oculus.core.clock import SystemClock
from oculus.core.errors import LockedError, StorageError
from oculus.storage.file.checkup import examine
from oculus.storage.file.database import open_database
from oculus.storage.file.migrations import MIGRATIONS
from oculus.storage.settings import StorageSettings

ROWS = 200_000
HEADERS, BLOCK = 12288, 262144  # bytes, as DuckDB lays out its files
INSERT = f"""
    INSERT INTO metrics (ts, category, symbol, value, tags)
    SELECT make_timestamptz(i * 1_000_000), 'c', 's' || i % 7, hash(i) / 1e9, '{{}}' FROM range({ROWS}) t(i)
"""


@pytest.fixture
def filled(tmp_path):
    """A file with rows of two days and more, closed."""
    database = open_database(tmp_path, StorageSettings(), SystemClock())
    database.writing.execute(INSERT)
    database.close()
    return tmp_path / "oculus.db"


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_nothing_stored_yet_is_no_trouble(tmp_path):
    assert examine(tmp_path, StorageSettings(), deep=True) is None


def test_every_row_is_read_and_no_byte_is_changed(filled):
    before = digest(filled)
    quick = examine(filled.parent, StorageSettings(), deep=False)
    deep = examine(filled.parent, StorageSettings(), deep=True)
    assert (quick.rows, quick.version, quick.newest_ms) == (0, MIGRATIONS[-1].number, (ROWS - 1) * 1000)
    assert deep.rows >= ROWS + len(MIGRATIONS)
    assert digest(filled) == before
    assert [path.name for path in filled.parent.glob("*.owner")] == []


def test_damage_far_back_is_found_only_by_looking_deep(filled):
    spoil(filled, HEADERS + 2 * BLOCK + 5000)
    assert examine(filled.parent, StorageSettings(), deep=False) is not None
    with pytest.raises(StorageError, match=r"(?i)corrupt|checksum"):
        examine(filled.parent, StorageSettings(), deep=True)


def spoil(path, at):
    with path.open("r+b") as file:
        file.seek(at)
        file.write(bytes(1000))


def test_a_file_in_use_is_left_to_who_uses_it(filled):
    database = open_database(filled.parent, StorageSettings(), SystemClock())
    with pytest.raises(LockedError):
        examine(filled.parent, StorageSettings(), deep=True)
    database.close()
