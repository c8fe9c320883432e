"""`oculus doctor`, as a person types it."""

import json

import pytest


def findings(home, *words, code=0):
    done = home.run("doctor", "--json", *words)
    assert done.returncode == code, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert told["well"] is (code == 0)
    return {found["check"]: found for found in told["findings"]}


EVERYTHING = {
    "settings", "internet", "database", "pages", "clock", "time zones", "ping", "display", "tray", "popups",
    "window", "source 127.0.0.1 (ping)", "disk space",
}  # fmt: skip


def test_everything_is_looked_at_and_each_fault_has_a_remedy(home):
    home.config.write_text(
        "server: {port: 0}\n"
        "collectors:\n  - {type: ping, target: 127.0.0.1, interval: 2s, timeout: 1s}\n"
        "  - {type: tcp, target: '127.0.0.1:1', name: shop, interval: 2s, timeout: 1s}\n"
    )
    found = findings(home)
    assert found.keys() >= EVERYTHING
    assert found["source shop (tcp)"]["state"] == "odd"
    assert all(each["remedy"] for each in found.values() if each["state"] in ("odd", "bad"))
    assert not (home.data / "oculus.db").exists()


def test_wrong_settings_are_told_and_the_rest_is_looked_at_all_the_same(home):
    home.config.write_text("server: {prot: 1}\ncollectors: 3\n")
    found = findings(home, code=1)
    assert "did you mean port?" in found["settings"]["says"]
    assert "and 1 more" in found["settings"]["says"]
    assert found["disk space"]["state"] == "ok"


def test_a_person_reads_a_line_for_each_thing_and_the_sum(home):
    home.config.write_text("server: {prot: 1}\n")
    done = home.run("doctor")
    assert done.returncode == 1
    assert "BAD settings" in done.stdout
    assert "-> `oculus check` lists every mistake." in done.stdout
    assert done.stdout.rstrip().endswith(" well.")
    assert done.stderr == ""


@pytest.mark.parametrize("deep", [(), ("--deep",)])
def test_a_running_copy_is_asked_and_not_disturbed(home, eventually, deep):
    server = home.serve()
    eventually(lambda: home.numbers(server))
    found = findings(home, *deep)
    assert server.url in found["running copy"]["says"]
    assert ("rows read" in found["database"]["says"]) is bool(deep)
    assert found["source 127.0.0.1 (ping)"]["says"].startswith("asked ")
    assert "pages" not in found
    assert server.stop()[0] == 0


def test_a_damaged_database_is_found_by_looking_deep(home, eventually):
    server = home.serve()
    eventually(lambda: home.numbers(server))
    server.stop()
    path = home.data / "oculus.db"
    with path.open("r+b") as file:
        file.seek(12288)
        file.write(bytes(path.stat().st_size - 12288))
    found = findings(home, "--deep", code=1)
    assert found["database"]["state"] == "bad"
    assert "never deletes it" in found["database"]["remedy"]
