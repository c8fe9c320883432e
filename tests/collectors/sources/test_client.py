"""The polite client, against every answer a provider may have."""

from __future__ import annotations

import gc
import gzip
import logging
import threading
import time

import pytest

from fakes.market import Kit
from fakes.providers import play
from oculus import __version__
from oculus.collectors.crypto.altseason import Altseason
from oculus.collectors.crypto.price import Price
from oculus.collectors.custom.http_json import HttpJson
from oculus.collectors.sources.client import LeftAlone, key_header
from oculus.collectors.sources.providers import PROVIDERS
from oculus.collectors.sources.reply import Refused
from oculus.core.errors import BadAnswer, SourceBusy, SourceError
from oculus.core.loglines import JsonLines

KEY = "sk-0123456789"


def ask(kit, name="coingecko", path="/ping", timeout_s=30.0, **params):
    return kit.sources.get(name).get_json(path, params, timeout_s)


def cool_down(kit, name="coingecko"):
    status = kit.sources.get(name).status()
    return status.cool_down, ((status.cool_down_until_ms or kit.clock.ms) - kit.clock.ms) / 1000


def test_it_asks_below_the_address_that_was_set_and_says_honestly_who_it_is(kit, internet):
    internet.say("coingecko", "/ping", {"gecko_says": "hello"})
    assert ask(kit, a="b c") == {"gecko_says": "hello"}
    (asked,) = internet.asked
    assert asked.params == {"a": "b c"}
    assert asked.headers["user-agent"] == f"Oculus/{__version__} (personal monitor)"


def test_a_key_goes_into_the_header_and_never_into_the_address(kit, internet):
    kit.set(coingecko={"api_key": KEY})
    internet.say("coingecko", "/ping", {})
    ask(kit)
    assert internet.asked[0].headers["x-cg-demo-api-key"] == KEY
    assert KEY not in str(internet.asked[0].params)


@pytest.mark.parametrize("name", [each.name for each in PROVIDERS.values() if each.key_header])
def test_every_provider_that_takes_its_key_in_a_header_gets_it_there(kit, internet, name):
    kit.set(**{name: {"api_key": KEY}})
    internet.say(name, "/ping", {})
    ask(kit, name)
    (asked,) = internet.asked
    assert asked.headers[PROVIDERS[name].key_header.lower()] == KEY
    assert asked.params == {}


def test_coingeckos_paid_address_gets_the_key_under_its_own_name():
    coingecko = PROVIDERS["coingecko"]
    assert key_header(coingecko, "https://pro-api.coingecko.com/api/v3") == "x-cg-pro-api-key"
    assert key_header(coingecko, "https://api.coingecko.com/api/v3") == "x-cg-demo-api-key"


@pytest.mark.parametrize(
    ("error", "kind"), [("EAPI:Rate limit exceeded", SourceBusy), ("EService:Unavailable", SourceError)]
)
def test_krakens_complaints_with_status_200_are_failures(kit, internet, error, kind):
    internet.say("kraken", "/ping", {"error": [error]})
    with pytest.raises(kind, match=f"Kraken: says {error}"):
        ask(kit, "kraken")
    assert error in kit.sources.get("kraken").status().cool_down


def test_collectors_that_ask_the_same_provider_share_its_allowance(kit, internet):
    play(internet)
    kit.set(coingecko={"per_minute": 1})
    kit.collector(Price, assets=["btc"], fallback=[]).collect()
    with pytest.raises(LeftAlone, match="all 1 of a minute"):
        kit.collector(Altseason).collect()
    assert internet.count("coingecko") == 1


def test_a_key_that_is_echoed_in_an_error_is_masked_everywhere(kit, internet, caplog):
    caplog.set_level(logging.DEBUG)
    kit.set(alphavantage={"api_key": KEY})
    told = f"We have detected your API key as {KEY} and our standard API rate limit is 25 requests per day."
    internet.say("alphavantage", "/query", {"Information": told})
    with pytest.raises(SourceBusy, match="25 requests per day") as caught:
        ask(kit, "alphavantage", "/query")
    kept = str(kit.memory.kept) + str(kit.sources.status()) + str(caught.value) + repr(caught.value)
    assert KEY not in kept + "".join(JsonLines().format(record) for record in caplog.records)
    assert "detected your API key as ••••••" in kept


def test_an_echoed_key_in_an_error_status_is_masked_too(kit, internet):
    kit.set(glassnode={"api_key": KEY})
    internet.say("glassnode", "/v1", {"error": f"key {KEY} is unknown"}, status=403)
    with pytest.raises(SourceError, match="key •••••• is unknown"):
        ask(kit, "glassnode", "/v1")


@pytest.mark.parametrize(
    ("header", "wait_s"), [("119", 119), ("Wed, 25 Nov 2026 12:02:00 GMT", 120), ("864000", 3600)]
)
def test_retry_after_is_kept_to_in_seconds_and_as_a_date_up_to_an_hour(kit, internet, header, wait_s):
    internet.say("coingecko", "/ping", {"status": {"error_message": "Throttled"}}, status=429,
                 headers={"Retry-After": header})  # fmt: skip
    with pytest.raises(SourceBusy, match=r"asked too often \(answered 429 .*Throttled\)") as caught:
        ask(kit)
    assert caught.value.retry_after_s in (wait_s, 864000)
    reason, left_s = cool_down(kit)
    assert "Throttled" in reason
    assert left_s == wait_s
    with pytest.raises(LeftAlone, match="left alone for another"):
        ask(kit)
    assert internet.count("coingecko") == 1
    kit.clock.ahead(wait_s + 1)
    internet.say("coingecko", "/ping", {"ok": True})
    assert ask(kit) == {"ok": True}
    assert cool_down(kit) == ("", 0)


def test_a_cool_down_outlives_a_restart(kit, internet):
    internet.say("coingecko", "/ping", b"slow down", status=429, headers={"Retry-After": "600"})
    with pytest.raises(SourceBusy):
        ask(kit)
    kit.restart()
    with pytest.raises(LeftAlone, match="10 m"):
        ask(kit)
    assert internet.count("coingecko") == 1


def test_repeated_failures_open_the_circuit_and_one_good_answer_closes_it(kit, internet):
    internet.say("coingecko", "/ping", b"oops", status=502)
    for _ in range(3):
        with pytest.raises(SourceError, match="502 Bad Gateway"):
            ask(kit)
        kit.clock.ahead(
            cool_down(kit)[1] + 0.001 if not kit.sources.get("coingecko").status().circuit_open else 0
        )
    status = kit.sources.get("coingecko").status()
    assert status.circuit_open
    assert "502 Bad Gateway" in status.cool_down
    assert cool_down(kit)[1] >= 60
    kit.clock.ahead(cool_down(kit)[1] + 1)
    internet.say("coingecko", "/ping", {})
    ask(kit)
    assert not kit.sources.get("coingecko").status().circuit_open


USELESS = [
    (
        {"content": b"<html>consent</html>", "headers": {"Content-Type": "text/html"}},
        "text/html instead of JSON",
    ),
    ({"content": b"%PDF", "headers": {"Content-Type": "application/pdf"}}, "application/pdf instead of JSON"),
    ({"content": b'{"a": [1, 2'}, "is cut short"),
    ({"content": b"Will be right back..."}, "is not JSON"),
    ({"content": b""}, "is cut short|is not JSON"),
    ({"content": b'{"a": 1}', "declared": 500}, "its answer broke off"),
    ({"content": b" " * (9 * 2**20)}, "more than 8192 kB"),
    ({"content": {"code": 0}, "status": 451}, "does not serve this country"),
    (
        {"content": b"<h1>nginx</h1>", "status": 401, "headers": {"Content-Type": "text/html"}},
        "401 Unauthorized",
    ),
    (
        {"content": b"", "status": 302, "headers": {"Location": "http://consent.example/"}},
        "sends on to http://consent",
    ),
    (
        {"content": b"Edge: Too Many Requests", "status": 429, "headers": {"Content-Type": "text/plain"}},
        "Edge: Too Many",
    ),
]


@pytest.mark.parametrize(("answer", "told"), USELESS)
def test_a_useless_answer_is_told_in_words_counts_as_a_failure_and_is_got_over(kit, internet, answer, told):
    content = answer.pop("content")
    internet.say("coingecko", "/ping", content, **answer)
    with pytest.raises(SourceError, match=told):
        ask(kit)
    reason, left_s = cool_down(kit)
    assert reason or left_s == 0
    kit.clock.ahead(left_s + 1)
    internet.say("coingecko", "/ping", [1])
    assert ask(kit) == [1]
    answer["content"] = content


@pytest.mark.parametrize("kind", ["text/html", "image/png"])
def test_what_is_no_json_is_not_even_read(kit, internet, kind):
    endless = {"pieces": 100, "pause_s": 0.6, "headers": {"Content-Type": kind}}
    internet.say("coingecko", "/ping", b"x" * 1000, **endless)
    begun = time.monotonic()
    with pytest.raises(SourceError, match=f"answered with {kind} instead of JSON"):
        ask(kit, timeout_s=50)
    assert time.monotonic() - begun < 30


def test_a_small_body_that_unpacks_to_a_huge_one_is_refused(kit, internet):
    packed = gzip.compress(b" " * (16 * 2**20))
    assert len(packed) < 100_000
    internet.say("coingecko", "/ping", packed, headers={"Content-Encoding": "gzip"})
    with pytest.raises(BadAnswer, match="more than 8192 kB"):
        ask(kit)


def test_where_binance_does_not_serve_the_country_the_way_out_is_told(kit, internet):
    internet.say("binance", "/api", {"code": 0, "msg": "restricted location"}, status=451)
    with pytest.raises(SourceError, match=r"data-api\.binance\.vision"):
        ask(kit, "binance", "/api")


def test_a_body_that_drips_is_cut_off_in_time(kit, internet):
    internet.say("coingecko", "/ping", b'{"a": "' + b"x" * 100 + b'"}', pieces=100, pause_s=0.6)
    with pytest.raises(SourceError, match="did not answer within 300ms"):
        ask(kit, timeout_s=0.3)


def test_what_the_provider_does_not_know_is_no_failure_of_the_provider(kit, internet):
    internet.say("coingecko", "/coins/x", {"error": "coin not found"}, status=404)
    for _ in range(5):
        with pytest.raises(Refused, match="404 Not Found: coin not found"):
            ask(kit, path="/coins/x")
    assert cool_down(kit) == ("", 0)


def test_nobody_at_the_other_end_is_told_in_words(kit):
    kit.set(coingecko={"base_url": "http://127.0.0.1:9"})
    with pytest.raises(SourceError, match=r"CoinGecko: http://127.0.0.1:9 refuses connections"):
        ask(kit)


def test_a_minute_holds_no_more_questions_than_allowed_also_across_a_restart(kit, internet):
    internet.say("coingecko", "/ping", {})
    kit.set(coingecko={"per_minute": 3})
    for _ in range(3):
        ask(kit)
        kit.clock.ahead(10)
    kit.restart(coingecko={"per_minute": 3})
    with pytest.raises(LeftAlone, match="all 3 of a minute; it may be asked again in 30 s"):
        ask(kit)
    kit.clock.ahead(31)
    ask(kit)
    with pytest.raises(LeftAlone):
        ask(kit)
    assert internet.count("coingecko") == 4


def test_a_month_holds_no_more_questions_than_allowed_also_across_a_restart(kit, internet):
    internet.say("coingecko", "/ping", {})
    kit.set(coingecko={"per_month": 2})
    ask(kit)
    kit.restart(coingecko={"per_month": 2})
    assert kit.sources.get("coingecko").status().calls_left == 1
    ask(kit)
    with pytest.raises(LeftAlone, match="all 2 of this month; it may be asked again in 5 d 12 h"):
        ask(kit)
    kit.clock.at("2026-12-01T00:00:01Z")
    ask(kit)
    assert kit.sources.get("coingecko").status().calls_used == 1


def test_intervals_stretch_when_the_month_would_not_last(kit):
    kit.set(coingecko={"per_month": 1000})
    source = kit.sources.get("coingecko")
    kit.clock.at("2026-11-01T00:00:00Z")
    assert source.stretch("a", 1, 3600) == 1.0
    factor = source.stretch("b", 1, 600)
    assert 5.2 < factor < 5.4  # 720 + 4320 wanted, 950 given
    assert source.stretch("a", 1, 3600) == pytest.approx(factor)


def test_who_stands_in_is_saved_up_but_not_by_a_clock_that_was_wrong(kit, internet):
    internet.say("coingecko", "/ping", {})
    kit.clock.at("2038-01-19T03:14:07Z")
    ask(kit)
    source = kit.sources.get("coingecko")
    with pytest.raises(LeftAlone, match=r"stands in again in \d+ m, or its allowance would not last"):
        source.save_up()
    kit.clock.at("2026-11-25T12:00:00Z")
    source.save_up()


def test_a_collector_that_is_gone_no_longer_counts(kit):
    kit.set(coingecko={"per_month": 1000})
    source = kit.sources.get("coingecko")
    kit.clock.at("2026-11-01T00:00:00Z")
    source.stretch("b", 1, 600)
    kit.clock.ahead(6 * 3600)
    assert source.stretch("a", 1, 3600) == 1.0


def test_one_provider_is_asked_one_question_at_a_time(kit, internet, gate, eventually):
    internet.say("coingecko", "/ping", lambda asked: gate.wait(60) and [1])
    threads = [threading.Thread(target=ask, args=[kit], kwargs={"timeout_s": 30.0}) for _ in range(4)]
    for thread in threads:
        thread.start()
    eventually(lambda: internet.asked)
    with pytest.raises(SourceBusy, match="busy with other questions"):
        ask(kit, timeout_s=0.05)
    assert len(internet.asked) == 1
    gate.set()
    for thread in threads:
        thread.join(30)
    assert internet.count("coingecko") == 4


def test_a_proxy_from_the_environment_is_used(kit, internet, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", internet.url("").rstrip("/"))
    monkeypatch.setenv("NO_PROXY", "")
    kit.set(coingecko={"base_url": "http://nowhere.invalid"})
    with pytest.raises(SourceError, match=r"404|answered"):
        ask(kit)
    assert len(internet.asked) == 1


def test_a_body_that_drips_through_a_proxy_is_cut_off_in_time_too(kit, internet, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, internet.url("").rstrip("/"))
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "")
    internet.say("ping", "/", b'{"a": "' + b"x" * 100 + b'"}', pieces=100, pause_s=0.6)
    kit.set(coingecko={"base_url": "http://nowhere.invalid"})
    begun = time.monotonic()
    with pytest.raises(SourceError, match="did not answer within 500ms"):
        ask(kit, timeout_s=0.5)
    assert time.monotonic() - begun < 30


def refusing_proxy(monkeypatch, listen):
    port = listen(
        lambda each: (each.recv(65536), each.sendall(b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n"))
    )
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{port}")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "")


@pytest.mark.parametrize("where", ["http://nowhere.invalid", "http://127.0.0.1:9", "https://proxied.example"])
def test_what_never_reached_the_provider_does_not_count(kit, internet, monkeypatch, listen, where):
    if "proxied" in where:
        refusing_proxy(monkeypatch, listen)
    kit.set(coingecko={"base_url": where, "per_month": 3, "per_minute": 3})
    for _ in range(8):
        with pytest.raises(SourceError):
            ask(kit)
        kit.clock.ahead(61)
    status = kit.sources.get("coingecko").status()
    assert (status.calls_used, status.calls_left) == (0, 3)
    kit.restart(coingecko={"per_month": 3})
    internet.say("coingecko", "/ping", {})
    ask(kit)
    assert kit.sources.get("coingecko").status().calls_left == 2


def test_whoever_could_not_be_reached_is_asked_again_within_a_minute(kit, internet):
    kit.set(coingecko={"base_url": "http://127.0.0.1:9"})
    for _ in range(8):
        with pytest.raises(SourceError, match="refuses connections"):
            ask(kit)
        assert cool_down(kit)[1] <= 60
        kit.clock.ahead(61)


def test_a_question_that_was_heard_counts_though_no_answer_came(kit, listen):
    kit.set(
        coingecko={"base_url": f"http://127.0.0.1:{listen(lambda each: each.recv(65536))}", "per_month": 9}
    )
    with pytest.raises(SourceError, match="closed the connection without an answer"):
        ask(kit)
    assert kit.sources.get("coingecko").status().calls_used == 1


def test_a_name_nobody_knows_is_told_in_words(kit):
    kit.set(coingecko={"base_url": "http://nowhere.invalid"})
    with pytest.raises(SourceError, match="cannot be found: no such host"):
        ask(kit)


def test_changed_settings_make_a_new_client_that_keeps_the_counts(kit, internet):
    internet.say("coingecko", "/ping", {})
    ask(kit)
    before = kit.sources.get("coingecko")
    kit.sources.replace(kit.settings)
    assert kit.sources.get("coingecko") is before
    other = Kit(internet, coingecko={"api_key": "another"})
    kit.sources.replace(other.settings)
    assert kit.sources.get("coingecko").status().calls_used == 1
    assert kit.sources.get("coingecko").has_key


def test_any_other_host_is_asked_with_the_same_manners(kit, internet):
    internet.say("shop", "/stats", {"orders": 3})
    source = kit.sources.at(internet.url("shop") + "/stats")
    assert source.get_json(internet.url("shop") + "/stats") == {"orders": 3}
    assert kit.sources.at(internet.url("shop") + "/stats") is source
    assert kit.sources.at(internet.url("other")) is not source, "one broken address is not the whole host"


def test_bad_answer_is_a_source_error_so_the_scheduler_backs_off():
    assert issubclass(BadAnswer, SourceError)
    assert issubclass(Refused, SourceError)


def test_a_key_of_ones_own_gives_more(kit, internet):
    internet.say("coingecko", "/ping", {})
    kit.set(coingecko={"api_key": KEY})
    for _ in range(25):
        ask(kit)
    with pytest.raises(LeftAlone, match="all 25 of a minute"):
        ask(kit)


def test_a_kept_connection_that_was_closed_at_the_other_end_is_made_anew(kit, listen):
    served = []

    def handle(connection):
        """Answer once, then hang up at the second question."""
        connection.recv(65536)
        served.append(connection)
        connection.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]"
        )
        connection.recv(65536)

    kit.set(coingecko={"base_url": f"http://127.0.0.1:{listen(handle)}"})
    assert [ask(kit), ask(kit)] == [[], []]
    assert len(served) == 2


def test_json_that_begins_with_the_mark_of_its_encoding_is_json(kit, internet):
    internet.say("coingecko", "/ping", b"\xef\xbb\xbf[1]")
    assert ask(kit) == [1]


def test_a_garbled_compression_is_told_in_words(kit, internet):
    internet.say("coingecko", "/ping", b"no gzip at all", headers={"Content-Encoding": "gzip"})
    with pytest.raises(SourceError, match="its answer broke off"):
        ask(kit)


def test_an_address_that_nobody_asks_any_more_is_forgotten(kit, internet):
    internet.say("shop", "/stats", {"orders": 3})
    settings = {"name": "shop", "url": internet.url("shop") + "/stats", "metrics": {"orders": "orders"}}
    first, second = (kit.collector(HttpJson, **settings) for _ in range(2))
    for collector in (first, second):
        assert [metric.value for metric in collector.collect()] == [3.0]
    assert [source.calls_used for source in kit.sources.status()] == [2], "both ask the same client"
    del first, second, collector
    gc.collect()
    assert kit.sources.status() == []
    assert kit.collector(HttpJson, **settings).sources()[0].calls_used == 2, "it still knows what it asked"
