"""Deadlines that hold whatever happens, and sockets that are cut without giving anything away."""

import socket
import ssl
import threading

import pytest
import trustme

from oculus.core.cuttable import Sockets
from oculus.core.outgoing import Deadlines, hang_up

PATIENCE_S = 30.0


def test_a_deadline_that_cannot_be_kept_does_not_cost_the_others_theirs():
    def fail():
        raise RuntimeError("Set changed size during iteration")

    deadlines, reached = Deadlines("test-deadlines"), threading.Event()
    deadlines.within(0, fail)
    deadlines.within(0.01, reached.set)
    assert reached.wait(PATIENCE_S)


def test_where_the_system_had_no_thread_to_give_the_next_deadline_has_one(monkeypatch):
    def refuse(_thread):
        raise RuntimeError("can't start new thread")

    deadlines, reached = Deadlines("test-deadlines"), threading.Event()
    with monkeypatch.context() as poor:
        poor.setattr(threading.Thread, "start", refuse)
        with pytest.raises(RuntimeError, match="new thread"):
            deadlines.within(0, lambda: None)
    deadlines.within(0, reached.set)
    assert reached.wait(PATIENCE_S)


class Halfway:
    """A connection that is being made, and closed by its own thread just when somebody looks."""

    looks = 0

    @property
    def sock(self):
        self.looks += 1
        return socket.socket() if self.looks == 1 else None


def test_a_connection_that_closes_while_it_is_looked_at_is_no_mistake():
    sockets = Sockets()
    made = Halfway()
    sockets.begin(made)
    assert len(sockets.all()) == 1
    assert sockets.all() == set()


@pytest.fixture
def over_tls():
    """The near end of a TLS connection, and the socket at its far end."""
    authority = trustme.CA()
    theirs, ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("far.test").configure_cert(theirs)
    authority.configure_trust(ours)
    near, far = socket.socketpair()
    server = threading.Thread(target=lambda: made.append(theirs.wrap_socket(far, server_side=True)))
    made = []
    server.start()
    with ours.wrap_socket(near, server_hostname="far.test") as client:
        server.join(PATIENCE_S)
        with made[0] as there:
            yield client, there


def test_what_is_cut_stays_encrypted_to_the_end(over_tls):
    client, _ = over_tls
    hang_up(client)
    assert client.version()  # of TLS; without one the rest of a question would go out for all to read
    with pytest.raises((BrokenPipeError, ssl.SSLError)):
        client.sendall(b"Authorization: Bearer secret")


def test_who_waits_on_a_connection_that_is_cut_is_told_at_once(over_tls):
    client, _ = over_tls
    client.settimeout(PATIENCE_S)
    threading.Timer(0.05, hang_up, [client]).start()
    assert client.recv(1) == b""


def test_to_cut_what_has_ended_by_itself_is_no_mistake():
    ended = socket.socket()
    ended.close()
    hang_up(ended)
