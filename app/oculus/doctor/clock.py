"""Is the clock right? Asked of a time server, in the plain form of its protocol (SNTP, RFC 4330)."""

from __future__ import annotations

import socket
import struct
import time

from oculus.core.clock import Clock
from oculus.core.durations import spoken
from oculus.doctor.finding import Finding, bad, odd, ok, skipped

SERVER = ("pool.ntp.org", 123)
ANSWER_S = 2.0
SINCE_1900 = 2_208_988_800  # seconds from 1900, where this protocol begins, to 1970
ASK = b"\x23" + bytes(47)  # version 4, a client
ANSWER = struct.Struct("!B B 30x II II")  # mode, stratum, when it was received, when it was sent
SERVES, UNSET = 4, 0
FINE_S, AWRY_S = 2.0, 60.0
REMEDY = "Let the system set it: `timedatectl set-ntp true` on Linux, Date & Time in the settings elsewhere."


class NoAnswer(Exception):
    """No time could be had. The words are for people."""


def clock(now: Clock, newest_ms: int | None, server: tuple[str, int] = SERVER) -> Finding:
    """How far the clock is off. `newest_ms`: of the newest stored number, which cannot be of the future."""
    if newest_ms is not None and newest_ms > now.now_ms() + AWRY_S * 1000:
        ahead = spoken((newest_ms - now.now_ms()) / 1000)
        return bad("clock", f"it is {ahead} behind the newest stored number: it was set back", REMEDY)
    try:
        off_s = offset_s(server)
    except NoAnswer as error:
        return skipped("clock", f"it could not be compared: {error}", REMEDY)
    if abs(off_s) < FINE_S:
        return ok("clock", f"right within {max(abs(off_s), 0.01):.2f} s, says {server[0]}")
    says = f"it is {spoken(abs(off_s))} {'behind' if off_s > 0 else 'ahead'}, says {server[0]}"
    return bad("clock", says, REMEDY) if abs(off_s) > AWRY_S else odd("clock", says, REMEDY)


def offset_s(server: tuple[str, int]) -> float:
    """Seconds to add to this machine's clock. Raises NoAnswer within a few seconds."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(*server, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind) as sock:
            sock.settimeout(ANSWER_S)
            sock.connect(address)  # so that only its answers are heard
            asked = time.time()
            sock.send(ASK)
            answer = sock.recv(512)
            heard = time.time()
    except OSError as error:
        raise NoAnswer(f"{server[0]} does not answer ({error.strerror or 'no reply'})") from error
    if len(answer) < ANSWER.size:
        raise NoAnswer(f"{server[0]} answered with something else")
    mode, stratum, received, received_part, sent, sent_part = ANSWER.unpack(answer[: ANSWER.size])
    if mode & 7 != SERVES or stratum == UNSET:
        raise NoAnswer(f"{server[0]} does not know the time itself")
    return ((moment(received, received_part) - asked) + (moment(sent, sent_part) - heard)) / 2


def moment(seconds: int, part: int) -> float:
    """Seconds since 1970. The counter of this protocol begins anew in 2036."""
    era = 0 if seconds & 0x80000000 else 1 << 32
    return seconds + era - SINCE_1900 + part / (1 << 32)
