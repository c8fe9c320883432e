import pytest
from hypothesis import given
from hypothesis import strategies as st

from oculus.core import symbols


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("  My Shop! ", "my-shop"),
        ("Redis:6379", "redis:6379"),
        ("a/b_c.d", "a/b_c.d"),
        ("日本", "-"),
        ("", "-"),
    ],
)
def test_any_name_can_be_made_fit_for_a_symbol(text, cleaned):
    assert symbols.clean(text) == cleaned


@given(st.text())
def test_a_cleaned_name_is_always_valid_and_stays_as_it_is(text):
    cleaned = symbols.clean(text)
    assert symbols.VALID.fullmatch(cleaned)
    assert symbols.clean(cleaned) == cleaned


@pytest.mark.parametrize(
    ("symbol", "category"),
    [
        ("net.ping.example.com.loss", "net.ping"),
        ("crypto.price.btc_usd", "crypto.price"),
        ("oculus.queue", "oculus.queue"),
    ],
)
def test_the_category_is_the_first_two_parts(symbol, category):
    assert symbols.category_of(symbol) == category


@pytest.mark.parametrize(
    ("symbol", "main", "part"),
    [
        ("net.ping.example.com.loss", "net.ping.example.com", "loss"),
        ("net.ping.gw.up", "net.ping.gw", "up"),
        ("net.tcp.redis:6379.up", "net.tcp.redis:6379", "up"),
        ("net.http.api.first_byte", "net.http.api", "first_byte"),
        ("crypto.price.btc_usd.change_24h", "crypto.price.btc_usd", "change_24h"),
        ("net.ping.example.com", "net.ping.example.com", ""),
        ("net.ping.up", "net.ping.up", ""),
        ("net.ping.up.up", "net.ping.up", "up"),
        ("custom.shop.status", "custom.shop.status", ""),
    ],
)
def test_a_symbol_knows_its_main_one(symbol, main, part):
    assert (symbols.main_of(symbol), symbols.part_of(symbol)) == (main, part)


@pytest.mark.parametrize(
    ("pattern", "symbol", "name"),
    [
        ("net.http.*", "net.http.api.example.com", "api.example.com"),
        ("net.http.*", "net.http.api.example.com.status", None),
        ("net.http.*.status", "net.http.api.example.com.status", "api.example.com"),
        ("net.http.*.status", "net.http.api.example.com", None),
        ("net.http.*", "net.ping.gw", None),
        ("net.http.api", "net.http.api", ""),
        ("net.http.api", "net.http.apix", None),
        ("net.*.gw", "net.ping.gw", "ping"),
        ("net.*.a*", "net.ping.ab", "ping*b"),
        ("net.http.*", "net.http.", None),
        ("net.http.a.b", "net.http.aXb", None),
    ],
)
def test_a_star_stands_for_a_name_and_means_main_symbols_unless_a_part_is_written(pattern, symbol, name):
    assert symbols.matched_name(pattern, symbol) == name
    assert symbols.matches(pattern, symbol) is (name is not None)


@pytest.mark.parametrize(
    ("symbol", "tags", "unit"),
    [
        ("net.ping.gw", None, "ms"),
        ("net.ping.gw.loss", None, "%"),
        ("net.ping.gw.up", None, ""),
        ("net.http.api.bytes", None, "B"),
        ("net.http.api.tls_days", None, "d"),
        ("crypto.price.btc_usd", {"currency": "usd"}, "USD"),
        ("crypto.price.btc_usd.change_24h", {"currency": "usd"}, "%"),
        ("crypto.sentiment.fng", {}, ""),
        ("custom.office.room", {"unit": "C"}, "C"),
    ],
)
def test_a_value_has_the_unit_that_its_symbol_or_tags_say(symbol, tags, unit):
    assert symbols.unit_of(symbol, tags) == unit
