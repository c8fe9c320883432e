"""The scripts that only developers start, and rarely, have not fallen behind what they use."""

import importlib.util
import subprocess
import sys

import pytest

LIBRARIES = ("PIL", "playwright", "pystray")  # which cannot be imported where there is no display
pytestmark = pytest.mark.skipif(
    not all(map(importlib.util.find_spec, LIBRARIES)),
    reason="install the extras: pip install -e .[desktop,test]",
)


def test_every_script_finds_what_it_imports(root):
    names = sorted(path.stem for path in (root / "packaging").glob("*.py"))
    code = f"import sys; sys.path.insert(0, 'packaging'); import {', '.join(names)}"
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
