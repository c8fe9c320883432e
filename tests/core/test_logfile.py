import logging
import os
from datetime import date, datetime, timedelta

import pytest

from oculus.core.logfile import DailyFile


class Calendar:
    def __init__(self):
        self.day = date(2026, 3, 28)

    def __call__(self):
        return self.day

    def pass_days(self, days=1):
        self.day += timedelta(days=days)


@pytest.fixture
def calendar():
    return Calendar()


@pytest.fixture
def open_file(tmp_path, calendar):
    files = []

    def start(keep_days=14):
        files.append(DailyFile(tmp_path / "logs" / "oculus.log", keep_days, calendar))
        return files[-1]

    yield start
    for file in files:
        file.close()


def write(file, text):
    file.handle(logging.makeLogRecord({"msg": text}))


def names(tmp_path):
    return sorted(path.name for path in (tmp_path / "logs").iterdir())


def test_a_new_day_begins_a_new_file(open_file, calendar, tmp_path):
    file = open_file()
    write(file, "saturday")
    calendar.pass_days()
    write(file, "sunday")
    assert names(tmp_path) == ["oculus.log", "oculus.log.2026-03-28"]
    assert (tmp_path / "logs/oculus.log").read_text() == "sunday\n"
    assert (tmp_path / "logs/oculus.log.2026-03-28").read_text() == "saturday\n"


def test_files_older_than_keep_days_go_and_others_stay(open_file, calendar, tmp_path):
    file = open_file(keep_days=2)
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "oculus.log.notes").touch()
    for _ in range(5):
        write(file, "x")
        calendar.pass_days()
    write(file, "x")
    assert names(tmp_path) == [
        "oculus.log",
        "oculus.log.2026-03-31",
        "oculus.log.2026-04-01",
        "oculus.log.notes",
    ]


def test_a_file_left_by_an_earlier_run_is_put_aside_under_its_own_day(open_file, calendar, tmp_path):
    path = tmp_path / "logs" / "oculus.log"
    path.parent.mkdir()
    path.write_text("old\n")
    noon = datetime(2026, 3, 20, 12).timestamp()  # noqa: DTZ001, the person's own day is meant
    os.utime(path, (noon, noon))
    write(open_file(), "new")
    assert names(tmp_path) == ["oculus.log", "oculus.log.2026-03-20"]
    assert path.read_text() == "new\n"


def test_a_file_of_the_same_day_is_gone_on_with(open_file, calendar, tmp_path):
    first, path = open_file(), tmp_path / "logs" / "oculus.log"
    write(first, "before the restart")
    first.close()
    noon = datetime(2026, 3, 28, 12).timestamp()  # noqa: DTZ001, the person's own day is meant
    os.utime(path, (noon, noon))
    write(open_file(), "after it")
    assert path.read_text() == "before the restart\nafter it\n"


def test_no_day_is_written_over_when_the_clock_was_set_back(open_file, calendar, tmp_path):
    file = open_file()
    write(file, "first")
    calendar.pass_days()
    write(file, "second")
    calendar.pass_days(-1)
    write(file, "third")
    calendar.pass_days()
    write(file, "fourth")
    kept = [(tmp_path / "logs" / name).read_text() for name in names(tmp_path)]
    assert sorted(kept) == ["first\n", "fourth\n", "second\n", "third\n"]
