"""What rules are written in: conditions, cron lines, messages. Read, or refused in words."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import strategies as st

from fakes.fuzz import LEAVES, attempt, fuzzed, scrambled
from fakes.post import posted
from oculus.core.errors import ChannelError
from oculus.core.secret import Secret
from oculus.notify.channels.webhook import Webhook, WebhookSettings
from oculus.notify.post.outcome import Answer
from oculus.rules.language.condition import ConditionError, parse
from oculus.rules.life.hours import Hours
from oculus.rules.sql.schedule import Schedule, ScheduleError
from oculus.rules.template import LONGEST, Template, TemplateError

CONDITIONS = [
    "avg(net.http.*, 5m) > 800ms and change_pct(net.ping.gw, 1h) > 50%",
    "net.ping.example.com > 200 or net.ping.example.com.loss between 5 and 100",
    "not (crypto.price.btc_usd crosses_above 100k or age(crypto.price.btc_usd) > 2h)",
    "rate(custom.shop.orders, 5m) outside -1.5e3 and 1.5M",
]
WORDS = [
    "and", "or", "not", "(", ")", ",", ">", ">=", "==", "!=", "between", "outside", "crosses_above",
    "crosses_below", "avg", "p95", "rate", "age", "net.ping.*", "a.b", "1", "5%", "100k",
    "5m", "1e999", "-", "*",
    "0", "avg(a.b, 5m)",
]  # fmt: skip


class Odd:
    """Every number that a condition asks for is the next odd one, over and over."""

    def __init__(self, numbers):
        self._numbers = itertools.cycle(numbers)

    def last(self, symbol):
        return next(self._numbers)

    def age(self, symbol):
        return next(self._numbers)

    def window(self, function, symbol, window_ms):
        return next(self._numbers)

    def earlier(self, symbols):
        return Odd([None, 1.0])


NUMBERS = st.lists(st.one_of(st.none(), st.floats(allow_nan=False)), min_size=1, max_size=3)
SENTENCES = st.one_of(
    st.sampled_from(CONDITIONS).flatmap(scrambled),
    st.lists(st.sampled_from(WORDS), max_size=30).map(" ".join),
    st.text(max_size=40),
)


@fuzzed(SENTENCES, NUMBERS, examples=300)
def test_a_condition_is_read_or_refused_with_its_column(text, numbers):
    condition, error = attempt(lambda: parse(text), ConditionError)
    if error:
        assert 1 <= error.column <= len(text) + 2
        return
    assert parse(str(condition)) == condition
    assert condition.holds(Odd(numbers)) in (True, False, None)
    assert condition.worse()


@pytest.mark.parametrize("text", ["(" * 1999, "not " * 499 + "a.b > 1", "(" * 900 + "a.b > 1" + ")" * 900])
def test_a_condition_of_brackets_alone_ends_at_once(text):
    with pytest.raises(ConditionError):
        parse(text)


CRON = st.one_of(
    st.sampled_from(["*/5 * * * *", "0 30 8 * * mon-fri", "15 3 l * *", "0 0 29 2 *", "0 2 * * 1#2"]).flatmap(
        scrambled
    ),
    st.lists(st.from_regex(r"[0-9*/,\-LW#a-z]{1,6}", fullmatch=True), min_size=4, max_size=7).map(" ".join),
)


ZONES = st.sampled_from(["UTC", "Europe/Paris", "America/St_Johns", "Mars/Olympus", "../../etc/passwd", ""])


@fuzzed(CRON, ZONES, st.integers(0, 4_000_000_000_000), examples=150)
def test_a_cron_line_comes_later_or_is_refused(line, zone, after_ms):
    schedule, error = attempt(lambda: Schedule(line, zone), ScheduleError)
    assert error is None or "write" in str(error)
    assert error or schedule.next_ms(after_ms) > after_ms


@fuzzed(
    st.lists(st.text(max_size=9), max_size=3), st.text(max_size=6), st.text(max_size=6), st.text(max_size=12)
)
def test_hours_are_read_or_refused(days, begin, end, zone):
    hours, error = attempt(lambda: Hours(days=tuple(days), from_=begin, to=end, timezone=zone), ValueError)
    assert error is None or "write" in str(error)
    assert error or hours.holds(0) in (True, False)


TEMPLATES = [
    "{{ symbol }}: moved {{ volatility | round(2) }} around {{ avg_price | round(2) }}",
    "{% if value > 5 %}{{ value }}{% else %}{{ tags.target }}{% endif %}",
    "{% for name, each in tags.items() %}{{ name }}={{ each | upper }} {% endfor %}",
    "{{ '%05.2f' | format(value) }} {{ 'x' * 3 }} {{ symbol.split('.')[1] }} {{ duration }}",
]
FACTS = {"value": 7.5, "symbol": "a.b", "threshold": None, "rule": "r", "severity": "warn", "since": "",
         "duration": "", "tags": {"target": "<b>"}}  # fmt: skip
MARKS = st.text(alphabet="{}%|() .'[]aif*~-+0", max_size=30)


@fuzzed(
    st.one_of(st.sampled_from(TEMPLATES).flatmap(scrambled), MARKS),
    st.dictionaries(st.sampled_from(list(FACTS)), LEAVES, max_size=3), examples=200,
)  # fmt: skip
def test_a_message_is_made_or_refused_and_never_long(text, odd):
    said, error = attempt(lambda: Template.parse(text, None).render({**FACTS, **odd}), TemplateError)
    assert str(error)
    assert error or len(said) <= LONGEST


BODIES = [
    '{"text": {{ text | tojson }}}',
    '{"a": "{{ rule }}", "v": {{ value }}}',
    "{% for x in [1] %}{{ x }}{% endfor %}",
]


@fuzzed(st.one_of(st.sampled_from(BODIES).flatmap(scrambled), MARKS), examples=100)
def test_the_body_of_a_webhook_is_made_or_refused_in_words(body):
    settings, error = attempt(lambda: WebhookSettings(url=Secret("http://w.invalid/"), body=body), ValueError)
    assert error is None or "write" in str(error)
    if settings:
        _, error = attempt(lambda: posted(Webhook, settings, Answer(204, {}, b"")), ChannelError)
        assert error is None or "body" in str(error)
