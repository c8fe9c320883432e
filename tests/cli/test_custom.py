"""What `collect` says of sources of one's own and of Polymarket, in plain words."""

from __future__ import annotations

import pytest

from fakes.internet import Internet
from fakes.polymarket import market

SETTINGS = """
sources: {{polymarket: {{gamma_url: "{gamma}", ws_url: "ws://127.0.0.1:9/"}}}}
collectors:
  - {{type: http_json, name: shop, url: "{shop}/stats", timeout: 10s, metrics: {{orders: data.total}}}}
  - {{type: polymarket, name: rain, markets: [will-it-rain]}}
  - {{type: push, name: backup, secret: hidden-words}}
  - {{type: plugin, module: office.py, settings: {{room: hall}}}}
"""
OFFICE = """
from oculus.plugin import Collector, CollectorSettings

class OfficeSettings(CollectorSettings):
    room: str

class Office(Collector):
    category = "custom.office"
    settings_class = OfficeSettings

    def collect(self):
        return [self.metric(f"custom.office.{self.settings.room}", 21.5, unit="C")]
"""


@pytest.fixture
def internet(home):
    server = Internet()
    home.config.write_text(SETTINGS.format(gamma=server.url("gamma"), shop=server.url("shop")))
    (home.folder / "office.py").write_text(OFFICE)
    server.say("shop", "/stats", {"data": {"total": 42}})
    server.say("gamma", "/markets", [market()])
    yield server
    server.close()


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("shop", ["custom.shop.orders", "42"]),
        ("rain", ["pred.poly.will-it-rain.no", "0.495"]),
        ("office", ["custom.office.hall", "21.5", "C"]),
    ],
)
def test_collect_shows_what_was_found(home, internet, name, line):
    done = home.run("collect", name)
    assert done.returncode == 0, done.stderr
    assert line in [each.split()[: len(line)] for each in done.stdout.splitlines()]


@pytest.mark.parametrize(
    ("name", "provider", "path", "answer", "told"),
    [
        ("shop", "shop", "/stats", {"content": {"data": None}}, "orders: there is nothing at data.total"),
        ("shop", "shop", "/stats", {"content": b"", "status": 503}, "answered 503"),
        ("rain", "gamma", "/markets", {"content": {}, "status": 451}, "does not serve this country"),
        (
            "rain",
            "gamma",
            "/markets",
            {"content": [market() | {"outcomes": "["}]},
            "outcomes that cannot be read",
        ),
    ],
)
def test_collect_says_why_there_is_no_number(home, internet, name, provider, path, answer, told):
    internet.say(provider, path, answer.pop("content"), **answer)
    done = home.run("collect", name)
    assert done.returncode == 1
    assert told in done.stderr
    assert "Traceback" not in done.stderr + done.stdout


def test_collect_tells_of_a_market_that_is_over(home, internet):
    internet.say("gamma", "/markets", [market(prices=["0", "1"], closed=True)])
    done = home.run("collect", "rain")
    assert "the market will-it-rain is closed; the result is No" in done.stderr


def test_collect_says_that_a_push_cannot_be_asked(home, internet):
    done = home.run("collect", "backup")
    assert done.returncode == 1
    assert "its numbers are sent to it" in done.stderr


def test_collect_names_the_line_of_a_broken_plugin(home, internet):
    (home.folder / "office.py").write_text("\n\n1 / 0\n")
    done = home.run("collect", "office")
    assert done.returncode == 1
    assert "line 3: ZeroDivisionError" in done.stderr
    assert "Traceback" not in done.stderr
    assert home.run("check").returncode == 0, "the rest runs"
