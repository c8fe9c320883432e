"""Bits that flip and files that are cut: Oculus starts, and either all is there or it says what is not.

Damage inside the large table, far from what a start reads, is found when it is read: by the daily backup, by
`oculus doctor --deep`, or by whoever asks for those rows; what is wrong is never given out as right.

One loss cannot be told: a write-ahead log that is cut at a place where nothing is half written looks like one
that never was longer. The numbers before the cut are kept.
"""

from __future__ import annotations

import random
import shutil
from contextlib import closing

import duckdb
import pytest

from oculus.core.clock import SystemClock
from oculus.core.errors import OculusError
from oculus.storage.file import schema
from oculus.storage.file.checkup import examine
from oculus.storage.file.database import open_database
from oculus.storage.settings import StorageSettings

ROWS, LATE_ROWS = 60_000, 5_000
FILL = """
    INSERT INTO metrics
    SELECT to_timestamp(1.7e9 + i * 10), 'c', 'c.s' || (i % 10), hash(i) % 1000003, '{}'
    FROM range($1, $2) t(i)
"""
ALL = "SELECT epoch_ms(ts), symbol, value FROM metrics ORDER BY ts"
WHOLE = [(1_700_000_000_000 + i * 10_000, f"c.s{i % 10}") for i in range(ROWS + LATE_ROWS)]


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """A folder as a killed copy left it: most rows in the file, the last ones in its log."""
    folder = tmp_path_factory.mktemp("original")
    shown = folder / "killed"
    shown.mkdir()
    with closing(open_database(folder, StorageSettings(), SystemClock())) as database:
        database.writing.execute(FILL, [0, ROWS])
        database.writing.execute("CHECKPOINT")
        for begin in range(ROWS, ROWS + LATE_ROWS, 100):
            database.writing.execute(FILL, [begin, begin + 100])
        for file in folder.glob("oculus.db*"):
            if file.suffix in (".db", ".wal"):
                shutil.copy(file, shown / file.name)
        values = database.cursor().execute(ALL).fetchall()
    assert [row[:2] for row in values] == WHOLE
    return shown, values


def flip(content, chance):
    for _ in range(chance.choice([1, 1, 8])):
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)


def cut(content, chance):
    del content[chance.randrange(len(content)) :]


def blank(content, chance):
    begin = chance.randrange(len(content))
    content[begin : begin + 4096] = bytes(len(content[begin : begin + 4096]))


def damaged(original, folder, name, harm, seed):
    shutil.copytree(original, folder)
    content = bytearray((folder / name).read_bytes())
    harm(content, random.Random(seed))
    (folder / name).write_bytes(content)


def found(folder):
    """(the rows, what was told at the start), or (None, the reason) when it does not give any out."""
    try:
        with closing(open_database(folder, StorageSettings(), SystemClock())) as database:
            told = [event.message for event in database.notices]
            try:
                return database.cursor().execute(ALL).fetchall(), told
            except duckdb.Error as error:
                return None, [*told, str(error)]
    except OculusError as error:
        return None, [str(error)]


def judge(folder, name, values):
    """What a start after the damage shows, against what was stored."""
    before = {file.name: file.read_bytes() for file in folder.glob("oculus.db*")}
    rows, told = found(folder)
    if rows is None:
        assert told, "nothing is given out and nothing is said"
        with pytest.raises(OculusError):  # and the deep look finds it, too
            examine(folder, StorageSettings(), deep=True)
        return
    if told:
        assert rows in (values, values[:ROWS], []), "what is left is a state that there was"
        kept = [file.read_bytes() for file in folder.glob("oculus.db.damaged-*")]
        assert before[name] in kept, "the damaged file is put aside as it was"
    elif name.endswith(".wal"):
        assert rows == values[: len(rows)], "commits are missing from the middle"
        assert len(rows) >= ROWS
        assert len(rows) % 100 == 0, "a commit is there in part"
    else:
        assert rows == values
    with closing(open_database(folder, StorageSettings(), SystemClock())) as again:
        assert schema.version(again.cursor()) == schema.MIGRATIONS[-1].number


HARMS = [
    pytest.param(name, harm, id=f"{harm.__name__} {name}")
    for name in ("oculus.db", "oculus.db.wal")
    for harm in (flip, cut, blank)
]


@pytest.mark.parametrize(("name", "harm"), HARMS)
def test_damage_is_told_or_harmless(original, tmp_path, name, harm):
    folder, values = original
    for seed in range(2):
        damaged(folder, tmp_path / str(seed), name, harm, seed)
        judge(tmp_path / str(seed), name, values)


@pytest.mark.crash
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("name", "harm"), HARMS)
def test_a_hundred_damages_of_each_kind_are_told_or_harmless(original, tmp_path, name, harm):
    folder, values = original
    for seed in range(100, 200):
        damaged(folder, tmp_path / str(seed), name, harm, seed)
        judge(tmp_path / str(seed), name, values)
        shutil.rmtree(tmp_path / str(seed))
