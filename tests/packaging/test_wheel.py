"""The wheel is whole: it runs with nothing of the checkout around it."""

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built from the sdist, so that a file missing from either is missed here."""
    folder = tmp_path_factory.mktemp("dist")
    root = Path(__file__).resolve().parents[2]
    build = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(root)]
    done = subprocess.run(build, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (made,) = folder.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def names(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def shipped(root, folder, leave_out=()):
    """The files of a folder that git keeps, as the wheel should name them."""
    listed = subprocess.run(
        ["git", "ls-files", folder], cwd=root, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    return {f"oculus/{name}" for name in listed if not name.startswith(tuple(leave_out))}


def test_the_wheel_holds_the_package_the_pages_and_the_assets(root, names):
    if not (root / ".git").exists():
        pytest.skip("this is no git checkout, so there is no list of files to compare with")
    package = {name.removeprefix("oculus/app/") for name in shipped(root, "app/oculus")}
    beside = shipped(root, "ui", ["ui/styles/"]) | shipped(root, "assets", ["assets/screenshots/"])
    assert (package | beside) - names == set()


def test_the_wheel_holds_nothing_of_the_workshop(names):
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if top != "oculus" and not top.endswith(".dist-info")} == set()
    assert [
        name for name in names if name.startswith(("oculus/assets/screenshots", "oculus/ui/styles"))
    ] == []


def test_the_installed_wheel_answers_and_finds_its_own_files(wheel, tmp_path):
    place = tmp_path / "an environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(place)], check=True)
    python = place / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps"]
    subprocess.run([*install, "--no-index", str(wheel)], check=True, capture_output=True)
    purelib = Path(ask(python, "import sysconfig; print(sysconfig.get_path('purelib'))"))
    # The libraries of this environment, but not its editable Oculus: a .pth inside is not followed.
    (purelib / "libraries.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")

    found = ask(python, "from oculus.core.paths import bundled; print(bundled('ui'), bundled('assets'))")
    assert found.count(str(purelib)) == 2
    oculus = python.parent / ("oculus.exe" if os.name == "nt" else "oculus")
    version = subprocess.run([oculus, "--version"], capture_output=True, text=True, check=True).stdout
    assert version.strip().endswith(wheel.name.split("-")[1])


def ask(python, code):
    """What a program prints, run away from the checkout and from where PYTHONPATH leads."""
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [python, "-c", code], cwd=python.parent, env=clean, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
