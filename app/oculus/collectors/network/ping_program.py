"""The system's own ping program: the way that is open where sockets are not."""

from __future__ import annotations

import math
import os
import re
import shutil
import subprocess
import sys

from oculus.collectors.network.deadline import Deadline
from oculus.collectors.network.icmp import GAP_S, Echoes, NotAllowed

# Every ping says "time=0.03 ms" in a line about a reply; Windows says "time<1ms", and its summary has
# times too, but only replies name the hops left.
REPLY = re.compile(r"^(?=.*(?:ttl|hlim)[=:]).*[=<]\s*(\d+(?:[.,]\d+)?)\s*ms\b", re.IGNORECASE | re.MULTILINE)
FAILURES = (
    (re.compile(r"unreachable", re.IGNORECASE), "the host is unreachable"),
    (re.compile(r"time to live exceeded|ttl expired", re.IGNORECASE), "the way there has too many hops"),
)
FORBIDDEN = re.compile(
    r"not permitted|permission denied|lacking privilege|missing cap_net_raw", re.IGNORECASE
)


def program(ip: str, count: int, deadline: Deadline) -> Echoes:
    """Ping by the system's program. `ip` is an address, so it cannot be taken for an option."""
    tool = shutil.which("ping6" if sys.platform == "darwin" and ":" in ip else "ping")
    if tool is None:
        raise NotAllowed
    left_s = deadline.left()
    count = max(1, min(count, int(left_s / GAP_S)))  # as many as there is time for
    try:
        done = subprocess.run(  # noqa: S603 - no shell, every argument is ours
            [tool, *arguments(sys.platform, ip, count, left_s)],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=left_s,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "LC_ALL": "C"},
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        return parse(text_of(error.stdout), count)
    except OSError as error:
        raise NotAllowed from error
    if FORBIDDEN.search(done.stderr):
        raise NotAllowed
    return parse(done.stdout + done.stderr, count)


def arguments(platform: str, ip: str, count: int, left_s: float) -> list[str]:
    """The options that this platform's ping understands."""
    if platform == "win32":
        each_ms = max(1, int(left_s * 1000 / count))
        return ["-n", str(count), "-w", str(each_ms), ip]
    numeric = ["-n", "-c", str(count), "-i", str(GAP_S)]
    if platform == "darwin":
        return [*numeric, ip] if ":" in ip else [*numeric, "-W", str(int(left_s * 1000)), ip]
    whole_s = str(max(1, math.floor(left_s)))
    return [*numeric, "-W", whole_s, "-w", whole_s, ip]


def parse(said: str, count: int) -> Echoes:
    """What the program printed. A reply that came twice is one reply."""
    single = "\n".join(line for line in said.splitlines() if "DUP!" not in line)
    rtts_ms = [float(value.replace(",", ".")) for value in REPLY.findall(single)][:count]
    why = next((words for pattern, words in FAILURES if pattern.search(said)), "")
    return Echoes(sent=count, rtts_ms=rtts_ms, why=why)


def text_of(output: bytes | str | None) -> str:
    return output.decode(errors="replace") if isinstance(output, bytes) else output or ""
