"""The condition language: what can be written, what it means, and what is said of a mistake."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oculus.rules.language.condition import ConditionError, Worse, parse
from oculus.rules.language.functions import FUNCTIONS
from oculus.rules.language.operand import Age, Function, Number, Symbol
from oculus.rules.language.tree import And, Compare, Cross, Not, Or, Range


class Known(dict):
    """Values by symbol; what is not in it is unknown."""

    last = dict.get


@pytest.mark.parametrize(
    ("text", "values", "holds"),
    [
        ("a.b > 5", {"a.b": 6}, True),
        ("a.b > 5", {"a.b": 5}, False),
        ("a.b >= 5", {"a.b": 5}, True),
        ("a.b < 5", {"a.b": 5}, False),
        ("a.b <= 5", {"a.b": 5}, True),
        ("a.b == 5", {"a.b": 5}, True),
        ("a.b != 5", {"a.b": 5}, False),
        ("a.b>5", {"a.b": 6}, True),
        ("5 < a.b", {"a.b": 6}, True),
        ("a.b > c.d", {"a.b": 6, "c.d": 5}, True),
        ("a.b > 100k", {"a.b": 100_001}, True),
        ("a.b > 1.5M", {"a.b": 1_500_000}, False),
        ("a.b > 5%", {"a.b": 6}, True),
        ("a.b > 5ms", {"a.b": 6}, True),
        ("net.ping.gw > 2s", {"net.ping.gw": 2001}, True),
        ("net.ping.gw > 2s", {"net.ping.gw": 2000}, False),
        ("net.http.shop.tls_days < 2w", {"net.http.shop.tls_days": 13}, True),
        ("net.ping.gw.loss > 5%", {"net.ping.gw.loss": 6}, True),
        ("pred.prob.x > 60%", {"pred.prob.x": 0.61}, True),
        ("60% > pred.prob.x", {"pred.prob.x": 0.61}, False),
        ("pred.prob.x between 10% and 60%", {"pred.prob.x": 0.5}, True),
        ("net.http.shop.up < 99%", {"net.http.shop.up": 1}, False),
        ("a.b > -5", {"a.b": -4}, True),
        ("a.b > 1e3", {"a.b": 1001}, True),
        ("a.b between 1 and 5", {"a.b": 1}, True),
        ("a.b between 1 and 5", {"a.b": 5.1}, False),
        ("a.b outside 1 and 5", {"a.b": 5}, False),
        ("a.b outside 1 and 5", {"a.b": 0}, True),
        ("a.b between c.low and c.high", {"a.b": 3, "c.low": 1, "c.high": 5}, True),
        ("not a.b > 5", {"a.b": 6}, False),
        ("a.b > 5 and c.d > 5", {"a.b": 6, "c.d": 5}, False),
        ("a.b > 5 or c.d > 5", {"a.b": 6, "c.d": 5}, True),
        ("a.b between 1 and 5 and c.d > 5", {"a.b": 2, "c.d": 6}, True),
        ("a.a > 0 or b.b > 0 and c.c > 0", {"a.a": 1, "b.b": 1, "c.c": 0}, True),
        ("(a.a > 0 or b.b > 0) and c.c > 0", {"a.a": 1, "b.b": 1, "c.c": 0}, False),
        ("not (a.a > 0 or b.b > 0)", {"a.a": 0, "b.b": 0}, True),
        ("NOT a.a > 0 AND b.b > 0", {"a.a": 0, "b.b": 1}, True),
        ("net.tcp.redis-1:6379.up == 0", {"net.tcp.redis-1:6379.up": 0}, True),
    ],
)
def test_a_condition_means_what_it_says(text, values, holds):
    assert parse(text).holds(Known(values)) is holds


@pytest.mark.parametrize(
    ("text", "values", "holds"),
    [
        ("a.b > 5", {}, None),
        ("not a.b > 5", {}, None),
        ("a.b between 1 and c.d", {"a.b": 3}, None),
        ("a.b > 5 or c.d > 5", {"a.b": 6}, True),
        ("a.b > 5 or c.d > 5", {"a.b": 5}, None),
        ("a.b > 5 and c.d > 5", {"a.b": 5}, False),
        ("a.b > 5 and c.d > 5", {"a.b": 6}, None),
    ],
)
def test_an_unknown_value_matters_only_where_the_answer_depends_on_it(text, values, holds):
    assert parse(text).holds(Known(values)) is holds


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ("", 1, "is empty"),
        ("a.b", 4, "write a.b > 100"),
        ("a.b = 5", 5, "write =="),
        ("a.b => 5", 5, "write =="),
        ("a.b <> 5", 5, "write !="),
        ("a.b > 5 && c.d > 1", 9, "write and"),
        ("a.b ≥ 5", 5, "write >="),
        ("A.b > 5", 1, "write a.b"),
        ("a.b > 5min", 7, "'5min' is not a number"),
        ("a.b > 5m", 7, "5M for millions"),
        ("avg(a.b) > 5", 8, "write avg(net.ping.gw, 5m)"),
        ("avg(a.b, 5) > 5", 10, "'5' is not a length of time"),
        ("avg(a.b, 0s) > 5", 10, "not a length of time"),
        ("avg(5, 5m) > 5", 5, "avg needs a symbol"),
        ("avg(max(a.b, 1m), 5m) > 5", 5, "a function within a function"),
        ("avg(a.b, 5m > 5", 13, "write avg(net.ping.gw, 5m)"),
        ("age(a.b, 5m) > 5", 8, "write age(net.ping.gw)"),
        ("averege(a.b, 5m) > 5", 1, "no function 'averege'"),
        ("medain(a.b, 5m) > 5", 1, "did you mean median?"),
        ("a.b crosses_abov 5", 5, "did you mean crosses_above?"),
        ("a.b crosses above 5", 5, "write crosses_above"),
        ("a.b crosses Below 5", 5, "write crosses_below"),
        ("a.b crosses", 5, "did you mean crosses_"),
        ("5 crosses_above 6", 1, "nothing but numbers"),
        ("count(a.b, 5m) > 5s", 18, "count(a.b, 5m) is not known to be one"),
        ("a.b > 100,000", 10, "100000 or 100k"),
        ("a.b > 1e999", 7, "too large"),
        ("a.b > 'x'", 7, "without quotes"),
        ("1 < a.b < 5", 9, "between 1 and 5"),
        ("1 < 2", 1, "nothing but numbers"),
        ("a.b > > 5", 7, "a symbol or a number was expected"),
        ("a.b > 5 adn c.d > 1", 9, "did you mean and?"),
        ("a.b beetwen 1 and 5", 5, "did you mean between?"),
        ("nott a.b > 5", 6, "did you mean not?"),
        ("a.b between 1 or 5", 15, "where and was expected"),
        ("a.b between 5 and 1", 13, "the smaller one first"),
        ("a.b not between 1 and 5", 5, "x outside 1 and 5"),
        ("(a.b > 5", 9, "close the ( of column 1"),
        ("a.b > 5)", 8, "closes nothing"),
        ("a.b > 5 c.d > 5", 9, "write and, or, or nothing"),
        ("agv(a.b) > 5", 1, "no function 'agv'"),
        ("a.** > 5", 1, "two * in a row"),
        ("a.* > 5 and b.*.c.* > 5", 13, "as many * in each"),
        ("ünter.wegs > 5", 1, "letters, digits and"),
        ("a.b > 5; drop", 8, "';' does not belong here"),
        ("(" * 400 + "a.b > 5", 51, "brackets within one another"),
        ("not " * 400 + "a.b > 5", 201, "brackets within one another"),
        ("a.b > 5" + " " * 3000, 2001, "longer than 2000 characters"),
    ],
)
def test_a_mistake_is_told_with_its_column_and_what_to_write_instead(text, column, said):
    with pytest.raises(ConditionError) as caught:
        parse(text)
    assert caught.value.column == column
    assert said in str(caught.value)


def test_a_condition_knows_its_symbols_and_what_it_is_about():
    condition = parse("100 < net.ping.gw and net.tcp.*.up == 0 and net.ping.gw < 900")
    assert condition.symbols == ("net.ping.gw", "net.tcp.*.up")
    assert condition.globs == ("net.tcp.*.up",)
    assert condition.main_symbol == "net.ping.gw"


def test_the_threshold_is_known_when_there_is_exactly_one_comparison():
    values = Known({"a.b": 7, "c.d": 3})
    assert parse("a.b > 5").threshold(values) == 5
    assert parse("5 < a.b").threshold(values) == 5
    assert parse("a.b > c.d").threshold(values) == 3
    assert parse("a.b > 5 and c.d > 1").threshold(values) is None
    assert parse("a.b outside 1 and 5").threshold(values) is None
    assert parse("5 < a.b").value(values) == 7


@pytest.mark.parametrize(
    ("text", "worse"),
    [
        ("a.b > 5", (Worse.HIGHER, 0)),
        ("a.b <= 5", (Worse.LOWER, 0)),
        ("5 > a.b", (Worse.LOWER, 0)),
        ("not a.b > 5", (Worse.LOWER, 0)),
        ("a.b != 200", (Worse.FARTHER, 200)),
        ("not a.b == 200", (Worse.FARTHER, 200)),
        ("a.b outside 2 and 4", (Worse.FARTHER, 3)),
        ("a.b between 2 and 4", (Worse.HIGHER, 0)),
        ("a.b crosses_above 5", (Worse.HIGHER, 0)),
        ("a.b crosses_below 5", (Worse.LOWER, 0)),
        ("avg(a.b, 5m) < 5", (Worse.LOWER, 0)),
    ],
)
def test_which_of_two_values_is_worse_follows_from_the_condition(text, worse):
    assert parse(text).worse() == worse


def test_a_glob_is_bound_to_one_name_everywhere():
    bound = parse("net.http.* > 800 and net.tcp.*.up == 1").bind("api.example")
    assert str(bound) == "net.http.api.example > 800 and net.tcp.api.example.up == 1"
    bound = parse("avg(net.http.*, 5m) > 800 and net.ping.* crosses_above age(net.tcp.*)").bind("gw")
    assert str(bound) == "avg(net.http.gw, 5m) > 800 and net.ping.gw crosses_above age(net.tcp.gw)"


def test_a_glob_without_a_part_means_main_symbols_only():
    condition = parse("net.http.* > 800")
    assert condition.names("net.http.shop") == {"shop"}
    assert condition.names("net.http.shop.status") == set()
    assert parse("net.http.*.status != 200").names("net.http.shop.status") == {"shop"}


def test_percent_and_lengths_of_time_are_meant_in_the_unit_of_what_they_are_compared_with():
    def limit(text):
        return parse(text).threshold(Known())

    assert limit("pred.prob.x > 60%") == limit("avg(pred.prob.*, 1h) > 60%") == 0.6
    assert limit("avg(net.http.shop.up, 1d) < 99.9%") == pytest.approx(0.999)
    assert limit("change(pred.prob.x, 1h) > 5%") == 0.05
    assert limit("change_pct(pred.prob.x, 1h) > 5%") == limit("custom.x.y > 5%") == 5
    assert limit("age(net.http.shop) > 5m") == 300
    assert limit("age(net.http.shop) > 500ms") == 0.5
    assert limit("p95(net.http.shop, 1h) > 1.5s") == 1500
    assert limit("net.http.shop.tls_days < 36h") == 1.5
    assert str(parse("pred.prob.x > 60%")) == "pred.prob.x > 60%"


def test_two_conditions_are_equal_when_only_their_spelling_differs():
    assert parse("a.b>100k") == parse("  a.b   >  100000 ")
    assert str(parse("a.b>100k")) == "a.b > 100k"


numbers = st.floats(allow_nan=False, allow_infinity=False).map(lambda x: Number(x + 0.0))
names = st.from_regex(r"\A[a-z][a-z0-9_\-:/]*(\.[a-z0-9_\-:/]+)*\Z").filter(
    lambda name: name not in {"and", "or", "not", "between", "outside"}
)
windows = st.integers(1, 10**10)
symbols = (
    names.map(Symbol) | names.map(Age) | st.builds(Function, st.sampled_from([*FUNCTIONS]), names, windows)
)
operands = numbers | symbols
signs = st.sampled_from([">", ">=", "<", "<=", "==", "!="])
compares = st.one_of(
    st.builds(Compare, symbols, signs, operands),
    st.builds(Compare, operands, signs, symbols),
    st.builds(Cross, symbols, st.booleans(), operands),
    st.builds(Range, symbols, symbols, operands, st.booleans()),
    st.builds(Range, symbols, operands, symbols, st.booleans()),
)
trees = st.recursive(
    compares,
    lambda parts: (
        parts.map(Not)
        | st.lists(parts, min_size=2, max_size=3).map(tuple).map(And)
        | st.lists(parts, min_size=2, max_size=3).map(tuple).map(Or)
    ),
    max_leaves=8,
)


@given(trees)
def test_what_a_condition_prints_reads_as_the_same_condition(tree):
    text = str(tree)
    assert parse(text).tree == tree
    assert str(parse(text)) == text


@given(st.text(max_size=60) | st.text(alphabet="ab.*()<>=! 15kandotr,", max_size=60))
def test_any_text_at_all_is_read_or_refused_in_words(text):
    assert 1 <= column_of_mistake(text) <= len(text) + 1


def column_of_mistake(text):
    try:
        parse(text)
    except ConditionError as error:
        return error.column
    return 1
