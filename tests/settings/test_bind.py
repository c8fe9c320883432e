"""Plain data becomes settings, or every mistake is told."""

from typing import Annotated, Any, Literal

import pytest
from msgspec import Meta, Struct, field

from oculus.core.durations import Duration
from oculus.core.event import Severity
from oculus.core.fields import Size
from oculus.core.secret import Secret
from oculus.settings.bind import WRONG, bind
from oculus.settings.environment import fill
from oculus.settings.read_toml import read_toml
from oculus.settings.read_yaml import read_yaml


class Part(Struct, frozen=True, kw_only=True):
    x: Annotated[int, Meta(description="How many.")]
    y: int = 0

    def __post_init__(self):
        if self.x == 13:
            raise ValueError("x 13 brings bad luck; write 12; y goes with it; write 1")


class Thing(Struct, frozen=True, kw_only=True):
    target: Annotated[str, Meta(description="host:port to connect to", pattern=r"^.+:\d{1,5}$")] = "a:1"
    interval: Duration = Duration(seconds=30)
    size: Size = Size(5)
    token: Secret = Secret("")
    port: Annotated[int, Meta(ge=0, le=65535)] = 0
    word: Annotated[str, Meta(min_length=1)] = "a"
    mode: Literal["daily", "off"] = "off"
    severity: Severity = Severity.INFO
    codes: Annotated[list[int | str], Meta(min_length=1)] = field(default_factory=lambda: [200])
    tags: dict[str, str] = field(default_factory=dict)
    flag: bool = True
    part: Part | None = None
    parts: list[Part] = field(default_factory=list)
    share: Annotated[float, Meta(gt=0)] = 1.0
    anything: Any = None
    hold: Duration = field(default=Duration(0), name="for")


def bound(text, reader=read_yaml, **environment):
    draft = reader(text, "f")
    fill(draft, environment)
    return bind(Thing, (), draft), [str(problem) for problem in draft.problems]


def told(text, reader=read_yaml, **environment):
    thing, problems = bound(text, reader, **environment)
    assert thing is WRONG
    return problems


def test_everything_that_is_right_is_taken():
    text = """
        {target: "x:1", interval: 5m, size: 4GiB, token: abc, port: 5, word: hi, mode: daily, severity: warn,
         codes: [200, 300-399], tags: {a: b}, flag: false, part: {x: 1}, parts: [{x: 2}], share: 2,
         anything: {q: [1]}, for: 3s}"""
    thing, problems = bound(text)
    assert problems == []
    assert thing == Thing(
        target="x:1", interval=Duration(minutes=5), size=Size(4 * 2**30), token=Secret("abc"), port=5,
        word="hi", mode="daily", severity=Severity.WARN, codes=[200, "300-399"], tags={"a": "b"}, flag=False,
        part=Part(x=1), parts=[Part(x=2)], share=2.0, anything={"q": [1]}, hold=Duration(seconds=3),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("word", "value"), [("on", True), ("yes", True), ("OFF", False), ("no", False), ("true", True)]
)
def test_yaml_words_are_truths_where_a_truth_is_wanted(word, value):
    assert bound(f"flag: {word}")[0].flag is value


def test_yaml_words_are_words_where_a_word_is_wanted():
    thing, _ = bound("{word: no, mode: off, tags: {a: on, b: true, c: 1.10, d: 0x1f}, token: 0123}")
    assert (thing.word, thing.mode, thing.token.reveal()) == ("no", "off", "0123")
    assert thing.tags == {"a": "on", "b": "true", "c": "1.10", "d": "0x1f"}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("42", 42),
        ("1.50", 1.5),
        ("true", True),
        ('"42"', "42"),
        ("up", "up"),
        ("[1, x]", [1, "x"]),
        ("", None),
    ],
)
def test_where_anything_may_stand_a_number_is_a_number(written, meant):
    thing, problems = bound(f"anything: {written}")
    assert (thing.anything, type(thing.anything), problems) == (meant, type(meant), [])


def test_a_value_from_the_environment_may_stand_for_a_number_or_a_truth():
    thing, _ = bound(
        '{port: "${P}", flag: "${F}", share: "${S}", codes: ["${P}"]}', P="8420", F="off", S="1.5"
    )
    assert (thing.port, thing.flag, thing.share, thing.codes) == (8420, False, 1.5, [8420])


def test_a_section_without_entries_counts_as_not_written():
    assert bound("tags:\nparts:\ninterval:\n")[0] == Thing()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("retrys: 1", "f:1: retrys: no such setting; write target, interval, "),
        ("intervall: 1s", "f:1: intervall: no such setting; did you mean interval?"),
        ("target: x", "f:1: target: 'x' does not have the right form; write host:port to connect to"),
        (
            "interval: 5 minutes",
            "f:1: interval: '5 minutes' is not a length of time; write 500ms, 30s, 2m, 1h or 7d",
        ),
        ("interval: 5", "f:1: interval: '5' is not a length of time; write 500ms, 30s, 2m, 1h or 7d"),
        ("size: 4", "f:1: size: '4' is not a size; write 256MB or 4GiB"),
        ("port: 99999", "f:1: port: 99999 is too large; write a whole number from 0 to 65535"),
        ("port: -1", "f:1: port: -1 is too small; write a whole number from 0 to 65535"),
        ("port: http", "f:1: port: 'http' is not a whole number; write a whole number from 0 to 65535"),
        ("port: 1.5", "f:1: port: 1.5 is not a whole number; write a whole number from 0 to 65535"),
        ("word: ''", "f:1: word: is empty; write text that is not empty"),
        ("mode: dayly", "f:1: mode: 'dayly' is not known here; did you mean daily?"),
        ("mode: never", "f:1: mode: 'never' is not known here; write daily or off"),
        ("severity: warning", "f:1: severity: 'warning' is not known here; did you mean warn?"),
        ("codes: []", "f:1: codes: is empty; write a list that is not empty, each a whole number or text"),
        ("codes: [200, [1]]", "f:1: codes[1]: a list is not what belongs here; write a whole number or text"),
        ("tags: [a]", "f:1: tags: a list is not a group of settings; write lines of the form name: value"),
        ("tags: {a: [1]}", "f:1: tags.a: a list is not text; write text"),
        ("flag: maybe", "f:1: flag: 'maybe' is not a yes or no; write true or false"),
        ("part: 3", "f:1: part: 3 is not a group of settings; write a group of settings (x, y)"),
        ("part: {}", "f:1: part.x: is missing; write x: a whole number (how many)"),
        ("parts: {x: 1}", "f:1: parts: a group of settings is not a list; write a list"),
        ("parts:\n- x: 1\n- x: a", "f:3: parts[1].x: 'a' is not a whole number; write a whole number"),
        ("parts: [1]", "f:1: parts[0]: 1 is not a group of settings; write a group of settings (x, y)"),
        ("share: 0", "f:1: share: 0 is too small; write a number above 0"),
        ("share: .nan", "f:1: share: '.nan' is not a number; write a number above 0"),
        ("for: soon", "f:1: for: 'soon' is not a length of time"),
    ],
)
def test_a_mistake_is_told_in_words_with_what_to_write_instead(text, words):
    (only,) = told(text)
    assert only.startswith(words)


def test_toml_knows_no_unquoted_text():
    assert told("target = 5", read_toml) == ['f:1: target: 5 is not text; put it in quotes: "5"']
    assert told("share = nan", read_toml) == ["f:1: share: nan is not a number; write a number above 0"]


def test_parts_that_do_not_go_together_are_told_where_they_stand():
    assert told("part: {x: 13,\n  y: 2}") == [
        "f:1: part.x: 13 brings bad luck; write 12",
        "f:2: part.y: goes with it; write 1",
    ]


def test_every_mistake_is_told_at_once():
    assert (
        len(
            told("{interval: a, size: b, port: c, mode: d, flag: e, part: f, share: g, parts: [{}], typo: 1}")
        )
        == 9
    )


@pytest.mark.parametrize("text", ["token: [hunter2]", "token: {hunter2: hunter2}"])
def test_a_secret_that_is_no_text_is_refused_without_showing_it(text):
    assert told(text) == ['f:1: token: is not text; put it in quotes: "..."']


def test_a_value_from_the_environment_is_never_shown():
    words = " ".join(
        told('{interval: "${PASSWORD}", mode: "${PASSWORD}", port: "${PASSWORD}"}', PASSWORD="hunter2")
    )
    assert "hunter2" not in words
    assert words.count("${PASSWORD}") == 3


def test_a_missing_name_is_told_once_and_not_again_as_a_wrong_value():
    assert len(told('port: "${NOBODY}"')) == 1


def test_what_only_the_whole_shows_is_told_also_beside_a_part_that_is_wrong():
    assert told("part: {x: 13, y: soon}") == [
        "f:1: part.y: 'soon' is not a whole number; write a whole number",
        "f:1: part.x: 13 brings bad luck; write 12",
    ], "and nothing of y, whose default is not to blame"
    assert len(told("part: {x: 13, z: 1}")) == 3
