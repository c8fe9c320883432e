"""Every shape of every message of Polymarket's WebSocket, and the price that comes of it."""

import json

import pytest

from fakes.polymarket import NO, YES, book, new_change, old_change, touch, trade
from oculus.collectors.prediction.messages import Resolved, read_frame
from oculus.collectors.prediction.quotes import Quotes


def price(*messages, token=YES):
    quotes = Quotes()
    for message in messages:
        quotes.take(read_frame(json.dumps(message)))
    found = quotes.price(token)
    return found and found.value


def test_the_best_offers_of_a_book_are_found_wherever_they_stand():
    assert price(book(bid=0.50, ask=0.52)) == 0.51


def test_a_frame_may_be_a_list_of_messages():
    assert price([book(), book(NO, 0.40, 0.42)], token=NO) == 0.41


def test_both_shapes_of_price_change_move_the_price():
    assert price(book(), old_change(price=0.51)) == 0.515
    assert price(book(), new_change(bid=0.6, ask=0.62)) == 0.61
    older = {k: v for k, v in old_change().items() if k not in ("price", "size", "side")}
    older["changes"] = [
        {"price": "0.49", "side": "SELL", "size": "3"},
        {"price": "0.49", "side": "SELL", "size": "0"},
    ]
    assert price(book(), older) == 0.51


def test_the_shape_of_the_documents_without_event_type_is_read_too():
    change = new_change()
    del change["event_type"]
    assert price(change) == 0.61


def test_an_offer_of_size_0_is_gone():
    assert price(book(bid=0.50, ask=0.52), old_change(price=0.50, size=0), trade(price=0.33)) == 0.33


def test_offers_far_apart_leave_the_last_trade_as_the_price():
    assert price(touch(bid=0.30, ask=0.41), trade(price=0.37)) == 0.37
    assert price(touch(bid=0.30, ask=0.40), trade(price=0.37)) == 0.35
    assert price(touch(bid=0.30, ask=0.41)) is None


def test_single_changes_without_a_book_make_no_price():
    assert price(old_change(price=0.51), old_change(price=0.55, side="SELL")) is None


def test_the_time_is_the_messages_own():
    quotes = Quotes()
    quotes.take(read_frame(json.dumps(book(ts_ms=1_767_268_800_123))))
    assert quotes.price(YES).ts_ms == 1_767_268_800_123


def test_the_end_of_a_market_names_its_winner():
    said = {
        "event_type": "market_resolved",
        "assets_ids": [YES, NO],
        "winning_asset_id": YES,
        "timestamp": "5",
    }
    assert read_frame(json.dumps(said)) == [Resolved((YES, NO), YES)]


@pytest.mark.parametrize(
    "frame",
    [
        "PONG", "NO NEW ASSETS", "", "{", "[[]]", "[1, null]", "null", "5", b"\xff\xfe", "[" * 100_000,
        '{"event_type": "book"}', '{"event_type": "new_market", "slug": "x"}', '{"event_type": ["book"]}',
        '{"event_type": "book", "asset_id": "1", "bids": null, "asks": [], "timestamp": "1"}',
        json.dumps(touch(bid=1.5)), json.dumps(trade(price="NaN")),
        json.dumps(touch() | {"timestamp": "soon"}), json.dumps(old_change(side="HOLD")),
        json.dumps(new_change() | {"price_changes": [None]}),
        json.dumps(new_change() | {"price_changes": 7}),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_passed_over(frame):
    assert read_frame(frame) == []
