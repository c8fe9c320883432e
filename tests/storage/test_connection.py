"""What goes wrong below the database, in words."""

import errno

import duckdb
import pytest

from oculus.storage.file.connection import first_line


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (PermissionError(errno.EACCES, "Permission denied", "x.csv.part"), "Permission denied"),
        (OSError("no number, no words of the system's"), "no number, no words of the system's"),
        (duckdb.IOException("IO Error: it is full\n\nTry this"), "IO Error: it is full"),
    ],
)
def test_a_failure_is_told_in_one_line_and_without_numbers_of_the_system(error, words):
    assert first_line(error) == words
