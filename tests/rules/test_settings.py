"""What can be set for a rule, and what is said of mistakes."""

import msgspec
import pytest

from oculus.core.durations import Duration
from oculus.core.event import Severity
from oculus.core.fields import read_special
from oculus.rules.settings import NoData, RuleSettings
from oculus.rules.together import check_rules, in_order


def rule(name="r", condition="a.b > 5", **more):
    return RuleSettings(name=name, condition=condition, **more)


def read(**given):
    return msgspec.convert(given, RuleSettings, dec_hook=read_special)


def test_a_rule_is_read_as_it_is_written():
    given = read(
        name="slow shop",
        condition="net.http.* > 800",
        clear="net.http.* < 500",
        recover_for="2m",
        cooldown="15m",
        repeat="4h",
        no_data="alert",
        no_data_for="10m",
        depends_on=["gateway"],
        severity="critical",
        message="{{ symbol }} takes {{ value | round(1) }} ms",
        channels=["slack", "log"],
        mention=["@channel"],
        **{"for": "5m"},
    )
    assert given.for_ == Duration(minutes=5)
    assert given.no_data is NoData.ALERT
    assert given.severity is Severity.CRITICAL
    assert str(given.parsed) == "net.http.* > 800"


def test_a_condition_and_a_name_are_all_a_rule_needs():
    given = read(name="r", condition="a.b > 5")
    assert given.channels == ("log",)
    assert given.for_ == given.cooldown == given.repeat == given.recover_for == Duration(0)
    assert given.no_data is NoData.KEEP
    assert given.parsed_clear is None


def test_every_setting_says_what_it_means():
    about = {
        field.encode_name: msgspec.inspect.type_info(field.type)
        for field in msgspec.structs.fields(RuleSettings)
    }
    assert [name for name, info in about.items() if not info.extra_json_schema.get("description")] == []
    assert "for" in about
    assert "for_" not in about


def test_every_mistake_of_a_rule_is_told_at_once_and_begins_with_its_field():
    with pytest.raises(ValueError, match="name") as caught:
        rule(name="a\nb", condition="a.b >", no_data_for=Duration(0), message="{{ valeu }}")
    told = str(caught.value)
    for part in (
        "name 'a\\nb' cannot be printed",
        "condition column 6: the end where a symbol or a number was expected",
        "no_data_for is no time at all",
        "message there is no value 'valeu'; did you mean value?",
    ):
        assert part in told


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"clear": "a.b <"}, "clear column 6"),
        ({"condition": "a.b.* > 5", "clear": "a.*.* < 3"}, "clear has other"),
        ({"clear": "a.* < 3"}, "clear has other"),
        ({"message": "{{"}, "message is no template"),
    ],
)
def test_a_mistake_names_its_field(more, said):
    with pytest.raises(ValueError, match=said):
        rule(**more)


@pytest.mark.parametrize("name", ["Größe > 5?", "ping 网关", "x" * 100])
def test_a_name_is_any_printable_text(name):
    assert read(name=name, condition="a.b > 5").name == name


@pytest.mark.parametrize("name", ["", "x" * 101, "a\tb", "   "])
def test_other_names_are_refused(name):
    with pytest.raises(msgspec.ValidationError):
        read(name=name, condition="a.b > 5")


def test_an_unknown_setting_is_refused():
    with pytest.raises(msgspec.ValidationError, match="cooldwon"):
        read(name="r", condition="a.b > 5", cooldwon="5m")


def test_a_dependency_that_is_no_rule_is_told_with_the_nearest_name():
    [problem] = check_rules([rule("gateway"), rule("shop", depends_on=("gatway",))])
    assert (problem.index, problem.field) == (1, "depends_on")
    assert problem.hint == "did you mean gateway?"


def test_rules_that_wait_for_one_another_are_told():
    rules = [
        rule("a", depends_on=("b",)),
        rule("b", depends_on=("c",)),
        rule("c", depends_on=("a",)),
        rule("d", depends_on=("a",)),
    ]
    problems = check_rules(rules)
    assert [problem.index for problem in problems] == [0, 1, 2]
    assert "a -> b -> c -> a" in problems[0].what


def test_a_rule_that_waits_for_itself_is_told():
    [problem] = check_rules([rule("a", depends_on=("a",))])
    assert "a -> a" in problem.what


def test_rules_come_after_those_they_depend_on():
    rules = [rule("a", depends_on=("b", "c")), rule("b", depends_on=("c",)), rule("c"), rule("d")]
    assert [each.name for each in in_order(rules)] == ["c", "b", "a", "d"]


def test_a_circle_does_not_hang_the_ordering():
    rules = [rule("a", depends_on=("b",)), rule("b", depends_on=("a",))]
    assert {each.name for each in in_order(rules)} == {"a", "b"}


def test_a_rule_may_be_a_select_instead():
    given = read(
        name="whales",
        sql="SELECT symbol, max(value) AS top FROM metrics GROUP BY ALL HAVING top > $threshold",
        params={"threshold": 0.05},
        schedule="*/5 * * * *",
        timezone="Europe/Paris",
        key=["symbol"],
        catch_up=True,
        message="{{ symbol }}: {{ top }}",
    )
    assert given.statement.params == {"threshold": 0.05}
    assert given.condition == ""
    assert rule().statement is None


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "condition is missing; write one of condition and sql"),
        ({"condition": "a.b > 5", "sql": "SELECT 1", "schedule": "* * * * *"}, "are both there"),
        ({"sql": "SELECT 1"}, "schedule is missing, without which the sql never runs"),
        ({"sql": "SELECT 1", "schedule": "* * *"}, "schedule '* * *' has 3 fields"),
        ({"sql": "SELECT 1", "schedule": "* * * * *", "timezone": "Mars"}, "timezone 'Mars' is no time zone"),
        ({"sql": "SELECT $n", "schedule": "* * * * *"}, "sql has a place $n; write a value for it"),
        (
            {"sql": "SELECT 1", "schedule": "* * * * *", "params": {"n": 1}},
            "params has n, which the sql does",
        ),
        ({"sql": "SELECT 1", "schedule": "* * * * *", "clear": "a.b < 1"}, "clear is for a condition"),
        ({"condition": "a.b > 5", "schedule": "* * * * *"}, "schedule is for sql"),
        ({"condition": "a.b > 5", "key": ["x"]}, "key is for sql"),
    ],
)
def test_what_does_not_belong_together_is_told(given, said):
    with pytest.raises(msgspec.ValidationError) as caught:
        read(name="r", **given)
    assert said in str(caught.value)


def test_a_wrong_time_zone_hides_no_wrong_cron_line():
    with pytest.raises(msgspec.ValidationError) as caught:
        read(name="r", sql="SELECT 1", schedule="61 * * * *", timezone="Mars")
    assert "timezone 'Mars'" in str(caught.value)
    assert "schedule '61 * * * *'" in str(caught.value)
