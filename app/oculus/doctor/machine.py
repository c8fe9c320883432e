"""What Oculus needs of any machine: room on the disk, the port of its pages, leave to ping."""

from __future__ import annotations

import shutil
import socket
import tempfile
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from oculus.collectors.network.deadline import Deadline
from oculus.collectors.network.icmp import NotAllowed
from oculus.collectors.network.ping import REMEDY, WAYS
from oculus.doctor.finding import Finding, bad, odd, ok

MEGABYTE, GIGABYTE = 10**6, 10**9
LEAST_FREE = 100 * MEGABYTE
COMFORT = 1 * GIGABYTE  # below it, one storm of logs or one backup could fill the disk
PING_S = 2.0
WORDS = {
    "unprivileged": "without special rights",
    "raw": "by a raw socket",
    "program": "by the system's ping",
}
FAR_ZONE = "Pacific/Auckland"


def disk(folder: Path, database_bytes: int) -> Finding:
    """Whether the data folder can be written, and has room for the daily backup beside the database."""
    there = next(each for each in (folder, *folder.parents) if each.exists())  # it is made by the first start
    try:
        with tempfile.TemporaryFile(dir=there):
            free = shutil.disk_usage(there).free
    except OSError as error:
        return bad(
            "disk space",
            f"{folder} cannot be written: {error.strerror or error}",
            "Check who owns it and that the disk is not full, or choose another with --data.",
        )
    says = f"{size(free)} free in {folder}"
    if free < LEAST_FREE:
        return bad("disk space", f"only {says}", "Make room; without it nothing more can be stored.")
    if free < max(COMFORT, 2 * database_bytes):
        wish = size(max(COMFORT, 2 * database_bytes))
        return odd(
            "disk space",
            f"{says}, less than the {wish} that the daily backup may need",
            "Make room, or keep less: storage.retention and storage.max_size.",
        )
    return ok("disk space", says)


def size(number: float) -> str:
    """Bytes as a person says them: "3.2 MB", "41 GB"."""
    for unit, word in ((GIGABYTE, "GB"), (MEGABYTE, "MB")):
        if number >= unit:
            return f"{number / unit:.3g} {word}" if number < 1000 * unit else f"{number / unit:.0f} {word}"
    return f"{number / 1000:.0f} kB"


def pages(host: str, port: int) -> Finding:
    """Whether the port of the pages can be had. Only asked when no copy of Oculus serves there."""
    if port == 0:
        return ok("pages", f"any free port of {host} will do")
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(address)
    except OSError as error:
        return bad(
            "pages",
            f"port {port} of {host} cannot be had: {error.strerror or error}",
            "End the program that has it, or choose another with server.port or --port.",
        )
    return ok("pages", f"port {port} of {host} is free")


def ping(*, wanted: bool) -> Finding:
    """By which way this system lets Oculus ping. `wanted`: a collector needs it."""
    for way in WAYS:
        try:
            echoes = way("127.0.0.1", 1, Deadline(PING_S))
        except NotAllowed:
            continue
        if echoes.rtts_ms:
            return ok("ping", f"allowed, {WORDS[way.__name__]}")
        return odd("ping", f"this machine does not answer itself: {echoes.why or 'no reply'}",
                   "Look whether a firewall drops ICMP.")  # fmt: skip
    said = "this system does not let Oculus ping"
    return bad("ping", said, REMEDY) if wanted else odd("ping", f"{said}, and nobody wants to", REMEDY)


def zones() -> Finding:
    """Whether times of the day in other places can be reckoned."""
    try:
        ZoneInfo(FAR_ZONE)
    except (ZoneInfoNotFoundError, OSError):
        return bad(
            "time zones",
            "this system has no database of time zones",
            "Install the system's package tzdata.",
        )
    return ok("time zones", "known")
