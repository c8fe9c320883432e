"""One local server that plays every provider; the first part of the path says which: /coingecko/ping.

`say(provider, path, ...)` puts an answer there; several are given one after another, the last one stays.
What was asked is kept in `asked`.
"""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

DATA = Path(__file__).parent.parent / "data"
KINDS = {".json": "application/json; charset=utf-8", ".html": "text/html", ".txt": "text/plain"}


class Asked(NamedTuple):
    provider: str
    path: str
    params: dict
    headers: dict
    method: str
    body: bytes


class Answer(NamedTuple):
    status: int
    body: bytes
    headers: dict
    pause_s: float = 0.0  # between pieces of the body
    pieces: int = 1
    declared: int | None = None  # a Content-Length other than the true one


class Internet:
    """Start it, hand out `url(provider)`, close it."""

    def __init__(self):
        self.asked: list[Asked] = []
        self._answers: dict[tuple[str, str], list] = {}
        self._lock = threading.Lock()
        self._server = Server(("127.0.0.1", 0), Handler)
        self._server.internet = self
        self._serving = threading.Thread(target=self._server.serve_forever, args=[0.02], daemon=True)
        self._serving.start()

    def url(self, provider):
        return f"http://127.0.0.1:{self._server.server_address[1]}/{provider}"

    def say(self, provider, path, content, *more, status=200, headers=None, **how):
        """Answer with `content`: a file of tests/data, bytes, a function of Asked, or anything as JSON."""
        contents = [content, *more]
        answers = [self._answer(each, status, headers or {}, how) for each in contents]
        with self._lock:
            self._answers[(provider, path)] = answers

    def forget(self):
        """Nobody has said or asked anything yet."""
        with self._lock:
            self._answers.clear()
            self.asked.clear()

    def count(self, provider, path=None):
        return sum(1 for each in self.asked if each.provider == provider and path in (None, each.path))

    def answer(self, asked):
        with self._lock:
            self.asked.append(asked)
            known = self._answers.get((asked.provider, asked.path)) or self._answers.get(
                (asked.provider, "*")
            )
            found = (known.pop(0) if len(known) > 1 else known[0]) if known else None
        if found is None:
            return self._answer({"error": "nobody has said what to answer"}, 404, {}, {})
        return self._answer(found(asked), 200, {}, {}) if callable(found) else found

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._serving.join()

    def _answer(self, content, status, headers, how):
        if isinstance(content, Answer) or callable(content):
            return content
        kind = KINDS[".json"]
        if isinstance(content, Path):
            kind, content = KINDS[content.suffix], content.read_bytes()
        elif not isinstance(content, bytes):
            content = json.dumps(content).encode()
        return Answer(status, content, {"Content-Type": kind, **headers}, **how)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, client_address):
        pass  # a client that has had enough hangs up


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def respond(self):
        parts = urlsplit(self.path)
        _, provider, *rest = parts.path.split("/")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        params = dict(parse_qsl(parts.query, keep_blank_values=True))
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(provider, "/" + "/".join(rest), params, headers, self.command, body)
        self.send(self.server.internet.answer(asked))

    do_GET = do_POST = respond  # noqa: N815

    def send(self, answer):
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            if value is not None:
                self.send_header(name, value)
        length = len(answer.body) if answer.declared is None else answer.declared
        self.send_header("Content-Length", str(length))
        self.end_headers()
        size = max(1, -(-len(answer.body) // answer.pieces))
        for start in range(0, len(answer.body), size):
            self.wfile.write(answer.body[start : start + size])
            self.wfile.flush()
            time.sleep(answer.pause_s)
        if length != len(answer.body):
            self.close_connection = True

    def log_message(self, *args):
        pass
