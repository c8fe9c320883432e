"""`oculus backtest`, on the file and through the running copy."""

import io
import json
import time

import pytest

SETTINGS = """
rules:
  - {name: high rise, condition: net.x > 5, for: 1m, channels: [log]}
"""


@pytest.fixture
def stored(home):
    """An hour ago it was high for three minutes, and then for one sample."""
    from oculus.core.clock import SystemClock
    from oculus.core.counters import Counters
    from oculus.core.metric import Metric
    from oculus.storage.file.database import open_database
    from oculus.storage.settings import StorageSettings
    from oculus.storage.writing.writer import Writer

    home.config.write_text(SETTINGS, "utf-8")
    database = open_database(home.data, StorageSettings(), SystemClock())
    writer = Writer(database, Counters(), SystemClock())
    writer.start()
    begun = round(time.time() * 1000) - 3_600_000
    values = [0, 9, 9, 9, 9, 0, 9, 0]
    writer.put([Metric(begun + n * 60_000, "net.x", "net.x", float(v), {}) for n, v in enumerate(values)])
    writer.stop()
    database.close()
    return home


def test_it_shows_the_present_setting_beside_the_one_that_is_tried(stored):
    ran = stored.run("backtest", "high rise", "--since", "2h", "--for", "0s")
    assert (ran.returncode, ran.stderr) == (0, "")
    lines = [line.split() for line in ran.stdout.splitlines()]
    assert ["would", "have", "fired", "once", "2", "times"] in lines
    assert "as it is" in ran.stdout
    assert "for 0s" in ran.stdout
    assert "Played over 8 samples (raw)" in ran.stdout


def test_the_running_copy_and_the_file_say_the_same(stored):
    words = ("backtest", "high rise", "--since", "2h", "--json")
    apart = json.loads(stored.run(*words).stdout)
    stored.serve()
    running = json.loads(stored.run(*words).stdout)
    assert (running["count"], running["fired"], running["told"]) == (1, apart["fired"], apart["told"])


def test_a_rule_that_nobody_has_is_an_argument_that_is_wrong(stored):
    ran = stored.run("backtest", "nobody")
    assert ran.returncode == 2
    assert "There is no rule called 'nobody'" in ran.stderr


def test_at_a_terminal_it_says_how_far_it_is_and_leaves_no_trace(monkeypatch, eventually):
    from oculus.cli import backtest
    from oculus.core.errors import OculusError

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    def share():
        if not terminal.getvalue():
            terminal.write("asked;")
            raise OculusError("not there yet")
        return 0.42

    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setattr(backtest, "SAY_S", 0.01)
    with backtest.shown(share):
        eventually(lambda: "42% played" in terminal.getvalue())
    assert terminal.getvalue().endswith("\r\033[K")


def test_a_rule_in_sql_is_played_and_its_file_says_since_when_numbers_are_kept(stored):
    sql = "SELECT symbol, value FROM metrics WHERE ts > now() - INTERVAL 1 MINUTE AND value > 5"
    stored.config.write_text(f"rules:\n  - {{name: high, sql: '{sql}', schedule: '* * * * *'}}\n", "utf-8")
    ran = stored.run("backtest", "high", "--since", "100m", "--for", "90s")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "runs of its SQL. Numbers are kept since" in ran.stdout
    lines = [line.split() for line in ran.stdout.splitlines()]
    assert ["would", "have", "fired", "2", "times", "once"] in lines
