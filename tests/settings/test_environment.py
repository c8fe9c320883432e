"""${NAME} takes a value from the environment."""

import pytest

from oculus.settings.draft import Draft
from oculus.settings.environment import fill


def filled(text, **environment):
    draft = Draft(data={"a": [{"b": text}]})
    fill(draft, environment)
    return draft.data["a"][0]["b"]


def told(text, **environment):
    draft = Draft(data={"a": [{"b": text}]})
    fill(draft, environment)
    return [str(problem) for problem in draft.problems]


def test_a_name_is_replaced_by_its_value():
    assert filled("x ${A} ${B}.", A="1", B="2") == "x 1 2."


def test_a_default_serves_when_the_name_is_not_set_or_empty():
    assert filled("${A:-x}${B:-}|${C:-y}", C="") == "x|y"
    assert filled("${A:-x}", A="1") == "1"


@pytest.mark.parametrize(
    "value", ['"', "'", "a: b\n- c", "${A}", "$${", "\\", "!!python/name:os.system", "}"]
)
def test_a_value_stays_text_whatever_it_holds(value):
    assert filled("<${A}>", A=value) == f"<{value}>"


def test_a_doubled_dollar_is_a_plain_one():
    assert filled("$${A} $A $$ {A}", A="1") == "${A} $A $$ {A}"


def test_a_missing_name_is_a_mistake_that_names_the_setting():
    assert told("${A}") == ["a[0].b: A is not set in the environment; set it, or give a default: ${A:-...}"]


@pytest.mark.parametrize("text", ["${}", "${a-b}", "${1}", "${A", "${A:+x}"])
def test_what_is_no_name_is_a_mistake(text):
    assert "names nothing" in told(text, A="1")[0]


def test_names_of_settings_are_left_alone():
    draft = Draft(data={"${A}": 1})
    fill(draft, {"A": "x"})
    assert draft.data == {"${A}": 1}
