"""What Oculus needs of the machine, looked at on this one."""

import shutil
import socket
from collections import namedtuple

import pytest

from oculus.collectors.network.icmp import NotAllowed
from oculus.doctor import desk, machine
from oculus.doctor.finding import State

Usage = namedtuple("Usage", "total used free")


@pytest.mark.parametrize(
    ("free", "database", "state"),
    [
        (50e9, 1e9, State.OK),
        (5e9, 4e9, State.ODD),  # no room for a backup beside it
        (0.5e9, 0, State.ODD),
        (50e6, 0, State.BAD),
    ],
)
def test_a_disk_that_fills_up_is_told_before_it_is_full(tmp_path, monkeypatch, free, database, state):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(0, 0, int(free)))
    found = machine.disk(tmp_path, int(database))
    assert found.state is state
    assert bool(found.remedy) is (state is not State.OK)


def test_a_data_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    found = machine.disk(tmp_path / "file", 0)
    assert found.state is State.BAD
    assert "--data" in found.remedy


def test_a_data_folder_that_is_not_there_yet_is_judged_by_where_it_will_be(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(0, 0, int(50e9)))
    found = machine.disk(tmp_path / "not" / "yet", 0)
    assert found.state is State.OK
    assert list(tmp_path.iterdir()) == []


def test_a_taken_port_is_told_with_the_way_to_another():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        found = machine.pages("127.0.0.1", port)
    assert found.state is State.BAD
    assert "--port" in found.remedy
    assert machine.pages("127.0.0.1", 0).state is State.OK
    assert machine.pages("127.0.0.1", port).state is State.OK


@pytest.mark.parametrize(("wanted", "state"), [(True, State.BAD), (False, State.ODD)])
def test_a_system_that_lets_nobody_ping_is_bad_only_where_somebody_wants_to(monkeypatch, wanted, state):
    def never(*_):
        raise NotAllowed

    monkeypatch.setattr(machine, "WAYS", (never, never))
    found = machine.ping(wanted=wanted)
    assert found.state is state
    assert "ping_group_range" in found.remedy


def test_without_a_display_nothing_of_a_desktop_is_missed(monkeypatch):
    monkeypatch.setattr(desk, "has_display", lambda: False)
    assert {found.state for found in desk.desktop()} == {State.SKIPPED}
    assert [found.check for found in desk.desktop()] == ["display", "tray", "popups", "window"]
