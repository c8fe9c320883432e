"""What `collect` and `status` say of sources, in plain words."""

from __future__ import annotations

import json

import pytest

from fakes.internet import DATA, Internet
from fakes.providers import play

SETTINGS = """
server: {{port: 0}}
sources:
  coingecko: {{base_url: "{url}", api_key: sk-very-secret-0123}}
  kraken: {{base_url: "{kraken}"}}
collectors:
  - {{type: crypto.price, name: more, assets: [eth], source: coingecko, fallback: [kraken], timeout: 30s}}
  - {{type: crypto.price, name: coins, assets: [btc], fallback: [], timeout: 30s}}
"""


@pytest.fixture
def internet(home):
    server = Internet()
    play(server)
    home.config.write_text(SETTINGS.format(url=server.url("coingecko"), kraken=server.url("kraken")))
    yield server
    server.close()


def test_collect_shows_each_number_with_its_unit_and_its_own_time(home, internet):
    done = home.run("collect", "coins")
    assert done.returncode == 0
    line = next(line for line in done.stdout.splitlines() if line.startswith("crypto.price.btc_usd "))
    assert line.split() == ["crypto.price.btc_usd", "91234.5678901", "USD", "2026-11-25T11:58:31.000Z"]


FAILURES = {
    "429": (
        {"content": {"error": "key sk-very-secret-0123 was throttled"}, "status": 429},
        "key •••••• was throttled",
    ),
    "HTML": ({"content": DATA / "yahoo/consent.html"}, "answered with text/html instead of JSON"),
    "an image": (
        {"content": b"\x89PNG", "headers": {"Content-Type": "image/png"}},
        "answered with image/png instead of JSON",
    ),
    "nothing": ({"content": {}}, "has no price for btc"),
    "null": ({"content": {"bitcoin": {"usd": None}}}, "has no price for btc"),
    "words": ({"content": {"bitcoin": {"usd": "n/a"}}}, "has no price for btc"),
    "451": ({"content": {}, "status": 451}, "does not serve this country"),
    "cut short": ({"content": b'{"bitcoin": {'}, "is cut short"),
    "slow": ({"content": b" " * 100, "pieces": 100, "pause_s": 0.1}, "did not answer within"),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_collect_says_in_plain_words_why_there_is_no_number(home, internet, failure):
    answer, told = FAILURES[failure]
    answer = dict(answer)
    if failure == "slow":
        home.config.write_text(home.config.read_text().replace("timeout: 30s", "timeout: 1s"))
    internet.say("coingecko", "/simple/price", answer.pop("content"), **answer)
    done = home.run("collect", "coins")
    assert done.returncode == 1
    assert told in done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    assert "sk-very-secret" not in done.stderr + done.stdout


def test_status_shows_calls_used_and_left_and_why_a_source_is_left_alone(home, internet, eventually):
    internet.say("coingecko", "/simple/price", b"", status=429, headers={"Retry-After": "600"})
    server = home.serve()
    eventually(lambda: "answered 429" in home.run("status").stdout)
    told = home.run("status").stdout
    eventually(lambda: "Kraken" in home.run("status").stdout)
    more, collector = json.loads(home.run("status", "--json").stdout)["collectors"]
    server.stop()
    assert "next run" in told
    assert "calls this month" in told
    assert "9999" in told
    assert (collector["source"], collector["calls_used"], collector["calls_left"]) == ("CoinGecko", 1, 9999)
    assert collector["cool_down"].startswith("was asked too often")
    assert collector["cool_down_until"].endswith("Z")
    assert "another source stood in" in more["said"]
    assert more["last_run"] >= more["as_of"] > "2026"
    assert [each["source"] for each in more["others"]] == ["Kraken"]
