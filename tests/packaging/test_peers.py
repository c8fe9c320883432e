"""What Oculus is compared with is unpacked, not installed; where it cannot be had, that is said."""

import importlib

import pytest


@pytest.fixture
def peers(root, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(root / "packaging"))
    found = importlib.import_module("peers")
    monkeypatch.setattr(found, "FOLDER", tmp_path / "peers")
    monkeypatch.setattr(found, "BINARIES", tmp_path / "peers" / "usr" / "bin")
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    return found


def program(folder, name):
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_what_is_there_is_not_fetched(peers, monkeypatch):
    monkeypatch.setattr(peers, "run", lambda *_: pytest.fail("nothing needs to be fetched"))
    there = program(peers.BINARIES, "promtool")
    assert peers.find("promtool") == str(there)
    assert peers.fetch(["promtool"]) == ""


def test_where_there_are_no_debian_packages_that_is_said(peers):
    assert "this is no Debian" in peers.fetch(["promtool"], peers.FOLDER)


def test_packages_are_unpacked_into_the_environment_and_nothing_is_installed(peers, tmp_path, monkeypatch):
    tools = tmp_path / "tools"
    program(tools, "apt-get")
    program(tools, "dpkg-deb")
    monkeypatch.setenv("PATH", str(tools))
    ran = []

    def run(command, where):
        ran.append(command)
        if command[0] == "apt-get":
            (where / "prometheus_1_amd64.deb").write_bytes(b"")
        else:
            program(peers.BINARIES, "promtool")
        return ""

    monkeypatch.setattr(peers, "run", run)
    assert peers.fetch(["promtool"], peers.FOLDER) == ""
    assert ran[0][:3] == ["apt-get", "-q", "download"]
    assert ran[1][:2] == ["dpkg-deb", "-x"]
    assert not any("install" in command for command in ran)


def test_a_package_that_cannot_be_had_is_told_with_the_last_words_of_who_tried(peers, tmp_path, monkeypatch):
    tools = tmp_path / "tools"
    program(tools, "apt-get").write_text("#!/bin/sh\necho 'E: no route'\nexit 100\n")
    program(tools, "dpkg-deb")
    monkeypatch.setenv("PATH", f"{tools}:/usr/bin:/bin")
    monkeypatch.setattr(peers, "find", lambda name: None)
    (tmp_path / "peers").mkdir()
    assert peers.fetch(["influxd"], peers.FOLDER) == "influxd: E: no route"
