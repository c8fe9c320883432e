"""What is installed, looked at: that it is what was pinned, untouched since, and not known to be unsafe.

    python3 packaging/dev.py audit              all of it
    python3 packaging/dev.py audit --offline    what can be told without a network; part of .ci/run

The first three questions are answered here. The last one is asked of pip-audit, in an environment of its own;
where nobody can be asked, that is said, and counts as neither good nor bad.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.metadata
import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ROOT / "packaging" / "requirements"
PIN = re.compile(r"([A-Za-z0-9._-]+)==([^ ;\\]+)[^\n]*\\")
HASH = re.compile(r" {4}--hash=sha256:[0-9a-f]{64}( \\)?")
OURS = {"oculus-monitor", "pip", "setuptools", "uv"}  # ourselves, and what installs the others
AUDIT = ROOT / ".venv" / "audit"
LONGEST_S = 300


def main(options: list[str]) -> int:
    """Print what is wrong. 1 if anything is."""
    locks = {path.name: path.read_text("utf-8") for path in sorted(LOCKS.glob("*.lock"))}
    pins = all_pins(locks.values())
    wrong = [
        *(line for name, lock in locks.items() for line in loose(name, lock)),
        *strangers(installed(), pins),
        *touched(importlib.metadata.distributions()),
    ]
    if "--offline" not in options:
        wrong += unsafe(LOCKS / "test.lock")
    for line in wrong:
        print(line)
    print(f"{len(installed())} packages looked at, {len(wrong) or 'nothing'} wrong")
    return 1 if wrong else 0


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def all_pins(locks: Iterable[str]) -> dict[str, set[str]]:
    """By name every version that a lock pins; platforms may need different ones."""
    pins: dict[str, set[str]] = {}
    for lock in locks:
        for name, version in PIN.findall(lock):
            pins.setdefault(canonical(name), set()).add(version)
    return pins


def installed() -> dict[str, str]:
    return {canonical(each.metadata["Name"]): each.version for each in importlib.metadata.distributions()}


def loose(name: str, lock: str) -> Iterator[str]:
    """Lines of a lock that are neither an exact pin nor a hash, and pins without one."""
    hashed = True
    for number, line in enumerate(lock.splitlines(), 1):
        if HASH.fullmatch(line):
            hashed = True
        elif line and not line.startswith("#"):
            if not PIN.match(line) or not hashed:
                yield f"{name}:{number}: is not pinned by version and hash; run packaging/dev.py lock"
            hashed = False
    if not hashed:
        yield f"{name}: its last pin has no hash; run packaging/dev.py lock"


def strangers(found: dict[str, str], pins: dict[str, set[str]]) -> Iterator[str]:
    """What is installed without being pinned, or in another version."""
    for name, version in sorted(found.items()):
        if name not in OURS and version not in pins.get(name, ()):
            expected = " or ".join(sorted(pins.get(name, ()))) or "nothing of that name"
            yield f"{name} {version} is installed, and {expected} is pinned; delete .venv to begin afresh"


def touched(distributions: Iterable[importlib.metadata.Distribution]) -> Iterator[str]:
    """Files that are not as their package brought them."""
    for each in distributions:
        for file in each.files or ():
            if file.hash and digest(Path(str(file.locate())), file.hash.mode) != file.hash.value:
                yield f"{each.metadata['Name']}: {file} was changed or removed; delete .venv to begin afresh"


def digest(path: Path, mode: str) -> str:
    """As wheels write it; empty for a file that is gone."""
    if not path.is_file():
        return ""
    return base64.urlsafe_b64encode(hashlib.new(mode, path.read_bytes()).digest()).rstrip(b"=").decode()


def unsafe(lock: Path) -> list[str]:
    """What is known against the pinned versions. Says so when nobody could be asked."""
    python = AUDIT / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if not python.exists():
        print("pip-audit could not be installed, so nobody was asked what is known to be unsafe")
        return []
    command = [
        str(python),
        "-m",
        "pip_audit",
        "--requirement",
        str(lock),
        "--disable-pip",
        "--require-hashes",
    ]
    command += ["--format", "json", "--progress-spinner", "off", "--timeout", "15"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST_S, check=False)
    except subprocess.TimeoutExpired:
        print(f"nobody answered within {LONGEST_S} s what is known to be unsafe")
        return []
    return judged(done.stdout, (done.stderr.strip().splitlines() or ["it said nothing"])[-1])


def judged(answer: str, complaint: str) -> list[str]:
    """What pip-audit found, from its JSON."""
    try:
        rows: list[dict[str, Any]] = json.loads(answer)["dependencies"]
    except (ValueError, KeyError, TypeError):
        print(f"nobody could be asked what is known to be unsafe: {complaint[:200]}")
        return []
    asked = [row for row in rows if "skip_reason" not in row]
    print(f"{len(asked)} of {len(rows)} packages are known where vulnerabilities are listed")
    return [
        f"{row['name']} {row['version']}: {one['id']}, mended in {' or '.join(one['fix_versions']) or 'none'}"
        for row in asked
        for one in row["vulns"]
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
