"""What the fuzzing tests share: how often they try, and broken versions of answers that were once right.

OCULUS_FUZZ=50 tries fifty times as often, and each time something else.
"""

from __future__ import annotations

import copy
import json
import os
from functools import wraps

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

TIMES = max(1, int(os.environ.get("OCULUS_FUZZ", "1")))
CHECKS = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture,
          HealthCheck.filter_too_much, HealthCheck.large_base_example]  # fmt: skip


def try_alike_every_day():
    """Drawn values are the same ones every day, new ones when it is to take long; none has a time limit."""
    settings.register_profile(
        "oculus", deadline=None, derandomize=TIMES == 1, database=None, suppress_health_check=CHECKS
    )
    settings.load_profile("oculus")


def fuzzed(*strategies, examples=60):
    """Try a test with so many drawn values."""

    def decorate(test):
        wrapped = given(*strategies)(telling(test))
        return settings(max_examples=examples * TIMES)(wrapped)

    return decorate


def telling(test):
    """The test, whose failure says with which values it failed."""

    @wraps(test)
    def told(*given_values, **named):
        try:
            test(*given_values, **named)
        except Exception as error:
            error.add_note(f"with {given_values!r} {named!r}"[:2000])
            raise

    return told


def attempt(does, *kinds):
    """What it returns and None, or None and its error of one of `kinds`; any other is a mistake of ours."""
    try:
        return does(), None
    except kinds as error:
        return None, error


# Values as providers, clients and people get them wrong.
ODD_NUMBERS = st.sampled_from(
    [0, -1, 1, -0.0, 0.5, 1e-320, 1e308, -1e308, 10**20, 10**400, 2**63, -(2**63), 253402300800000, 4e18]
)
ODD_TEXTS = st.sampled_from(
    ["", " ", "0", "-", "N/A", "null", "NaN", "inf", "-inf", "1e999", "1_000", "1,5", "٣", "²", "0x10",
     "12.5%", "99999999999999999999", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "2026-02-30",
     "\x00", "\ud7ff", "<b>@everyone", "http://[", "{{ 7*7 }}",
     "'; DROP TABLE metrics; --", "[" * 50, "{}", "[1]", "a" * 3000]
)  # fmt: skip
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8), ODD_NUMBERS, ODD_TEXTS,
)  # fmt: skip
ANY_JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def places(value, path=()):
    """The way to every part of a document, itself first."""
    yield path
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        yield from places(part, (*path, key))


@st.composite
def mutated(draw, document, most=3):
    """`document` with up to three parts of it replaced, taken out, doubled, or wrapped."""
    made = copy.deepcopy(document)
    for _ in range(draw(st.integers(0, most))):
        path = draw(st.sampled_from(list(places(made))))
        if not path:
            made = draw(ANY_JSON) if draw(st.integers(0, 9)) == 0 else made
            continue
        holder = made
        for key in path[:-1]:
            holder = holder[key]
        change(draw, holder, path[-1])
    return made


def change(draw, holder, key):
    how = draw(st.sampled_from(["replace", "replace", "replace", "drop", "text", "list", "double", "scale"]))
    if how == "drop":
        del holder[key]
    elif how == "text":
        holder[key] = json.dumps(holder[key])
    elif how == "list":
        holder[key] = [holder[key]]
    elif how == "double" and isinstance(holder[key], list):
        holder[key] = holder[key] * 2
    elif how == "scale" and isinstance(holder[key], int | float):
        holder[key] = holder[key] * draw(st.sampled_from([0, -1, 1000, 0.001]))
    else:
        holder[key] = draw(ANY_JSON)


@st.composite
def as_bytes(draw, documents):
    """A document as JSON, most often whole, now and then cut short or with a byte changed."""
    body = json.dumps(draw(documents)).encode()
    how = draw(st.sampled_from(["whole"] * 6 + ["cut", "byte", "noise"]))
    if how == "cut":
        return body[: draw(st.integers(0, len(body)))]
    if how == "byte" and body:
        at = draw(st.integers(0, len(body) - 1))
        return body[:at] + bytes([draw(st.integers(0, 255))]) + body[at + 1 :]
    return draw(st.binary(max_size=40)) if how == "noise" else body


@st.composite
def scrambled(draw, text, most=4):
    """`text` with parts of it taken out, doubled, swapped, or replaced by something else."""
    made = text
    for _ in range(draw(st.integers(0, most))):
        start = draw(st.integers(0, len(made)))
        end = min(len(made), start + draw(st.integers(0, 12)))
        piece = draw(st.one_of(st.just(""), st.just(made[start:end] * 2), ODD_TEXTS, st.text(max_size=4)))
        made = made[:start] + piece + made[end:]
    return made


def numbers_in(document):
    """Every number of a document, those written as text included."""
    for path in places(document):
        value = document
        for key in path:
            value = value[key]
        if isinstance(value, str):
            yield from numbers_of_text(value)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield as_float(value)


def numbers_of_text(text):
    try:
        yield float(text.strip().removesuffix("%"))
    except ValueError:
        try:
            inner = json.loads(text)
        except (ValueError, RecursionError):
            return
        if not isinstance(inner, str):
            yield from numbers_in(inner)


def as_float(value):
    try:
        return float(value)
    except OverflowError:
        return float("inf")


DEEP = [b"[" * 100_000, b'{"a":' * 100_000, b"[" * 100_000 + b"]" * 100_000]  # past any stack
