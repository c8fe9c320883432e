"""A whole Oculus on a folder of its own, with settings written as a person would write them."""

import http.server
import json
import queue
import socket
import threading
from contextlib import contextmanager

import pytest

from fakes.messengers import free_port
from oculus.runtime import Oculus
from oculus.settings.load import load


@pytest.fixture
def house(tmp_path):
    """Run Oculus on the given settings. The data folder stays, so leaving and entering is a restart."""

    @contextmanager
    def run(text):
        config = tmp_path / "oculus.yaml"
        config.write_text(text, "utf-8")
        with Oculus(load(config), tmp_path / "data", config) as oculus:
            yield oculus

    return run


class Port:
    """A TCP server that can be stopped and started on the same port."""

    def __init__(self):
        self.listener, self.number = None, free_port()
        self.start()

    def start(self):
        if self.listener:
            self.listener.close()
        self.listener = socket.create_server(("127.0.0.1", self.number))

    def stop(self):
        self.listener.close()
        self.listener = socket.socket()  # holds the port without listening: connections are refused
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", self.number))


@pytest.fixture
def port():
    server = Port()
    yield server
    server.listener.close()


@pytest.fixture
def receiver():
    """A real web server that keeps what is posted to it."""
    heard = queue.Queue()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            heard.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            """Quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.heard = heard
    server.url = f"http://127.0.0.1:{server.server_port}/hook"
    thread = threading.Thread(target=server.serve_forever, name="receiver", daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()
