"""What callers send is read strictly, and every mistake names its parameter."""

from typing import Annotated, Literal

import pytest
from msgspec import Meta, Struct

from oculus.web.api.bodies import read_body
from oculus.web.api.params import duration_ms, moment, read_query
from oculus.web.errors import HttpError

NOW = 1_700_000_000_000


class Query(Struct, frozen=True):
    symbol: str = ""
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100
    order: Literal["asc", "desc"] = "desc"
    tags: dict[str, str] = {}


class Body(Struct, frozen=True, forbid_unknown_fields=True):
    sql: str
    params: list[object] | dict[str, object] | None = None


def test_a_query_string_becomes_typed_values():
    read = read_query(Query, "symbol=net.*&limit=5&order=asc&tags.probe=ping&tags.a.b=")
    assert read == Query("net.*", 5, "asc", {"probe": "ping", "a.b": ""})
    assert read_query(Query, "") == Query()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("limit=0", "limit: "),
        ("limit=1001", "limit: "),
        ("limit=ten", "limit: "),
        ("limit=", "limit: "),
        ("order=up", "order: "),
        ("limt=5", "limt: there is no such parameter"),
        ("tags=x", "tags: there is no such parameter"),
        ("limit=1&limit=2", "limit: given 2 times"),
    ],
)
def test_a_bad_parameter_is_named(text, name):
    with pytest.raises(HttpError) as caught:
        read_query(Query, text)
    assert caught.value.status == 400
    assert caught.value.what.startswith(name)


def test_a_misspelt_parameter_hears_of_the_nearest():
    with pytest.raises(HttpError, match="Did you mean limit"):
        read_query(Query, "limt=5")


@pytest.mark.parametrize("text", ["symbol=%ff", "&".join(f"p{i}=1" for i in range(60))])
def test_what_cannot_be_read_is_a_bad_request(text):
    with pytest.raises(HttpError, match="cannot be read"):
        read_query(Query, text)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'{"sql": 1}', b'{"sql": "x", "other": 1}', b"\xff", b"[" * 100_000]
)
def test_a_body_that_is_not_what_was_declared_is_a_bad_request(body):
    with pytest.raises(HttpError) as caught:
        read_body(Body, body)
    assert caught.value.status == 400


def test_a_moment_is_a_time_or_a_while_ago():
    assert moment("since", "", NOW) is None
    assert moment("since", "15m", NOW) == NOW - 900_000
    assert moment("since", "2023-11-14T22:13:20Z", 0) == NOW
    assert moment("since", "2023-11-14T23:13:20+01:00", 0) == NOW
    assert moment("since", "2023-11-14T23:13:20 01:00", 0) == NOW
    assert moment("since", "2023-11-14", 0) == NOW - 80_000_000


@pytest.mark.parametrize("text", ["yesterday", "5 minutes", "0000-00-00", "9" * 400])
def test_a_moment_that_is_none_is_named(text):
    with pytest.raises(HttpError, match=r"^until: "):
        moment("until", text, NOW)


def test_a_length_of_time_that_is_none_is_named():
    assert duration_ms("range", "24h") == 86_400_000
    with pytest.raises(HttpError, match=r"^range: "):
        duration_ms("range", "long")


@pytest.mark.parametrize(
    ("text", "what", "hint"),
    [
        ("limit=abc", "limit: 'abc' is not a whole number", "Write a whole number from 1 to 1000."),
        ("limit=0", "limit: '0' is too small", "Write a whole number from 1 to 1000."),
        ("limit=5000", "limit: '5000' is too large", "Write a whole number from 1 to 1000."),
        ("order=up", "order: 'up' is not known here", "Write asc or desc."),
        ("order=dsc", "order: 'dsc' is not known here", "Did you mean desc?"),
    ],
)
def test_a_mistake_in_a_query_string_is_told_in_words_with_what_to_write(text, what, hint):
    with pytest.raises(HttpError) as refused:
        read_query(Query, text)
    assert (refused.value.what, refused.value.hint) == (what, hint)
