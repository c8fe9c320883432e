"""Make programs that need no Python, try them, and pack them: python3 packaging/dev.py bundle [options]

    --window     with the libraries of the native window (on Linux, GTK and WebKit stay the system's)
    --unpacked   leave it at the folder dist/oculus; no archive, no Debian package

Everything goes into dist/. What was frozen is started with an empty environment before anything is packed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pack
import tryout
from about import VERSION
from parts import ROOT

DIST, WORK = ROOT / "dist", ROOT / "build" / "bundle"
MOST_UNPACKED, MOST_PACKED = 105, 35  # MB, of the bundle without window
LISTED = 10
MB = 10**6


def main(arguments: list[str]) -> int:
    """Returns 1 when what was made does not work or has grown too large."""
    parser = argparse.ArgumentParser(
        "bundle", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--window", action="store_true")
    parser.add_argument("--unpacked", action="store_true")
    wish = parser.parse_args(arguments)
    folder = freeze(window=wish.window)
    say(largest(folder))
    sizes = {"unpacked": (size(folder), MOST_UNPACKED)}
    if trouble := tryout.all_of_it(folder, window=wish.window, say=say):
        say(f"what was frozen does not work: {trouble}")
        return 1
    if not wish.unpacked:
        sizes |= {"packed": (packed(folder, window=wish.window).stat().st_size, MOST_PACKED)}
    return 1 if too_large(sizes, bound=not wish.window) else 0


def freeze(*, window: bool) -> Path:
    """Run PyInstaller. Returns the folder with the programs."""
    say("freezing (half a minute)")
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--clean", "--log-level", "ERROR"]
    command += ["--distpath", str(DIST), "--workpath", str(WORK), str(ROOT / "oculus.spec")]
    subprocess.run(
        command, check=True, cwd=ROOT, env={**os.environ, "OCULUS_BUNDLE_WINDOW": str(int(window))}
    )
    folder = DIST / "oculus"
    if sys.platform == "linux":
        pack.add_share(folder)
        (folder / "oculus-desktop").symlink_to("oculus")
    return folder


def largest(folder: Path) -> str:
    """The largest parts, as lines."""
    files = sorted(((file.stat().st_size, file) for file in files_of(folder)), reverse=True)
    lines = [f"{bytes_ / MB:8.2f} MB  {file.relative_to(folder)}" for bytes_, file in files[:LISTED]]
    return "\n".join([f"{size(folder) / MB:.1f} MB in {len(files)} files; the largest:", *lines])


def files_of(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file() and not file.is_symlink()]


def size(folder: Path) -> int:
    """Bytes of all files in it."""
    return sum(file.stat().st_size for file in files_of(folder))


def packed(folder: Path, *, window: bool) -> Path:
    """The archive to download; on Debian the package, too."""
    if sys.platform != "linux":
        return Path(
            shutil.make_archive(str(DIST / f"oculus-{VERSION}-{sys.platform}"), "zip", DIST, "oculus")
        )
    say("packing (a minute)")
    archive = pack.tarball(folder, DIST, window=window)
    if shutil.which("dpkg-deb") is None:
        say("no Debian package: dpkg-deb is not here")
        return archive
    package = pack.debian(folder, DIST, WORK, window=window)
    for made in (archive, package):
        say(f"{made.stat().st_size / MB:8.2f} MB  {made.relative_to(ROOT)}")
    tryout.installed(package, WORK / "installed", say)
    return archive


def too_large(sizes: dict[str, tuple[int, int]], *, bound: bool) -> bool:
    """Whether something is larger than it should be; told as a sentence. Only the plain bundle is bound."""
    wrong = [f"{what} {bytes_ / MB:.1f} MB, more than {most}" for what, (bytes_, most) in sizes.items()
             if bytes_ > most * MB]  # fmt: skip
    if wrong and bound:
        say(f"too large: {'; '.join(wrong)}")
    return bool(wrong) and bound


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
