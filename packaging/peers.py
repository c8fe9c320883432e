"""The programs that Oculus is measured against and judged by, from Debian, without being installed.

Their packages are unpacked into the environment's own folder, so that no service is started and no right is
needed. Only the standard library is used here, as in dev.py.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

FOLDER = Path(sys.prefix) / "peers"
BINARIES = FOLDER / "usr" / "bin"
PACKAGES = {
    "promtool": "prometheus",
    "prometheus": "prometheus",
    "prometheus-blackbox-exporter": "prometheus-blackbox-exporter",
    "prometheus-alertmanager": "prometheus-alertmanager",
    "victoria-metrics": "victoria-metrics",
    "influxd": "influxdb",
}  # fmt: skip
LONGEST_S = 300


def find(program: str) -> str | None:
    """Where a peer's program is: installed, or unpacked by `fetch`; None when it is neither."""
    return shutil.which(program, path=os.pathsep.join([os.environ.get("PATH", ""), str(BINARIES)]))


def fetch(programs: Sequence[str], folder: Path = FOLDER) -> str:
    """Unpack what is missing. Why some are missing still, in words; "" when none is."""
    missing = sorted({PACKAGES[each] for each in programs if not find(each)})
    if not missing:
        return ""
    said = unpack(missing, folder)
    lacking = [each for each in programs if not find(each)]
    return f"{', '.join(lacking)}: {said or 'not in its package'}" if lacking else ""


def unpack(packages: Sequence[str], folder: Path = FOLDER) -> str:
    """ "" when all went well, else the last words of what did not."""
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        return "they are unpacked from Debian's packages only, and this is no Debian"
    with tempfile.TemporaryDirectory() as downloads:
        said = run(["apt-get", "-q", "download", *packages], Path(downloads))
        for package in sorted(Path(downloads).glob("*.deb")):
            said = run(["dpkg-deb", "-x", str(package), str(folder)], folder.parent) or said
    return said


def run(command: list[str], where: Path) -> str:
    """ "" when it did what it should, else its last words."""
    try:
        done = subprocess.run(
            command, cwd=where, check=False, text=True, errors="replace", timeout=LONGEST_S,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return "" if done.returncode == 0 else " ".join(done.stdout.strip().splitlines()[-1:]) or command[0]
