import os
import stat
import sys

import pytest

from oculus.core import paths


def test_the_environment_says_where_the_data_lies(monkeypatch, tmp_path):
    monkeypatch.setenv("OCULUS_DATA", str(tmp_path))
    assert paths.data_folder() == tmp_path
    monkeypatch.setenv("OCULUS_DATA", "")
    assert paths.data_folder().name == "oculus"


@pytest.mark.skipif(os.name != "posix", reason="Windows keeps rights elsewhere")
def test_a_private_folder_is_for_its_owner_only(tmp_path):
    folder = paths.private_folder(tmp_path / "a" / "b")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert paths.private_folder(folder) == folder


def test_files_that_oculus_brings_along_are_found_in_a_frozen_program(monkeypatch, tmp_path):
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "x.txt").touch()
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
    assert paths.bundled("assets", "x.txt") == tmp_path / "assets" / "x.txt"


def test_a_file_that_is_missing_from_the_installation_is_named():
    with pytest.raises(FileNotFoundError, match=r"assets/nothing\.txt is missing from this installation"):
        paths.bundled("assets", "nothing.txt")
