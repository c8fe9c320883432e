"""The frozen folder as people download it on Linux: an archive, and a Debian package."""

from __future__ import annotations

import lzma
import os
import platform
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

from about import SAYS, VERSION
from parts import ROOT

LINUX = ROOT / "packaging" / "linux"
PACKAGE = "oculus-monitor"
MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}  # as Debian calls them
# Code of a program packs better when its jumps are rewritten first; every xz undoes that by itself.
JUMPS = {"x86_64": [{"id": lzma.FILTER_X86}]}
WINDOW_NEEDS = ("gir1.2-webkit2-4.1", "gir1.2-ayatanaappindicator3-0.1")
CONTROL = """\
Package: {package}
Version: {version}
Architecture: {architecture}
Maintainer: The Oculus authors <oculus-monitor@localhost>
Section: net
Priority: optional
Depends: libc6 (>= {glibc}), libstdc++6
Recommends: {recommends}
Installed-Size: {kilobytes}
Description: {says}
 It keeps every number in one DuckDB file that you own, and one rule, or one
 SQL query, can speak about all of it. An icon near the clock, popups, pages
 and an HTTP API; also without a desktop.
"""


def add_share(folder: Path) -> None:
    """Put beside the programs what a desktop wants of them, and how to install them."""
    share = folder / "share"
    share.mkdir()
    for file in (LINUX / "oculus.desktop", LINUX / "oculus.service", ROOT / "assets/icons/oculus.png"):
        shutil.copy(file, share)
    shutil.copy(ROOT / "LICENSE", folder)
    (folder / "INSTALL").write_text(
        (LINUX / "INSTALL").read_text("utf-8") % {"glibc": glibc(folder)}, "utf-8"
    )


def glibc(folder: Path) -> str:
    """The oldest C library that everything in the folder is content with."""
    found = [0]
    for file in folder.rglob("*"):
        if file.is_file() and (file.name == "oculus" or ".so" in file.name):
            found += [int(minor) for minor in re.findall(rb"GLIBC_2\.(\d+)", file.read_bytes())]
    return f"2.{max(found)}"


def tarball(folder: Path, into: Path, *, window: bool) -> Path:
    """oculus-<version>-linux-<machine>.tar.xz: one folder in it, everything root's."""
    name = f"oculus-{VERSION}-linux-{platform.machine()}{'-window' if window else ''}"
    filters = [
        *JUMPS.get(platform.machine(), []),
        {"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME},
    ]
    made = into / f"{name}.tar.xz"
    with lzma.open(made, "wb", filters=filters) as packed, tarfile.open(fileobj=packed, mode="w") as archive:
        archive.add(folder, name, filter=roots)
    return made


def roots(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = "root"
    return entry


def debian(folder: Path, into: Path, work: Path, *, window: bool) -> Path:
    """The .deb. Needs dpkg-deb, but no root."""
    root = work / "debian"
    shutil.rmtree(root, ignore_errors=True)
    place(folder, root)
    (root / "DEBIAN").mkdir()
    (root / "DEBIAN" / "control").write_text(control(root, window=window), "utf-8")
    made = into / f"{PACKAGE}{'-window' if window else ''}_{VERSION}_{architecture()}.deb"
    command = ["dpkg-deb", "--root-owner-group", "-Zxz", "-z9", "--build", str(root), str(made)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return made


def place(folder: Path, root: Path) -> None:
    """Lay everything where a Debian system looks for it."""
    home, share = root / "usr/lib/oculus", root / "usr/share"
    shutil.copytree(folder, home, symlinks=True, ignore=shutil.ignore_patterns("share", "INSTALL", "LICENSE"))
    for target, source in {
        share / "applications/oculus.desktop": folder / "share/oculus.desktop",
        share / "icons/hicolor/256x256/apps/oculus.png": folder / "share/oculus.png",
        root / "usr/lib/systemd/user/oculus.service": folder / "share/oculus.service",
        share / f"doc/{PACKAGE}/copyright": ROOT / "LICENSE",
    }.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
        target.chmod(0o644)
    (root / "usr/bin").mkdir()
    for name in ("oculus", "oculus-desktop"):
        (root / "usr/bin" / name).symlink_to(f"../lib/oculus/{name}")


def control(root: Path, *, window: bool) -> str:
    files = [file for file in root.rglob("*") if file.is_file() and not file.is_symlink()]
    return CONTROL.format(
        package=PACKAGE + ("-window" if window else ""),
        version=VERSION.replace("rc", "~rc"),
        architecture=architecture(),
        glibc=glibc(root),
        recommends=", ".join(["libx11-6", "iputils-ping", *(WINDOW_NEEDS if window else ())]),
        kilobytes=sum(file.stat().st_size for file in files) // 1024,
        says=SAYS,
    ) + ("Conflicts: oculus-monitor\nReplaces: oculus-monitor\n" if window else "")


def architecture() -> str:
    return MACHINES.get(platform.machine(), platform.machine())


def unpack(package: Path, into: Path) -> None:
    """What installing the package puts on the disk, put elsewhere."""
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir(parents=True)
    subprocess.run(["dpkg-deb", "-x", str(package), str(into)], check=True, env=dict(os.environ))
