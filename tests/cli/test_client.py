"""What a command is told when the running copy ends, or its disk fills, in the middle of an answer."""

import socket
import threading

import pytest

from oculus.cli.client import Running
from oculus.core.errors import OculusError
from oculus.core.secret import Secret


@pytest.fixture
def answering():
    """Start a server that says these bytes to whoever asks and hangs up; gives a client of it."""
    opened = []

    def start(said):
        listening = socket.create_server(("127.0.0.1", 0))
        opened.append(listening)

        def serve():
            asking, _ = listening.accept()
            with asking:
                asking.recv(65536)
                asking.sendall(said)

        threading.Thread(target=serve, daemon=True).start()
        return Running(f"http://127.0.0.1:{listening.getsockname()[1]}", Secret("token"))

    yield start
    for listening in opened:
        listening.close()


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
