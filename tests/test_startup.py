"""`oculus --help` must answer at once."""

import subprocess
import sys

HEAVY = {
    "PIL", "a2wsgi", "bottle", "dns", "duckdb", "icmplib", "jinja2", "msgspec", "plyer", "pystray", "pytz",
    "requests", "schedule", "uvicorn", "websockets", "webview", "yaml",
}  # fmt: skip


def loaded_by(code):
    told = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print('loaded', *sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout
    return {name.partition(".")[0] for name in told.rpartition("loaded ")[2].split()}


def test_the_command_line_loads_nothing_heavy():
    assert loaded_by("import oculus.cli") & HEAVY == set()


def test_help_loads_nothing_heavy():
    code = """
import sys
from oculus.__main__ import main
sys.argv = ["oculus", "--help"]
try:
    main()
except SystemExit as end:
    assert end.code == 0
"""
    assert loaded_by(code) & HEAVY == set()


def test_serving_loads_what_only_some_need_only_for_them():
    """Ten megabytes of memory: HTTP towards sources and channels, name servers, pictures."""
    assert loaded_by("import oculus.runtime, oculus.web.serving.server") & {"PIL", "dns", "requests"} == set()
