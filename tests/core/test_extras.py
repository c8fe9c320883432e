"""What people are told to do about libraries that are not here."""

import sys
import tomllib
from pathlib import Path

import pytest

from oculus.core import extras

PROJECT = tomllib.loads((Path(__file__).resolve().parents[2] / "pyproject.toml").read_text("utf-8"))


@pytest.mark.parametrize("extra", extras.FROZEN)
def test_a_bundle_never_says_to_install_something_into_itself(monkeypatch, extra):
    assert extra in PROJECT["project"]["optional-dependencies"]
    assert f'{sys.executable} -m pip install "oculus-monitor[{extra}]"' in extras.remedy(extra)
    monkeypatch.setattr("sys.frozen", True, raising=False)
    said = extras.remedy(extra)
    assert "nothing can be installed into" in said
    assert "pip" not in said or "Where there is a Python" in said
