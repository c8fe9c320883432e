"""The pictures of the pages can still be taken."""

import shutil
import subprocess
import sys

import pytest

pytest.importorskip("playwright.sync_api", reason="install the extra: pip install -e .[test]")
pytestmark = [pytest.mark.browser, pytest.mark.timeout(700)]


def test_the_rules_page_is_photographed_from_a_running_oculus(root, tmp_path):
    if not any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))):
        pytest.skip("no Chromium on this machine: install the package `chromium`")
    done = subprocess.run(
        [sys.executable, root / "packaging" / "screenshots.py", tmp_path, "rules"],
        capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    names = {"rules.png", "rules-light.png", "rules-phone.png", "rules-phone-light.png"}
    assert {each.name for each in tmp_path.iterdir()} == names
    assert all(each.read_bytes().startswith(b"\x89PNG") for each in tmp_path.iterdir())
