"""What a card says of a symbol, and how cards become panels."""

import pytest

from oculus.collectors.status import CollectorStatus, Freshness
from oculus.core.event import Severity
from oculus.core.symbols import category_of
from oculus.storage.live import Trail
from oculus.web.dashboard.cards import Cards, chosen
from oculus.web.dashboard.state import Facts

NOW = 1_790_000_000_000
SECOND = 1000
MINUTE = 60 * SECOND


def trail(symbol, *values, step=30 * SECOND, ends=NOW - 4 * SECOND, **tags):
    """`values`, 30 s apart, the last one 4 s old."""
    points = [(ends - (len(values) - 1 - i) * step, float(value)) for i, value in enumerate(values)]
    return Trail(symbol=symbol, category=category_of(symbol), tags=tags, points=points)


def collector(name, *symbols, state="ok", last_error="", failing_since_ms=None, interval_s=30.0):
    return CollectorStatus(
        name=name,
        type="tcp",
        symbols=list(symbols),
        state=state,
        interval_s=interval_s,
        last_run_ms=NOW,
        last_success_ms=NOW,
        last_error=last_error,
        failing_since_ms=failing_since_ms,
        next_run_ms=NOW,
        runs=9,
        failures=0,
        missed=0,
        stuck=False,
        lateness_p50_ms=None,
        lateness_p99_ms=None,
    )


def panels(*trails, collectors=(), firing=None, fresh=None, now_ms=NOW, cards=None, away=()):
    facts = Facts(
        trails=trails,
        collectors=collectors,
        firing=firing or {},
        freshness=lambda symbol: (fresh or {}).get(symbol),
        now_ms=now_ms,
        away=away,
    )
    return (cards or Cards()).panels(facts)


def only_card(*trails, **more):
    [panel] = panels(*trails, **more)
    [card] = panel.cards
    return card


def test_the_parts_of_a_ping_are_told_on_its_own_card():
    card = only_card(
        trail("net.ping.gw", 11, 11.8),
        trail("net.ping.gw.loss", 0),
        trail("net.ping.gw.jitter", 0.4),
        trail("net.ping.gw.min", 9),
        trail("net.ping.gw.up", 1, 1),
    )
    assert (card.label, str(card.figure)) == ("gw", "11.8 ms")
    assert card.about == "ping · loss 0 % · jitter 0.40 ms"
    assert (card.state, card.word, card.tone) == ("ok", "", "")


def test_a_website_tells_its_status_and_the_days_of_its_certificate():
    card = only_card(
        trail("net.http.shop", 180, 182),
        trail("net.http.shop.status", 200),
        trail("net.http.shop.tls_days", 9),
        trail("net.http.shop.up", 1),
    )
    assert card.about == "HTTP · 200 · cert 9 d"


def test_a_probe_that_is_down_has_no_number_but_says_why_and_since_when():
    card = only_card(
        trail("net.tcp.db:5432", 2, 2, 2, ends=NOW - 94 * SECOND),
        trail("net.tcp.db:5432.up", 1, 1, 1, 0, 0, 0),
        collectors=[
            collector(
                "db",
                "net.tcp.db:5432",
                state="failing",
                last_error="db refused the connection on port 5432",
                failing_since_ms=NOW - 64 * SECOND,
            )
        ],
    )
    assert card.state == "down"
    assert str(card.figure) == "Down"
    assert card.about == "db refused the connection on port 5432"
    assert card.trend is None
    assert card.since_ms == NOW - 64 * SECOND
    assert card.at_ms == NOW - 4 * SECOND
    assert card.spark.gaps


def test_a_time_in_which_nobody_watched_is_grey_on_its_line_though_hardly_a_sample_is_missing():
    values = trail("net.ping.gw", *[5.0] * 60)
    assert not only_card(values).spark.gaps
    asleep = (NOW - 10 * MINUTE, NOW - 9 * MINUTE)
    assert only_card(values, away=(asleep,)).spark.gaps
    long_ago = (NOW - 90 * MINUTE, NOW - 80 * MINUTE)
    assert not only_card(values, away=(long_ago,)).spark.gaps


def test_a_gap_that_becomes_known_later_is_drawn_with_the_next_look():
    cards, values = Cards(), trail("net.ping.gw", *[5.0] * 60)
    assert not only_card(values, cards=cards).spark.gaps
    assert only_card(values, cards=cards, away=((NOW - 10 * MINUTE, NOW - 9 * MINUTE),)).spark.gaps


def test_a_probe_that_never_answered_is_down_too():
    card = only_card(trail("net.tcp.db:5432.up", 0, 0))
    assert (card.label, card.state, str(card.figure)) == ("db:5432", "down", "Down")


def test_a_website_that_answers_wrongly_shows_no_time_as_if_all_were_well():
    card = only_card(
        trail("net.http.shop", 180, 182), trail("net.http.shop.status", 500), trail("net.http.shop.up", 0)
    )
    assert str(card.figure) == "Down"
    assert "500" in card.about


def test_a_rule_that_fires_shows_its_severity_in_a_word():
    card = only_card(trail("net.http.shop", 914), firing={"net.http.shop": (Severity.WARN, "shop_slow")})
    assert (card.word, card.tone, card.rules) == ("warn", "warn", "shop_slow")


def test_what_has_not_been_answered_for_three_intervals_is_stale():
    old = trail("net.ping.gw", 11, 12, ends=NOW - 25 * MINUTE)
    fresh = Freshness(answered_ms=NOW - 25 * MINUTE, interval_s=30, collector="gw")
    card = only_card(old, fresh={"net.ping.gw": fresh})
    assert (card.state, card.word, card.at_ms) == ("stale", "stale", NOW - 25 * MINUTE)


def test_what_nobody_writes_any_more_leaves_the_dashboard_unless_a_rule_fires_on_it():
    old = [trail(f"net.ping.gw{part}", 0, ends=NOW - 6 * MINUTE) for part in ("", ".up")]
    assert panels(*old) == ()
    assert only_card(*old, collectors=[collector("gw", "net.ping.gw")]).state == "down"
    assert only_card(*old, firing={"net.ping.gw": (Severity.WARN, "gw_down")}).tone == "warn"
    assert only_card(trail("net.ping.gw", 1, ends=NOW - 4 * MINUTE)).state == "ok"


def test_a_daily_number_whose_source_was_just_asked_is_not_stale():
    old = trail("crypto.sentiment.fng", 68, 72, ends=NOW - 600 * MINUTE)
    fresh = Freshness(answered_ms=NOW - 50 * MINUTE, interval_s=3600, collector="fng")
    card = only_card(old, fresh={"crypto.sentiment.fng": fresh})
    assert (card.label, card.state) == ("Fear & Greed", "ok")


def test_a_closed_market_says_so_and_does_not_count_as_stale():
    old = {"ends": NOW - 900 * MINUTE}
    card = only_card(
        trail("stock.price.aapl", 229, 229.87, **old, market="closed", currency="usd"),
        collectors=[collector("aapl", "stock.price.aapl")],
    )
    assert (card.state, card.word) == ("closed", "closed")


def test_a_source_that_cannot_be_asked_says_why_beside_its_last_number():
    card = only_card(
        trail("crypto.price.btc_usd", 98_000, currency="usd"),
        collectors=[collector("btc", "crypto.price.btc_usd", state="failing", last_error="asked too often")],
    )
    assert (card.state, card.about, str(card.figure)) == ("failing", "asked too often", "98,000 $")


def test_a_paused_collector_is_no_trouble():
    [panel] = panels(
        trail("net.ping.gw", 11),
        trail("net.ping.gw.up", 0),
        collectors=[collector("gw", "net.ping.gw", state="paused")],
    )
    assert panel.cards[0].word == "paused"
    assert panel.trouble == ""


def test_a_symbol_that_was_promised_has_its_card_before_its_first_number():
    card = only_card(collectors=[collector("gw", "net.ping.gw")])
    assert (card.label, card.state, str(card.figure), card.at_ms) == ("gw", "waiting", "—", None)


def test_promised_parts_make_no_cards_of_their_own():
    gw = collector("gw", "net.ping.gw", "net.ping.gw.jitter", "net.ping.gw.loss", "net.ping.gw.up")
    card = only_card(trail("net.ping.gw", 11, 12), collectors=[gw])
    assert card.label == "gw"


def test_why_something_is_down_is_no_tag_to_filter_by():
    tags = {"team": "shop", "target": "gw", "error": "no answer within 1 s"}
    assert chosen(tags) == ("team:shop",)


def test_a_collector_that_is_off_leaves_no_empty_card():
    assert panels(collectors=[collector("gw", "net.ping.gw", state="off")]) == ()


def test_panels_come_in_their_own_order_and_oculus_itself_last_and_closed():
    found = panels(
        trail("oculus.queue", 3),
        trail("custom.shop.orders", 4),
        trail("pred.poly.rate-cut", 0.63),
        trail("crypto.price.btc_usd", 98_000),
        trail("net.ping.gw", 11),
        trail("office.hall", 21),
    )
    assert [panel.key for panel in found] == ["net", "crypto", "pred", "custom", "oculus"]
    assert [panel.open for panel in found] == [True, True, True, True, False]
    assert len(found[3].cards) == 2


def test_cards_stand_in_the_order_of_the_settings_then_by_name():
    [panel] = panels(
        trail("net.ping.a", 1),
        trail("net.ping.b", 1),
        trail("net.ping.c", 1),
        trail("net.ping.d", 1),
        collectors=[collector("c", "net.ping.c"), collector("b", "net.ping.b")],
    )
    assert [card.label for card in panel.cards] == ["c", "b", "a", "d"]


def test_a_panel_counts_what_is_wrong_in_it():
    [panel] = panels(
        trail("net.tcp.a:1.up", 0),
        trail("net.tcp.b:1.up", 0),
        trail("net.ping.c", 1, ends=NOW - 40 * MINUTE),
        collectors=[collector("c", "net.ping.c")],
    )
    assert panel.trouble == "2 down, 1 stale"


def test_cards_that_only_grew_older_are_equal_so_that_nothing_is_sent_again():
    gw = trail("net.ping.gw", 11, 12)
    cards = Cards()
    before, after = panels(gw, cards=cards), panels(gw, cards=cards, now_ms=NOW + 2 * SECOND)
    assert before == after
    assert hash(before) == hash(after)
    assert panels(trail("net.ping.gw", 11, 13), cards=cards) != before


def test_a_card_is_made_again_when_its_rule_fires_though_its_number_stayed():
    gw = trail("net.ping.gw", 11, 12)
    cards = Cards()
    panels(gw, cards=cards)
    [panel] = panels(gw, cards=cards, firing={"net.ping.gw": (Severity.ERROR, "gw_slow")})
    assert panel.cards[0].tone == "error"


def test_a_trend_ends_with_its_hour_though_no_new_number_came():
    fng = trail("crypto.sentiment.fng", 68, 72, step=10 * MINUTE)
    cards = Cards()
    fresh = {
        "crypto.sentiment.fng": Freshness(answered_ms=NOW + 90 * MINUTE, interval_s=3600, collector="fng")
    }
    first = panels(fng, cards=cards, fresh=fresh)[0].cards[0]
    later = panels(fng, cards=cards, fresh=fresh, now_ms=NOW + 90 * MINUTE)[0].cards[0]
    assert (first.trend.text, later.trend.text) == ("4", "±0")


def test_a_line_is_drawn_again_only_when_it_would_look_different():
    cards = Cards()
    hour = [10.0] * 720
    first = panels(trail("net.ping.gw", *hour, step=5 * SECOND, ends=NOW), cards=cards)
    second = panels(trail("net.ping.gw", *hour, step=5 * SECOND, ends=NOW + 1), cards=cards)
    later = panels(trail("net.ping.gw", *hour, 11, step=5 * SECOND, ends=NOW + 60 * SECOND), cards=cards)
    assert second[0].cards[0].spark is first[0].cards[0].spark
    assert later[0].cards[0].spark is not first[0].cards[0].spark


def test_lines_of_symbols_that_are_gone_are_forgotten():
    cards = Cards()
    panels(*(trail(f"net.ping.h{i}", 1, 2) for i in range(200)), cards=cards)
    panels(trail("net.ping.gw", 1, 2), cards=cards)
    assert len(cards._drawn) == len(cards._made) == 1


@pytest.mark.parametrize(
    ("symbol", "tags", "label", "about"),
    [
        ("net.http.api.example", {}, "api.example", "HTTP"),
        ("net.dns.example.com", {"record": "A"}, "example.com", "DNS · A"),
        ("crypto.price.btc_usd", {"source": "coingecko", "currency": "usd"}, "BTC", "USD · CoinGecko"),
        ("crypto.ma.btc_30d", {}, "BTC MA 30", "daily closes"),
        ("crypto.sentiment.fng", {}, "Fear & Greed", "0 to 100 · alternative.me"),
        ("stock.index.spx", {"source": "yahoo"}, "SPX", "index · Yahoo"),
        ("pred.poly.rate-cut-in-december", {}, "Rate cut in december", "price"),
        ("pred.poly.rate-cut", {"question": "Will rates fall?"}, "Will rates fall?", "price"),
        ("custom.shop.open_orders", {}, "open orders", "custom.shop"),
        ("custom.night_backup.value", {}, "night backup", "custom.night_backup.value"),
        ("custom.night_backup.up", {}, "night backup", "custom.night_backup.up"),
        ("oculus.queue", {}, "queue", ""),
        ("lonely", {}, "lonely", "lonely"),
    ],
)
def test_a_symbol_is_called_what_a_person_calls_it(symbol, tags, label, about):
    card = only_card(trail(symbol, 1, **tags))
    assert (card.label, card.about) == (label, about)
