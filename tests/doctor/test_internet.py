"""Is there an internet? Asked of a server on this machine, and for a name that there never is."""

import socket

import pytest

from oculus.collectors.anchors import ConnectivitySettings
from oculus.doctor.finding import State
from oculus.doctor.internet import internet

NOWHERE = "nowhere.invalid"


@pytest.fixture
def port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def silent():
    """A port of which nobody takes a connection: its queue is full."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        with socket.create_connection(server.getsockname()), socket.socket() as second:
            second.setblocking(False)
            second.connect_ex(server.getsockname())
            yield server.getsockname()[1]


def anchor(port):
    return ConnectivitySettings(anchors=(f"127.0.0.1:{port}",))


def test_where_names_and_addresses_answer_all_is_well(port):
    found, explained = internet(anchor(port), "localhost")
    assert (found.state, explained) == (State.OK, "")


def test_without_names_the_name_server_is_to_blame(port):
    found, explained = internet(anchor(port), NOWHERE)
    assert (found.state, bool(explained)) == (State.ODD, True)
    assert "no name is found" in found.says
    assert "name server" in found.remedy


def test_where_only_the_anchors_are_silent_others_can_be_named(silent):
    found, explained = internet(anchor(silent), "localhost")
    assert found.says == f"names are found, but nothing answers at 127.0.0.1:{silent}"
    assert "connectivity.anchors" in found.remedy
    assert explained == ""


def test_no_internet_is_one_line_with_what_to_look_at(silent):
    found, explained = internet(anchor(silent), NOWHERE)
    assert found.says.startswith("there is none")
    assert "router" in found.remedy
    assert "`internet`" in explained
