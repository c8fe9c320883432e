"""Market collectors in a whole Oculus: what is known of a source outlives the restart."""

from __future__ import annotations

import time

import pytest

from fakes.internet import Answer, Internet
from fakes.providers import market_chart, play
from oculus.core.clock import to_iso

DAY_S = 86_400
SETTINGS = """
sources:
  coingecko: {{base_url: "{url}", per_minute: 6000, per_month: 90000000}}
collectors:
  - {{type: crypto.price, assets: [btc], interval: 1s, timeout: 1s, fallback: []}}
  - {{type: crypto.ma, assets: [btc]}}
"""
ROWS = "SELECT epoch_ms(ts), value FROM metrics WHERE symbol = 'crypto.price.btc_usd' ORDER BY ts"


@pytest.fixture
def internet():
    server = Internet()
    play(server)
    yield server
    server.close()


def say_price(internet, value, ts_ms):
    row = {"usd": value, "last_updated_at": ts_ms // 1000}
    internet.say("coingecko", "/simple/price", {"bitcoin": row})


@pytest.fixture
def settings(internet, eventually):
    eventually(lambda: time.time() % DAY_S < DAY_S - 40, within_s=60)  # no day begins during the test
    midnight = int(time.time()) // DAY_S * DAY_S
    last, now = to_iso(midnight * 1000), to_iso(int(time.time() * 1000))
    internet.say("coingecko", "/coins/bitcoin/market_chart", market_chart(70, last, now))
    return SETTINGS.format(url=internet.url("coingecko"))


def status(oculus, name):
    return next(each for each in oculus.scheduler.status() if each.name == name)


def test_a_row_is_written_once_and_calls_are_counted_across_a_restart(house, internet, settings, eventually):
    then = (int(time.time()) - 30) * 1000
    say_price(internet, 91_000, then)
    with house(settings) as oculus:
        eventually(lambda: status(oculus, "crypto.price").runs >= 2)
        eventually(lambda: oculus.reader.query(ROWS).rows)
        used = status(oculus, "crypto.price").calls_used
    with house(settings) as oculus:
        eventually(lambda: status(oculus, "crypto.price").runs >= 2)
        assert oculus.reader.query(ROWS).rows == [[then, 91_000.0]]
        assert status(oculus, "crypto.price").calls_used > used
        assert status(oculus, "crypto.price").calls_left < 90_000_000 - used
        assert "nothing new" in status(oculus, "crypto.price").said
        say_price(internet, 91_500, then + 10_000)
        eventually(lambda: len(oculus.reader.query(ROWS).rows) == 2)


def test_daily_closes_are_kept_and_not_asked_for_again(house, internet, settings, eventually):
    say_price(internet, 91_000, int(time.time()) * 1000)
    averages = "SELECT symbol FROM metrics WHERE category = 'crypto.ma' ORDER BY 1"
    for _ in range(2):
        with house(settings) as oculus:
            eventually(lambda o=oculus: status(o, "crypto.ma").runs)
            eventually(lambda o=oculus: len(o.reader.query(averages).rows) == 2)
            oculus.upkeep.clean()  # raw numbers of so long ago would go
            assert oculus.reader.query("SELECT count(*) FROM daily_closes").rows == [[71]]
    assert internet.count("coingecko", "/coins/bitcoin/market_chart") == 1


def test_a_cool_down_is_kept_to_after_a_restart_and_its_reason_is_shown(
    house, internet, settings, eventually
):
    internet.say("coingecko", "/simple/price", b"", status=429, headers={"Retry-After": "600"})
    internet.say("coingecko", "/coins/bitcoin/market_chart", b"", status=429, headers={"Retry-After": "600"})
    with house(settings) as oculus:
        eventually(lambda: status(oculus, "crypto.price").last_error)
        assert "429 Too Many Requests" in status(oculus, "crypto.price").cool_down
    asked = len(internet.asked)
    with house(settings) as oculus:
        eventually(lambda: status(oculus, "crypto.price").last_error)
        assert "left alone for another" in status(oculus, "crypto.price").last_error
        assert "429" in status(oculus, "crypto.price").cool_down
    assert len(internet.asked) == asked


def test_stopping_does_not_wait_for_a_slow_answer_nor_blame_the_provider(
    house, internet, settings, eventually
):
    slow = Answer(200, b" " * 100, {"Content-Type": "application/json"}, 0.6, 100)
    internet.say("coingecko", "/simple/price", slow)
    internet.say("coingecko", "/coins/bitcoin/market_chart", slow)
    slow_settings = settings.replace("interval: 1s, timeout: 1s", "interval: 90s, timeout: 60s")
    with house(slow_settings) as oculus:
        eventually(lambda: internet.asked)
        begun = time.monotonic()
    assert time.monotonic() - begun < 30
    with house(slow_settings) as oculus:
        assert oculus.sources.get("coingecko").status().cool_down == ""
