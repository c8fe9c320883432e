"""Messages as templates: what they can say, and that none can hang or flood."""

import time
from datetime import UTC, datetime

import pytest

from oculus.rules import sandbox
from oculus.rules.template import LONGEST, Template, TemplateError

FACTS = {
    "value": 101234.5678,
    "symbol": "crypto.price.btc_usd",
    "threshold": 100000.0,
    "rule": "btc",
    "severity": "info",
    "since": datetime(2026, 1, 1, 12, tzinfo=UTC),
    "duration": "2 m",
    "tags": {"source": "coingecko", "long": "x" * 3000, "wide": "%99999999d"},
}


def render(text):
    return Template.parse(text).render(FACTS)


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("BTC crossed $100k!", "BTC crossed $100k!"),
        ("{{ symbol }}: {{ value | round(2) }}", "crypto.price.btc_usd: 101234.57"),
        ("{{ '{:,.0f}'.format(value) }}", "101,235"),
        ("{{ '%.1f' | format(value) }} {{ '%.1f' % value }}", "101234.6 101234.6"),
        ("{{ (value / threshold * 100) | round | int }} %", "101 %"),
        ("{{ since.strftime('%H:%M') }} {{ duration }}", "12:00 2 m"),
        ("{{ tags.source }}{{ tags.none }}", "coingecko"),
        ("{% if value > 5 %}high{% else %}low{% endif %}", "high"),
        ("{% for word in symbol.split('.') %}<{{ word }}>{% endfor %}", "<crypto><price><btc_usd>"),
        ("{{ symbol | replace('crypto.', '') }}", "price.btc_usd"),
        ("<b>{{ rule }}</b> @everyone", "<b>btc</b> @everyone"),
    ],
)
def test_a_template_says_what_it_is_given(text, made):
    assert render(text) == made


def test_what_is_not_known_is_called_so():
    facts = {**FACTS, "value": None, "threshold": None}
    assert Template.parse("{{ value }} of {{ threshold }}").render(facts) == "unknown of unknown"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{ valeu }}", "did you mean value?"),
        ("{{ value | ruond }}", "did you mean round?"),
        ("{{ symbol.uper() }}", "did you mean upper?"),
        ("{{ range(9) }}", "calls a function"),
        ("{{", "is no template"),
        ("{% set a = 1 %}", "if and for only"),
        ("{% macro a() %}{{ a() }}{% endmacro %}", "if and for only"),
        ("{% include 'x' %}", "if and for only"),
        ("{% for t in tags recursive %}{{ loop(t) }}{% endfor %}", "if and for only"),
        ("{{ 9 ** 9 ** 9 }}", r"\*\* is not for messages"),
        ("{{ symbol.center(9999999999) }}", "no method 'center'"),
        ("{{ " + "(" * 1900 + "1" + ")" * 1900 + " }}", "is no template"),
    ],
)
def test_a_mistake_is_told_when_the_settings_are_read(text, said):
    with pytest.raises(TemplateError, match=said):
        Template.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "{{ value / 0 }}",
        "{{ symbol * 999999999 }}",
        "{{ 'x' * 999999999 }}",
        "{{ [1] * 999999999 }}",
        "{{ '%99999999d' % 1 }}",
        "{{ tags.wide % 1 }}",
        "{{ '%*d' % (99999999, 1) }}",
        "{{ '%99999999d' | format(1) }}",
        "{{ '{:>99999999}'.format(1) }}",
        "{{ '{:>{w}}'.format(1, w=99999999) }}",
        "{{ '{0.__class__.__mro__}'.format(value) }}",
        "{% for a in tags.long %}{% for b in tags.long %}{% endfor %}{% endfor %}",
        "{{ tags.a.b }}",
        "{{ tags.get.__globals__.x }}",
    ],
)
def test_what_would_hang_flood_or_escape_fails_at_once_instead(text):
    begun = time.monotonic()
    with pytest.raises(TemplateError):
        render(text)
    assert time.monotonic() - begun < 30


def test_a_long_message_is_cut():
    made = render("{% for c in tags.long.split('y') %}{{ tags.long }}{{ c }}{% endfor %}")
    assert len(made) == LONGEST
    assert made.endswith("…")


def test_a_chain_of_replacements_cannot_grow_without_end():
    made = render("{{ 'aa'" + "|replace('a', 'aaaaaaaaaa')" * 100 + " }}")
    assert len(made) <= LONGEST


@pytest.mark.parametrize(
    "text", ["", "plain", "50% }} off", "a\nb\n", "a\r\nb\rc\n\n", "\n", "ü\u2028x", "x" * 3000]
)
def test_plain_text_is_what_jinja_would_have_made_of_it(text):
    assert render(text) == Template(*sandbox.parse(text, None)).render(FACTS)
