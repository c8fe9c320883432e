"""What is installed is what was pinned, and the pins fit pyproject.toml."""

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PIN = re.compile(r"^([a-z0-9._-]+)==([^ ;]+)[^\n]*\\\n((?:    --hash=[^\n]+\n?)+)", re.MULTILINE)


@pytest.fixture
def project(root):
    return tomllib.loads((root / "pyproject.toml").read_text("utf-8"))


@pytest.fixture
def locks(dev):
    return {name: (dev.LOCKS / f"{name}.lock").read_text("utf-8") for name in dev.EXTRAS}


def pins(lock):
    """Name to every version pinned for it; platforms may need different ones."""
    found = {}
    for name, version, _ in PIN.findall(lock):
        found.setdefault(canonicalize_name(name), []).append(version)
    return found


def wanted(project, extras):
    extra = project["project"]["optional-dependencies"]
    texts = project["project"]["dependencies"] + project["dependency-groups"]["install"]
    return [Requirement(text) for text in texts + [text for name in extras for text in extra[name]]]


def test_every_dependency_of_the_project_is_pinned_within_its_range(dev, project, locks):
    wrong = []
    for name, extras in dev.EXTRAS.items():
        pinned = pins(locks[name])
        for want in wanted(project, extras):
            versions = pinned.get(canonicalize_name(want.name), [])
            if not any(version in want.specifier for version in versions):
                wrong.append(f"{name}.lock: {want}: pinned {versions or 'not at all'}")
    assert wrong == []


def test_no_extra_is_left_without_a_lock(dev, project):
    locked = {name for extras in dev.EXTRAS.values() for name in extras}
    alone = {path.stem for path in dev.LOCKS.glob("*.lock")} - dev.EXTRAS.keys()
    assert alone == set(dev.ALONE)
    assert locked | alone - {"audit"} == set(project["project"]["optional-dependencies"])


def test_what_is_locked_alone_is_the_same_as_its_extra(project):
    assert project["dependency-groups"]["gtk"] == project["project"]["optional-dependencies"]["gtk"]


def test_every_pin_has_hashes_and_nothing_else_stands_in_a_lock(locks):
    for name, lock in locks.items():
        rest = PIN.sub("", lock)
        assert [line for line in rest.splitlines() if line and not line.startswith("#")] == [], name


def test_no_lock_names_a_host_or_an_index(locks):
    for name, lock in locks.items():
        assert re.findall(r"://|index-url|find-links|@ ", lock) == [], name


def test_what_is_pinned_for_running_is_pinned_the_same_for_tests(locks):
    # One .venv serves both, so the test lock must be able to stand in for the others.
    everything = pins(locks["test"])
    for name in ("run", "desktop"):
        assert {package: everything.get(package) for package in pins(locks[name])} == pins(locks[name])


def test_the_environment_of_the_tests_holds_what_the_lock_says(dev, locks):
    if not dev.is_current("test"):
        pytest.skip("this environment was not made by packaging/dev.py test")
    freeze = dev.quietly([str(dev.PYTHON), "-m", "pip", "list", "--format=freeze"]).stdout
    installed = dict(line.split("==") for line in freeze.splitlines() if "==" in line and " " not in line)
    pinned = pins(locks["test"])
    differ = {
        name: version
        for name, version in installed.items()
        if version not in pinned.get(canonicalize_name(name), [version])
    }
    assert differ == {}
