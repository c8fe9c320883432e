"""What may be pushed: a number, {"value": 1}, {"key": 1, ...}, or a list of those; each may have a `ts`."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec

from oculus.collectors.custom.moment import moment_ms
from oculus.collectors.custom.number import number, shown
from oculus.core.outside import NOT_JSON
from oculus.core.symbols import VALID

MOST = 5000  # numbers in one push: about as many as the largest body holds
LONGEST_KEY = 100
TIME = "ts"
BARE = "value"  # the key of a number that came without one

Reading = tuple[str, float, int | None]  # key, value and ms since 1970, None when it came without a time


def read_push(body: bytes) -> list[Reading]:
    """All numbers of a push, or none: raises ValueError, worded for whoever pushes."""
    try:
        given = msgspec.json.decode(body)
    except NOT_JSON as error:
        raise ValueError('this is not JSON; send {"value": 1}') from error
    readings: list[Reading] = []
    for entry in given if isinstance(given, list) else [given]:
        readings += _entry(entry)
        if len(readings) > MOST:
            raise ValueError(f"these are more than {MOST} numbers; send them in several parts")
    if not readings:
        raise ValueError('there is no number in it; send {"value": 1}')
    return readings


def _entry(given: Any) -> list[Reading]:
    if not isinstance(given, dict):
        return [(BARE, number(given), None)]
    moment = given.pop(TIME, None)
    ts_ms = None if moment is None else moment_ms(moment)
    return [(_key(key), _value(key, value), ts_ms) for key, value in given.items()]


@lru_cache(maxsize=1024)  # the same keys come again and again; a wrong one, however long, is not kept
def _key(given: str) -> str:
    key = given.lower()
    if len(key) > LONGEST_KEY:
        raise ValueError(f"key {shown(given)} has more than {LONGEST_KEY} characters")
    if not VALID.fullmatch(key):
        raise ValueError(f"key {shown(given)} may only have letters, digits and . _ - : /")
    return key


def _value(key: str, given: Any) -> float:
    try:
        return number(given)
    except ValueError as error:
        raise ValueError(f"{key}: {error}") from error
