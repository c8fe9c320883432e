"""One copy only: whoever comes second shows the first one's window."""

import sys
from argparse import Namespace

import pytest

from fakes.waiting import eventually
from oculus.cli import desktop
from oculus.core.errors import LockedError


@pytest.mark.skipif(sys.platform != "linux", reason="the bench is an X server")
def test_of_three_that_are_started_at_once_one_runs_and_the_others_show_its_window(full_screen, oculus):
    program = oculus(full_screen, "--hidden")
    copies = [program.process, program.start("--hidden"), program.start("--hidden")]
    try:
        eventually(lambda: [copy.poll() for copy in copies].count(None) == 1)
        assert [copy.poll() for copy in copies].count(0) == 2
        eventually(full_screen.windows)
    finally:
        for copy in copies:
            copy.terminate()
    assert [copy.wait(60) for copy in copies] == [0, 0, 0]


def test_one_that_loses_the_race_for_the_database_shows_the_window_of_the_winner(monkeypatch, tmp_path):
    winner, shown = Namespace(address="http://oculus.test"), []
    looks = iter([None, winner])
    monkeypatch.setattr(desktop, "other", lambda *_: next(looks))
    monkeypatch.setattr(desktop, "show", lambda copy: shown.append(copy) or 0)

    def locked(*_):
        raise LockedError("in use")

    monkeypatch.setattr(desktop.serve, "run", locked)
    assert desktop.run(Namespace(config=None, data=str(tmp_path))) == 0
    assert shown == [winner]
