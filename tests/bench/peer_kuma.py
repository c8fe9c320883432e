"""Uptime Kuma, put together from npm and Debian without being installed.

npm has one version of it, a development one of 2.0. It starts once two things are mended: some changes of its
database lie one folder too high, and its SQLite, which comes from elsewhere, is taken from Debian. That one
names a library that any other Node than Debian's has within itself, so an empty one stands for it.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psutil

from peer_programs import peers, running
from serving import free_port

VERSION = "2.0.0-dev.0"
FOLDER = peers.FOLDER / "kuma"
HOME = FOLDER / "node_modules" / "uptime-kuma"
BINDING = "lib/binding/napi-v6-linux-{}x64/node_sqlite3.node"
FROM_DEBIAN = peers.FOLDER / "usr/lib/x86_64-linux-gnu/nodejs/sqlite3" / BINDING.format("glibc-")
FOR_KUMA = FOLDER / "node_modules" / "@louislam" / "sqlite3" / BINDING.format("")
LIBNODE = FOLDER / "libnode.so.108"
INSTALL = ("--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--legacy-peer-deps")
MONITOR = """
    INSERT INTO monitor (name, active, user_id, interval, retry_interval, timeout, type, hostname, port)
    VALUES (?, 1, 1, 30, 30, 5, 'port', '127.0.0.1', ?)
"""


def lacking() -> str:
    """Why it cannot be had, in words; "" once it is there."""
    tools = [name for name in ("npm", "node", "cc") if not shutil.which(name)]
    if tools:
        return f"it needs {', '.join(tools)}"
    why = "" if LIBNODE.exists() else put_together()
    return why or ("" if FOR_KUMA.exists() else "its SQLite is not in Debian's package")


def put_together() -> str:
    FOLDER.mkdir(parents=True, exist_ok=True)
    package = f"uptime-kuma@{VERSION}"
    if why := peers.run(["npm", "install", *INSTALL, "--prefix", str(FOLDER), package], FOLDER):
        return why
    if why := peers.unpack(["node-sqlite3"]):
        return why
    for change in (HOME / "db").glob("*.sql"):
        shutil.copy(change, HOME / "db" / "old_migrations")
    FOR_KUMA.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(FROM_DEBIAN, FOR_KUMA)
    return peers.run(["cc", "-shared", "-o", str(LIBNODE), "-x", "c", os.devnull], FOLDER)


@contextmanager
def kuma(folder: Path, target: int, count: int) -> Iterator[tuple[psutil.Process, float]]:
    """With `count` TCP monitors of a port, every 30 s; and how many seconds its second start took."""
    data, port = folder / "kuma", free_port()
    data.mkdir()
    (data / "db-config.json").write_text('{"type": "sqlite"}')
    command = [str(shutil.which("node")), "server/server.js", f"--port={port}", "--host=127.0.0.1",
               f"--data-dir={data}/"]  # fmt: skip
    ready, env = f"http://127.0.0.1:{port}/", {**os.environ, "LD_LIBRARY_PATH": str(FOLDER)}
    with running(command, ready, cwd=HOME, env=env):
        pass  # its tables are there now
    with closing(sqlite3.connect(data / "kuma.db")) as tables:
        tables.execute("INSERT INTO user (username, password, active) VALUES ('bench', '', 1)")
        tables.executemany(MONITOR, [(f"t{number}", target) for number in range(count)])
        tables.commit()
    with running(command, ready, cwd=HOME, env=env) as started:
        yield started
    with closing(sqlite3.connect(data / "kuma.db")) as tables:
        [(beats,)] = tables.execute("SELECT count(*) FROM heartbeat WHERE status = 1").fetchall()
        assert beats >= count, "its monitors did not beat"
