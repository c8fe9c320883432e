"""A rule may carry its own tests: samples in, news out."""

import pytest

from oculus.core.durations import Duration
from oculus.rules.settings import NoData
from oculus.rules.trials.proof import failures
from oculus.rules.trials.ruletest import RuleTest, expected


def wrong(make_rule, samples, news, condition="a > 1", more=None, **rule):
    test = RuleTest(name="t", samples=samples, news=news, **(more or {}))
    return list(failures([make_rule(condition, tests=(test,), **rule)]))


A = {"a": [0, 5, 5, 5, 0]}


def test_a_test_that_comes_out_as_it_says_is_no_failure(make_rule):
    assert wrong(make_rule, A, ["30s FIRED", "2m RESOLVED"]) == []
    assert wrong(make_rule, A, ["1m30s FIRED", "2m RESOLVED"], for_="1m") == []
    assert wrong(make_rule, A, [], for_="5m") == []


def test_a_failure_says_what_people_would_hear_instead(make_rule):
    assert wrong(make_rule, A, ["30s FIRED"]) == [
        "rule r, test t: people would hear 30s FIRED, 2m RESOLVED; the test says 30s FIRED"
    ]
    assert wrong(make_rule, A, ["30s FIRED", "2m RESOLVED"], for_="5m") == [
        "rule r, test t: people would hear nothing; the test says 30s FIRED, 2m RESOLVED"
    ]


def test_instances_can_be_named_and_samples_can_be_missing(make_rule):
    samples = {"n.x": [0, None, 5], "n.y": [5, 5, 5]}
    assert (
        wrong(
            make_rule, samples, ["0s FIRED n.y", "20s FIRED n.x"], "n.* > 1", {"every": Duration(seconds=10)}
        )
        == []
    )
    assert wrong(
        make_rule, samples, ["0s FIRED n.x", "20s FIRED n.y"], "n.* > 1", {"every": Duration(seconds=10)}
    )


def test_it_may_go_on_after_the_last_sample(make_rule):
    given = {"no_data": NoData.ALERT, "no_data_for": "5m", "more": {"lasts": Duration(seconds=400)}}
    assert wrong(make_rule, {"a": [0]}, ["5m NO_DATA"], **given) == []


@pytest.mark.parametrize("text", ["FIRED", "2 FIRED", "2m fired", "soon FIRED", ""])
def test_news_that_is_none_is_refused(text):
    with pytest.raises(ValueError, match="write such as 2m30s FIRED"):
        RuleTest(samples=A, news=[text])


def test_times_may_have_several_parts():
    assert expected("1h2m3s FIRED n.x") == (3_723_000, "FIRED", "n.x")
