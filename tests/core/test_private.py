"""What is made is for its owner only, and what is started for people is as they are used to."""

import os
import subprocess
import sys

import pytest

from oculus.core import private
from oculus.core.private import close_to_others, keep_private, usual_umask

pytestmark = pytest.mark.skipif(os.name != "posix", reason="this system has no such modes")


@pytest.fixture(autouse=True)
def umask(monkeypatch):
    """The one that most people have; put back at the end."""
    monkeypatch.setattr(private, "_usual", [])
    before = os.umask(0o022)
    yield
    os.umask(before)


def made(path):
    path.touch()
    return path.stat().st_mode & 0o777


def test_whatever_is_made_is_closed_to_others(tmp_path):
    assert made(tmp_path / "before") == 0o644
    keep_private()
    keep_private()
    assert made(tmp_path / "after") == 0o600


def test_a_program_for_people_makes_files_as_they_are_used_to(tmp_path):
    keep_private()
    code = "import pathlib, sys; pathlib.Path(sys.argv[1]).touch()"
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "saved")], umask=usual_umask(), check=True)
    assert (tmp_path / "saved").stat().st_mode & 0o777 == 0o644
    assert made(tmp_path / "after") == 0o600


def test_without_the_promise_nothing_is_changed(tmp_path):
    code = "import os; mask = os.umask(0); print(mask)"
    said = subprocess.run([sys.executable, "-c", code], umask=usual_umask(), check=True, capture_output=True)
    assert int(said.stdout) == 0o022


def test_a_file_that_was_open_is_closed_and_one_that_is_not_there_is_no_matter(tmp_path):
    made(tmp_path / "file")
    close_to_others(tmp_path / "file")
    close_to_others(tmp_path / "nothing")
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o600
