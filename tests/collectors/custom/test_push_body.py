"""What may be pushed, and what is refused in words."""

import json

import pytest

from oculus.collectors.custom.push_body import MOST, read_push

NOON_MS = 1_767_268_800_000  # 2026-01-01T12:00:00Z


def pushed(body):
    return [
        tuple(reading)
        for reading in read_push(body if isinstance(body, bytes) else json.dumps(body).encode())
    ]


@pytest.mark.parametrize(
    ("body", "readings"),
    [
        ({"value": 1}, [("value", 1.0, None)]),
        (7.5, [("value", 7.5, None)]),
        (
            {"rows": 12, "size": 3.5, "ok": True},
            [("rows", 12.0, None), ("size", 3.5, None), ("ok", 1.0, None)],
        ),
        ({"Size": "17.5"}, [("size", 17.5, None)]),
        ({"value": 1, "ts": "2026-01-01T12:00:00Z"}, [("value", 1.0, NOON_MS)]),
        ({"value": 1, "ts": NOON_MS}, [("value", 1.0, NOON_MS)]),
        ({"value": 1, "ts": NOON_MS // 1000}, [("value", 1.0, NOON_MS)]),
        (
            [{"value": 1, "ts": "2026-01-01T13:00:00+01:00"}, {"disk": 2}],
            [("value", 1.0, NOON_MS), ("disk", 2.0, None)],
        ),
    ],
)
def test_every_documented_form_is_read(body, readings):
    assert pushed(body) == readings


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "not JSON"),
        (b"value=1", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        ({}, "no number"),
        ([], "no number"),
        ({"ts": 5}, "no number"),
        (None, "null is not a number"),
        ({"value": None}, "value: null is not a number"),
        ({"value": "high"}, "value: 'high' is not a number"),
        ({"value": "nan"}, "is not a number"),
        (b'{"value": 1e999}', "not JSON|not a number"),
        ({"value": {"a": 1}}, "value: a group of 1 is not a number"),
        ({"value": [1, 2]}, "value: a list of 2 is not a number"),
        ({"a b": 1}, "may only have"),
        ({"x" * 200: 1}, "has more than 100 characters"),
        ({"value": 1, "ts": "yesterday"}, "'yesterday' is not a time"),
        ({"value": 1, "ts": -5}, "not a time since 1970"),
        ({"value": 1, "ts": True}, "not a time"),
        ([1] * (MOST + 1), f"more than {MOST}"),
    ],
)
def test_what_cannot_be_kept_is_refused_in_words(body, words):
    with pytest.raises(ValueError, match=words):
        pushed(body)


def test_one_wrong_number_refuses_the_whole_push():
    with pytest.raises(ValueError, match="b: null"):
        pushed({"a": 1, "b": None})
