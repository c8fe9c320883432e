"""What is wrong with a JSON body is said by the name of its field, in words of JSON."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
from msgspec import Meta, Struct, field

from oculus.web.api.bodies import read_body
from oculus.web.errors import HttpError


class Wish(Struct, frozen=True, forbid_unknown_fields=True):
    symbols: list[str] | None = None


class Body(Struct, frozen=True, forbid_unknown_fields=True):
    sql: str
    params: list[Any] | dict[str, Any] | None = None
    most: Annotated[int, Meta(ge=1, le=9)] = 1
    order: Literal["asc", "desc"] = "asc"
    wish: Wish = Wish()
    counts: dict[str, int] = field(default_factory=dict)

    def __post_init__(self):
        if self.sql == "DROP":
            raise ValueError("sql may only read; write a SELECT")


MISTAKES = {
    b"[]": "the body: a list is not an object",
    b"7": "the body: 7 is not an object",
    b"null": "the body: null is not an object",
    b"{}": "sql: is missing. Write text.",
    b'{"sql": 7}': "sql: 7 is not text",
    b'{"sql": null}': "sql: null is not text",
    b'{"sql": {"a": 1}}': "sql: an object is not text",
    b'{"sgl": "x", "sql": ""}': "sgl: there is no such field. Did you mean sql?",
    b'{"sql": "x", "params": "y"}': "params: 'y' is not a list, an object or null",
    b'{"sql": "x", "most": 10}': "most: 10 is too large. Write a whole number from 1 to 9.",
    b'{"sql": "x", "most": 1.5}': "most: 1.5 is not a whole number",
    b'{"sql": "x", "order": "up"}': "order: 'up' is not known here. Write asc or desc.",
    b'{"sql": "x", "order": true}': "order: true is not asc or desc",
    b'{"sql": "x", "wish": 1}': "wish: 1 is not an object",
    b'{"sql": "x", "wish": {"symbol": 1}}': "wish.symbol: there is no such field. Did you mean symbols?",
    b'{"sql": "x", "wish": {"symbols": ["a", 1]}}': "wish.symbols[1]: 1 is not text",
    b'{"sql": "x", "counts": {"a": "b"}}': "counts: one of its values is of another kind",
    b'{"sql": "DROP"}': "the body: sql may only read. Write a SELECT.",
}


@pytest.mark.parametrize("body", MISTAKES)
def test_each_mistake_names_the_field_what_is_wrong_and_what_would_be_right(body):
    with pytest.raises(HttpError) as refused:
        read_body(Body, body)
    assert str(refused.value) == MISTAKES[body]
    assert refused.value.status == 400


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"sql": "\xff"}', b"[" * 100_000, b'{"sql": 7, '])
def test_what_is_not_json_is_called_that(body):
    with pytest.raises(HttpError, match=r"^The body is not JSON"):
        read_body(Body, body)


def test_no_route_answers_in_words_of_types(house):
    for path in ("/api/query", "/api/snooze", "/api/pins", "/api/queries", "/api/rules/x/backtest"):
        for body in (b"[]", b"{}", b'{"sql": 1, "symbol": 1, "for": 1, "name": 1, "since": 1}', b'{"no": 1}'):
            answer = house.post(path, data=body)
            assert "Expected" not in answer.text
            assert "`" not in answer.text
