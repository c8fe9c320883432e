"""What was answered before: a provider may say "as before", and nobody hears what was meant for another."""

from __future__ import annotations

import pytest

from fakes.internet import Answer
from oculus.collectors.custom.http_json import HttpJson
from oculus.collectors.sources.reply import Unchanged
from oculus.core.errors import BadAnswer

JSON = {"Content-Type": "application/json"}


def ask(kit, path="/ping"):
    return kit.sources.get("coingecko").get_json(path)


def marked(body, mark='"v1"'):
    """A page that says "as before" to whoever knows its mark."""

    def page(asked):
        known = asked.headers.get("if-none-match") == mark
        return Answer(304 if known else 200, b"" if known else body, {**JSON, "ETag": mark})

    return page


def test_what_has_not_changed_is_not_sent_again(kit, internet):
    internet.say("coingecko", "/ping", marked(b"[1]"))
    assert [ask(kit), ask(kit)] == [[1], [1]]
    kit.restart()
    with pytest.raises(Unchanged):
        ask(kit)
    assert [each.headers.get("if-none-match") for each in internet.asked] == [None, '"v1"', '"v1"']


def test_after_a_useless_answer_a_whole_one_is_asked_for(kit, internet):
    marked = {"ETag": '"v1"'}
    internet.say("coingecko", "/ping", [1], headers=marked)
    ask(kit)
    internet.say("coingecko", "/ping", b"[1", headers=marked)
    with pytest.raises(BadAnswer):
        ask(kit)
    kit.clock.ahead(61)
    internet.say("coingecko", "/ping", [2], headers=marked)
    assert ask(kit) == [2]
    assert [each.headers.get("if-none-match") for each in internet.asked] == [None, '"v1"', None]


def test_large_answers_are_not_kept_in_memory(kit, internet):
    internet.say("coingecko", "/ping", ["x" * 300_000], headers={"ETag": '"v1"'})
    ask(kit)
    internet.say("coingecko", "/ping", b"", status=304)
    with pytest.raises(Unchanged):
        ask(kit)


def test_last_modified_is_offered_back(kit, internet):
    internet.say("coingecko", "/ping", [1], headers={"Last-Modified": "Wed, 25 Nov 2026 11:00:00 GMT"})
    ask(kit)
    ask(kit)
    assert internet.asked[1].headers["if-modified-since"] == "Wed, 25 Nov 2026 11:00:00 GMT"


def test_what_outlives_a_restart_holds_no_address_for_that_may_hold_a_key(kit, internet):
    internet.say("shop", "/stats", [1], headers={"ETag": '"v1"'})
    url = internet.url("shop") + "/stats?token=s3cret"
    source = kit.sources.at(url)
    kit.memory.save(f"etags.{source.provider.name}", {f"{url}?": ['"v0"', ""]})  # as it was kept once
    kit.restart()
    assert kit.sources.at(url).get_json(url) == [1]
    kit.restart()
    kit.sources.at(url).get_json(url)
    assert [each.headers.get("if-none-match") for each in internet.asked] == [None, '"v1"']
    assert "s3cret" not in str(kit.memory.kept)


def test_an_answer_too_large_to_be_kept_does_not_leave_an_older_one_in_its_place(kit, internet):
    internet.say("coingecko", "/ping", [1], headers={"ETag": '"v1"'})
    ask(kit)
    internet.say("coingecko", "/ping", ["x" * 300_000], headers={"ETag": '"v2"'})
    ask(kit)
    internet.say("coingecko", "/ping", b"", status=304)
    with pytest.raises(Unchanged):
        ask(kit)


@pytest.fixture
def shop(kit, internet):
    def make(name="shop", **settings):
        given = {"name": name, "url": internet.url("shop") + "/stats", "metrics": {"n": "n"}, **settings}
        return kit.collector(HttpJson, **given)

    return make


@pytest.mark.parametrize("more", [b"", b" " * 300_000], ids=["small", "too large to be kept"])
def test_a_number_without_a_time_goes_on_though_its_answer_stays_the_same(shop, kit, internet, more):
    internet.say("shop", "/stats", marked(b'{"n": 5}' + more))
    collector = shop()
    for _ in range(3):
        assert [metric.value for metric in collector.collect()] == [5.0]
    kit.restart()
    again = shop()
    for _ in range(2):
        assert [metric.value for metric in again.collect()] == [5.0]


def test_what_has_not_changed_is_not_sent_again_to_ones_own_collector_either(shop, internet):
    internet.say("shop", "/stats", marked(b'{"n": 5}'))
    collector = shop()
    collector.collect()
    collector.collect()
    assert [each.headers.get("if-none-match") for each in internet.asked] == [None, '"v1"']


def test_two_who_ask_one_address_with_other_headers_get_each_their_own_answer(shop, internet):
    def page(asked):
        if "if-modified-since" in asked.headers:
            return Answer(304, b"", JSON)
        body = b'{"n": %s}' % asked.headers["x-shop"].encode()
        return Answer(200, body, {**JSON, "Last-Modified": "Wed, 25 Nov 2026 11:00:00 GMT"})

    internet.say("shop", "/stats", page)
    first, second = shop("first", headers={"X-Shop": "1"}), shop("second", headers={"X-Shop": "2"})
    found = [collector.collect()[0].value for collector in (first, second, first, second)]
    assert found == [1.0, 2.0, 1.0, 2.0]


def test_a_question_with_a_body_is_never_answered_with_what_was_said_without(shop, internet):
    internet.say("shop", "/stats", {"n": 1}, headers={"ETag": '"v1"'})
    shop("first").collect()
    shop("second", method="POST", body="{}").collect()
    assert internet.asked[1].headers.get("if-none-match") is None


def test_whoever_says_as_before_without_having_been_asked_that_is_told_so(kit, internet):
    internet.say("coingecko", "/ping", b"", status=304)
    with pytest.raises(BadAnswer, match="says that nothing has changed, which was not the question"):
        ask(kit)
