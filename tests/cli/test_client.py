"""What a command is told when the running copy ends, or its disk fills, in the middle of an answer."""

import contextlib

import pytest

from fakes.listening import listening
from oculus.cli.client import Running
from oculus.core.errors import OculusError
from oculus.core.secret import Secret


@pytest.fixture
def answering():
    """Start a server that says these bytes to whoever asks and hangs up; gives a client of it."""
    with contextlib.ExitStack() as servers:

        def start(said):
            port = servers.enter_context(
                listening(lambda asking: asking.recv(65536) and asking.sendall(said))
            )
            return Running(f"http://127.0.0.1:{port}", Secret("token"))

        yield start


HALF = [
    pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}", id="length"),
    pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n", id="chunked"),
]


@pytest.mark.parametrize("said", HALF)
def test_a_download_that_breaks_off_leaves_no_file_that_looks_whole(answering, tmp_path, said):
    with pytest.raises(OculusError, match="broke off"):
        answering(said).download("/api/backup", tmp_path / "copy.db")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("said", HALF)
def test_an_answer_that_breaks_off_is_told_in_words(answering, said):
    with pytest.raises(OculusError, match="broke off"):
        answering(said).get("/api/status")


def test_a_whole_download_is_kept(answering, tmp_path):
    said = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwhole"
    answering(said).download("/api/backup", tmp_path / "copy.db")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("copy.db", b"whole")]


def test_a_file_that_cannot_be_written_is_told_as_such(answering, tmp_path):
    said = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwhole"
    with pytest.raises(OculusError, match="cannot be written: No such file or directory"):
        answering(said).download("/api/backup", tmp_path / "nowhere" / "copy.db")
