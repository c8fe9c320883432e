"""Numbers that others send here, and answers that numbers are picked from."""

from __future__ import annotations

import json
import math
from email.message import Message

import pytest
from hypothesis import strategies as st

from fakes.fuzz import DEEP, as_bytes, attempt, fuzzed, mutated, numbers_in, scrambled
from oculus.collectors.custom.exposition import Selector, read_samples
from oculus.collectors.custom.extract import FINDERS, finder, read
from oculus.collectors.custom.moment import moment_ms
from oculus.collectors.custom.number import number
from oculus.collectors.custom.push_body import read_push
from oculus.collectors.network.exchange import Reply
from oculus.collectors.network.expect import Expectations, ExpectJson
from oculus.core.symbols import VALID

PUSHES = st.sampled_from([
    {"value": 1}, {"seconds": 81, "files": "5120", "ok": True}, 12.5, "7",
    [{"a": 1, "ts": "2026-11-25T12:00:00Z"}],
    [{"a": 1, "ts": 1764072000}, {"a": 2, "ts": 1764072000500}],
]).flatmap(mutated)  # fmt: skip


@fuzzed(as_bytes(PUSHES), examples=300)
def test_a_push_is_taken_as_it_is_or_refused_in_words(body):
    readings, error = attempt(lambda: read_push(body), ValueError)
    if error:
        assert str(error).isprintable()
        return
    truths = {1.0, 0.0}
    for key, value, ts_ms in readings:
        assert VALID.fullmatch(key)
        assert math.isfinite(value)
        assert value in truths or value in set(numbers_in(json.loads(body))), body
        assert ts_ms is None or ts_ms >= 0


@pytest.mark.parametrize("body", [*DEEP, b'"\x80"', b"\xff\xfe[\x001\x00]\x00"])
def test_a_push_that_is_no_text_or_too_deep_is_refused(body):
    _, error = attempt(lambda: read_push(body), ValueError)
    assert "this is not JSON" in str(error)


@pytest.mark.parametrize("ts", ["-1e308", "1e308", "-1", "253402300800000", "1e999", '"-1e308"'])
def test_a_push_with_a_time_that_no_calendar_has_is_refused(ts):
    _, error = attempt(lambda: read_push(b'{"value": 1, "ts": %s}' % ts.encode()), ValueError)
    assert error is not None


@pytest.mark.parametrize("unit", ["auto", "s", "ms", "iso"])
@pytest.mark.parametrize(
    "given", [1e308, -1e308, float("inf"), float("nan"), 10**400, "1e308", -1, True, None, []]
)
def test_a_time_that_no_calendar_has_is_refused_in_every_unit(given, unit):
    _, error = attempt(lambda: moment_ms(given, unit), ValueError)
    assert error is not None


def test_a_number_stands_apart_from_what_is_remarked_on_it():
    assert [sample.value for sample in read_samples('a 2#93\nb 2 # {x="1"} 3\nc 4 5 # 6\n')] == [2.0, 4.0]


PROMETHEUS = """# HELP http_requests_total How many.
# TYPE http_requests_total counter
http_requests_total{method="post",code="200"} 1027 1395066363000
http_requests_total{method="post",code="400"}    3 1395066363000
file_access_seconds{path="C:\\\\DIR\\\\FILE.TXT",error="Cannot find:\\n\\"FILE.TXT\\""} 1.458255915e9
metric_without_timestamp_and_labels 12.47
something_weird{problem="division by zero"} +Inf -3982045
rpc_duration_seconds_count 2693 # {trace="a"} 1
"""
SELECTORS = st.sampled_from(
    [
        "http_requests_total",
        'http_requests_total{code="200"}',
        'http_requests_total{code=~"4..",method!="get"}',
    ]
).flatmap(scrambled)


@fuzzed(scrambled(PROMETHEUS), SELECTORS, examples=300)
def test_the_text_of_prometheus_gives_its_own_numbers_or_none(text, selector):
    written = set()
    for word in text.replace("}", " ").split():
        written |= {
            number for number in [attempt(lambda word=word: float(word), ValueError)[0]] if number is not None
        }
    for sample in read_samples(text):
        assert math.isnan(sample.value) or sample.value in written, text
    find, error = attempt(lambda: finder("prometheus", selector), ValueError)
    assert error is None or str(error)
    if find:
        found, error = attempt(lambda: find(read("prometheus", b"", lambda: text)), ValueError)
        assert error is None or str(error)
        assert error or math.isfinite(found.value)


@fuzzed(SELECTORS, examples=100)
def test_a_selector_is_read_or_refused(text):
    selector, error = attempt(lambda: Selector.parse(text), ValueError)
    assert error or selector.name


ANSWER = {
    "data": {"orders": {"total": 12, "text": "7"}, "queues": [{"name": "mail", "size": 3}, {"name": "x"}]}
}
PATHS = st.sampled_from(
    ["data.orders.total", "data.queues[?name=='mail'].size", "data.queues[0].size", "length(data.queues)",
     "sum(data.queues[].size)", "max_by(data.queues, &size).size", "to_number(data.orders.text)"]
).flatmap(scrambled)  # fmt: skip


@fuzzed(as_bytes(mutated(ANSWER)), PATHS, examples=200)
def test_a_number_in_json_is_found_or_the_reason_is_said(body, path):
    find, error = attempt(lambda: finder("json", path), ValueError)
    if error:
        assert str(error)
        return
    found, error = attempt(lambda: number(find(read("json", body, str)).value), ValueError)
    assert error is None or str(error)
    assert error or math.isfinite(found)
    when, error = attempt(lambda: moment_ms(find(read("json", body, str)).value), ValueError)
    assert str(error) if error else when >= 0


@fuzzed(scrambled("users: 1234\nload 0.52 of 4\n"), scrambled(r"users: (\d+)"), examples=150)
def test_a_number_in_text_is_found_or_the_reason_is_said(text, pattern):
    find, error = attempt(lambda: finder("text", pattern), ValueError)
    if error:
        assert str(error)
        return
    found, error = attempt(lambda: number(find(text).value), ValueError)
    assert error is None or str(error)
    assert error or math.isfinite(found)
    when, error = attempt(lambda: moment_ms(find(text).value), ValueError)
    assert str(error) if error else when >= 0


@pytest.mark.parametrize("path", ["@", "to_string(@)", "keys(@)", "*.*", "a.a"])
def test_what_lies_too_deep_to_be_searched_or_shown_is_said(path):
    find, expected = finder("json", path), Expectations(["200"], "", ExpectJson(path=path, equals="x"))
    for depth in range(900, 1010, 3):  # around what a stack can take
        for body in (b"[" * depth + b"]" * depth, b'{"a":' * depth + b"1" + b"}" * depth):
            _, error = attempt(lambda body=body: find(read("json", body, str)), ValueError)
            assert error is None or str(error)
            assert expected.broken(Reply(200, "OK", Message(), body, len(body), None))


def test_every_format_that_can_be_set_is_fuzzed():
    assert set(FINDERS) == {"json", "text", "prometheus"}
