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
        timeout=120,
    ).stdout
    return set(told.rpartition("loaded ")[2].split())


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


def test_asking_a_running_copy_loads_no_database():
    asking = "oculus.cli.query, oculus.cli.status, oculus.cli.send_test, oculus.cli.backup"
    assert "duckdb" not in loaded_by(f"import {asking}")


def test_serving_loads_what_only_some_need_only_for_them():
    """Ten megabytes of memory: HTTP towards sources and channels, name servers, pictures."""
    assert loaded_by("import oculus.runtime, oculus.web.serving.server") & {"PIL", "dns", "requests"} == set()


def test_a_machine_that_only_probes_loads_no_market_no_messenger_and_no_page(tmp_path):
    code = f"""
import urllib.request
from pathlib import Path
from oculus.core.secret import Secret
from oculus.runtime import Oculus
from oculus.settings.load import load
from oculus.web.serving import health
from oculus.web.serving.server import WebServer
health.DATABASE_S = 30.0  # the machine may be busy
folder = Path({str(tmp_path)!r})
config = folder / "oculus.yaml"
config.write_text('''
collectors: [{{type: tcp, target: "127.0.0.1:9"}}]
rules: [{{name: down, condition: "net.tcp.127.0.0.1:9.up == 0", message: "it is down", channels: [log]}}]
''')
with Oculus(load(config), folder) as oculus, WebServer(oculus, "127.0.0.1", 0, Secret("x" * 43)) as server:
    assert urllib.request.urlopen(f"{{server.url}}/readyz").status == 200
    oculus.scheduler.run_now("127.0.0.1:9")
"""
    loaded = loaded_by(code)
    assert "oculus.collectors.network.tcp" in loaded
    kinds = ("crypto", "stocks", "prediction", "network.ping", "network.http", "custom.http_json")
    channels = ("email", "telegram", "discord", "slack", "webhook", "apprise")
    unused = {f"oculus.collectors.{kind}" for kind in kinds} | {
        f"oculus.notify.channels.{n}" for n in channels
    }
    unused |= {
        "bottle", "icmplib", "jinja2", "jmespath", "regex", "smtplib", "websockets", "oculus.web.app",
        "oculus.web.templates",
    }  # fmt: skip
    assert loaded & unused == set()
