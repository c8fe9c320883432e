"""A rule over the past: what can be moved, what two settings come to, and where they lead."""

import html
import json
import re

import pytest

from oculus.core.durations import Duration
from oculus.core.errors import QueryError
from oculus.core.metric import Metric
from oculus.core.secret import Secret
from oculus.rules.settings import RuleSettings
from oculus.rules.trials.backtest import Backtest, Firing
from oculus.runtime import Oculus
from oculus.settings.load import load
from oculus.web.serving.server import WebServer
from oculus.web.trials.compare import difference, outcome, source
from oculus.web.trials.setting import Setting, level_of, read_setting, setting_of

MINUTE = 60_000


def rule(**more):
    return RuleSettings(**({"name": "r", "condition": "net.x > 100k", "for_": Duration(minutes=2)} | more))


def firing(begun, ended, instance=""):
    return Firing(
        instance=instance,
        started_ms=begun * MINUTE,
        fired_ms=begun * MINUTE,
        ended_ms=None if ended is None else round(ended * MINUTE),
        worst=None,
    )


def backtest(*fired, told=0, **more):
    return Backtest(
        rule="r", since_ms=0, until_ms=1000 * MINUTE, fired=list(fired), told={"log": told}, **more
    )


@pytest.mark.parametrize(
    ("condition", "left", "number"),
    [
        ("net.x > 100k", "net.x", 100_000),
        ("avg(net.*, 5m) <= 1.5", "avg(net.*, 5m)", 1.5),
        ("net.x > net.y", None, None),
        ("net.x > 1 and net.y > 2", None, None),
        ("net.x.status != 200", None, None),
        ("no condition at all", None, None),
        ("", None, None),
    ],
)
def test_a_threshold_can_be_moved_where_one_number_decides(condition, left, number):
    level = level_of(condition)
    assert (level and level.left, level and level.number) == (left, number)


def test_what_is_not_touched_stays_as_it_was_written():
    now = setting_of(rule(clear="net.x < 90k"))
    assert read_setting({}, "b", now) == now
    assert read_setting({"b.threshold": "100k", "b.ends": "90k", "b.for": "2m"}, "b", now) == now


def test_fields_become_settings_as_a_file_has_them():
    now = setting_of(rule())
    tried = read_setting({"b.threshold": "120k", "b.ends": "95000", "b.for": "5m", "a.for": "1s"}, "b", now)
    assert tried == Setting(condition="net.x > 120k", clear="net.x < 95000", for_="5m")
    assert tried.changes(now) == {"condition": "net.x > 120k", "clear": "net.x < 95000", "for": "5m"}
    assert tried.of(rule()).for_ == Duration(minutes=5)


def test_an_end_can_be_taken_away():
    was = rule(clear="net.x < 90k")
    tried = read_setting({"b.ends": ""}, "b", setting_of(was))
    assert tried.of(was).clear == ""
    assert tried.changes(setting_of(was)) == {"clear": ""}


@pytest.mark.parametrize("wrong", [{"b.for": "soon"}, {"b.threshold": "5 5"}])
def test_what_is_no_setting_is_refused_in_words(wrong):
    with pytest.raises(QueryError):
        read_setting(wrong, "b", setting_of(rule())).of(rule())


def test_the_difference_of_two_settings_is_said_in_words():
    a = backtest(firing(0, 1), firing(10, 11), firing(20, 60), firing(100, 140), told=8)
    b = backtest(firing(25, 60), told=2)
    assert difference(a, b) == [
        "B would have fired 1 time instead of 4.",
        "None instead of 2 would be over in under 2 minutes.",
        "People would get 2 messages instead of 8.",
        "It would miss 1 that lasted 40 m.",
        "Where both fire, it would tell 5 m later.",
    ]
    assert "It would tell of 3 of which A says nothing." in difference(b, a)
    assert difference(a, a) == ["Both would have fired alike."]
    assert difference(backtest(), backtest()) == ["Neither would have fired."]
    assert difference(a, backtest(*a.fired, told=4)) == [
        "Both would have fired alike.",
        "People would get 4 messages instead of 8.",
    ]


def test_firings_of_different_instances_are_not_taken_for_one():
    said = difference(backtest(firing(0, 10, "net.a")), backtest(firing(0, 10, "net.b")))
    assert said == ["It would miss 1 that lasted 10 m.", "It would tell of 1 of which A says nothing."]


def test_an_outcome_says_how_often_how_long_and_who():
    found = outcome(backtest(firing(0, 1.5), firing(900, None), told=3))
    assert (found.count, found.total, found.longest, found.short) == (2, "1 h 41 m", "1 h 40 m", 1)
    assert found.told == "3 by log"
    assert outcome(backtest()).told == "nobody"


def test_it_is_told_what_it_was_played_over():
    assert source(backtest()) == "Nothing is stored of this time."
    assert source(backtest(samples=1200, rolled=200)).startswith("Played over 1,200 samples; 200 of them")
    assert source(backtest(samples=70, runs=70)).startswith("Played by 70 runs of its SQL")


SETTINGS = """\
server: {port: 0, rate_limit: {per_second: 10000, burst: 10000}}
rules:
  - {name: "high <b>", condition: "net.x > 5", for: 1m}
  - name: asks
    sql: >-
      SELECT symbol, max(value) AS top FROM metrics WHERE ts > now() - INTERVAL '10 minutes'
      AND symbol = 'net.x' GROUP BY symbol HAVING top > $limit AND $kind = $kind
    params: {limit: 5, kind: "any"}
    schedule: "*/10 * * * *"
  - {name: many, condition: "net.* > 5"}
"""


TOKEN = Secret("a-token-for-tests-of-43-characters-in-length")


class Visitor:
    """A person with a browser that needs no scripts."""

    def __init__(self, url):
        self.url = url

    def ask(self, method, path, **more):
        import requests

        headers = {"Authorization": f"Bearer {TOKEN.reveal()}"}
        return requests.request(
            method, self.url + path, headers=headers, timeout=90, allow_redirects=False, **more
        )

    def play(self, **fields):
        answer = self.ask("POST", "/partials/backtest", data=fields)
        assert answer.status_code == 200
        return answer.text


@pytest.fixture(scope="module")
def visitor(tmp_path_factory):
    """Somebody at an Oculus whose `net.x` was high four times within the last two hours."""
    folder = tmp_path_factory.mktemp("trials")
    config = folder / "oculus.yaml"
    config.write_text(SETTINGS)
    with (
        Oculus(load(config, environment={}), folder / "data", config) as oculus,
        WebServer(oculus, "127.0.0.1", 0, TOKEN) as server,
    ):
        now_ms = oculus.clock.now_ms()
        values = [0, 9, 9, 9, 0, 7, 7, 0, 9, 0, 0, 6, 6, 6, 6, 0]
        oculus.writer.put(
            [
                Metric(now_ms - (120 - n) * MINUTE, "net.x", "net.x", float(v), {})
                for n, v in enumerate(values)
            ]
        )
        oculus.writer.change(lambda cursor: None).result(30)
        yield Visitor(server.url)


def words(text):
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text)))


def test_the_page_begins_with_the_rule_as_it_is(visitor):
    page = visitor.ask("GET", "/backtest/high%20%3Cb%3E").text
    assert 'name="a.threshold" value="5"' in page
    assert 'name="b.for" value="1m"' in page
    assert "<b>" not in page
    assert visitor.ask("GET", "/backtest/none").status_code == 404


def test_a_link_can_say_what_to_try(visitor):
    page = visitor.ask("GET", "/backtest/high%20%3Cb%3E?b.for=5m&b.threshold=8&span=1d").text
    assert 'name="b.for" value="5m"' in page
    assert 'name="b.threshold" value="8"' in page
    assert 'name="a.for" value="1m"' in page
    assert '<option value="1d" selected>' in page


def test_two_settings_are_played_side_by_side(visitor):
    fields = {"rule": "high <b>", "span": "1d", "symbol": "net.x", "b.threshold": "8"}
    found = visitor.play(**fields)
    said = words(found)
    assert "B would have fired 1 time instead of 3." in said
    assert "Messages: 6 by log" in said
    assert "Messages: 2 by log" in said
    spans = [json.loads(html.unescape(each)) for each in re.findall(r'data-spans="([^"]*)"', found)]
    assert [len(each) for each in spans] == [3, 1]
    assert [json.loads(each) for each in re.findall(r'data-limits="([^"]*)"', found)] == [[5.0], [8.0]]


def test_what_was_tried_leads_into_the_form(visitor):
    fields = {"rule": "high <b>", "span": "1d", "symbol": "net.x", "b.for": "5m"}
    found = visitor.play(**fields)
    (where,) = re.findall(r'action="(/settings/fill[^"]*)"', found)
    (changes,) = re.findall(r'name="with" value="([^"]*)"', found)
    form = visitor.ask("POST", html.unescape(where), data={"with": html.unescape(changes)}).text
    assert 'name="for" type="text" value="5m"' in form
    assert 'value="high &lt;b&gt;"' in form
    assert "written by hand in <code>oculus.yaml:3</code>" in form


def test_a_rule_that_is_being_written_can_be_tried_before_it_is_saved(visitor):
    fields = {"name": "new", "condition": "net.x > 8", "for": "30s", "oculus.do": "backtest"}
    page = visitor.ask("POST", "/settings/save?section=rules", data=fields)
    assert page.status_code == 200
    draft, back = re.findall(r'name="draft" value="([^"]*)"', page.text)
    assert draft == back  # what was typed is not lost when nothing is taken from here
    assert "Back to the form" in page.text
    sent = {"draft": html.unescape(draft), "where": "section=rules", "span": "1d", "b.for": "1h"}
    found = visitor.play(**sent)
    assert "1 instead of 0" not in words(found)
    assert "B would have fired 0 times instead of 1." in words(found)
    (changes,) = re.findall(r'name="with" value="([^"]*)"', found)
    form = visitor.ask(
        "POST", "/settings/fill?section=rules", data={"with": html.unescape(changes), "draft": sent["draft"]}
    ).text
    assert 'name="for" type="text" value="1h"' in form
    assert 'name="name" type="text" value="new"' in form


def test_a_glob_can_be_looked_at_symbol_by_symbol(visitor):
    assert '<input type="hidden" name="symbol" value="net.x"' in visitor.ask("GET", "/backtest/many").text


def test_the_numbers_of_a_rule_in_sql_can_be_moved(visitor):
    page = visitor.ask("GET", "/backtest/asks").text
    assert 'name="b.param.limit" value="5"' in page
    assert "b.param.kind" not in page
    assert "data-trial" not in page, "there is no symbol to draw"
    found = visitor.play(rule="asks", span="1d", **{"b.param.limit": "20"})
    said = words(found)
    assert re.search(r"B would have fired 0 times instead of \d", said)
    assert re.search(r"Its SQL was run [\d,]+ times as of then", said)
    assert found.count('class="lane-bar') >= 1
    (changes,) = re.findall(r'name="with" value="([^"]*)"', found)
    assert json.loads(html.unescape(changes)) == {"params": {"limit": 20, "kind": "any"}}
    form = visitor.ask("POST", "/settings/fill?section=rules", data={"with": html.unescape(changes)}).text
    assert "limit: 20" in form
    assert "is not a number" in words(visitor.play(rule="asks", span="1d", **{"b.param.limit": "x"}))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"rule": "high <b>", "b.for": "soon"}, "'soon' is not a length of time"),
        ({"rule": "many", "b.condition": "net.* >", "b.threshold": "x y"}, "column"),
    ],
)
def test_what_cannot_be_played_is_told_in_words(visitor, fields, said):
    assert said in words(visitor.play(**fields))


@pytest.mark.parametrize("fields", [{"draft": "[1]"}, {"draft": "{"}, {"until": "soon"}, {"rule": "none"}])
def test_a_form_that_is_not_whole_is_refused(visitor, fields):
    answer = visitor.ask("POST", "/partials/backtest", data={"rule": "many"} | fields)
    assert answer.status_code in (200, 400, 404)
    assert "Traceback" not in answer.text
    assert "net.x" not in words(answer.text)


def test_an_object_that_a_page_names_leads_to_its_form(visitor):
    answer = visitor.ask("GET", "/settings/find?section=rules&name=many")
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/settings/new?like=oculus.yaml")
    assert visitor.ask("GET", "/settings/find?section=rules&name=nobody").status_code == 404
