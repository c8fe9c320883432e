"""`oculus backtest`, on the file and through the running copy."""

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
    from oculus.storage.database import open_database
    from oculus.storage.settings import StorageSettings
    from oculus.storage.writer import Writer

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
