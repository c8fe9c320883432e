"""Expressions that people write: as `re` reads them, but with an end."""

import threading
import time

import pytest

from oculus.collectors.custom.exposition import Selector
from oculus.collectors.custom.extract import finder
from oculus.core import pattern
from oculus.core.pattern import Pattern

UNLUCKY = "^(a|aa)+$"
TEXT = "a" * 60 + "b"


@pytest.fixture
def soon(monkeypatch):
    monkeypatch.setattr(pattern, "LONGEST_S", 0.2)


def test_it_finds_what_re_finds(monkeypatch):
    monkeypatch.setattr(pattern, "LONGEST_S", 60.0)  # the machine may be busy
    assert Pattern(r"users: (\d+)").search("all users: 17 here")[1] == "17"
    assert Pattern("nothing").search("something") is None
    assert Pattern("^b", multiline=True).search("a\nb")
    assert Pattern("^b").search("a\nb") is None
    assert Pattern("a+").fits("aaa")
    assert not Pattern("a+").fits("aaab")


@pytest.mark.parametrize("text", ["(", "[a", "*a", "a{2,1}", "\\", "(" * 5000])
def test_what_is_none_is_refused_with_the_reason(text):
    with pytest.raises(ValueError, match=r"\w"):
        Pattern(text)


def test_a_search_without_end_is_ended_and_holds_up_nobody():
    """It takes all of its second, in which the others come to their turns on a busy machine, too."""
    waits, stop = [], threading.Event()

    def others():
        while not stop.is_set():
            begun = time.monotonic()
            time.sleep(0.001)
            waits.append(time.monotonic() - begun)

    thread = threading.Thread(target=others)
    thread.start()
    with pytest.raises(ValueError, match=r"takes longer than 1 s; write a simpler one"):
        Pattern(UNLUCKY).search(TEXT)
    stop.set()
    thread.join(30)
    assert len(waits) > 5


def test_numbers_of_an_answer_say_which_expression_takes_too_long(soon):
    with pytest.raises(ValueError, match=r"\(a\|aa\)\+\$ takes longer"):
        finder("text", UNLUCKY)(TEXT)


def test_so_do_labels(soon):
    (matcher,) = Selector.parse('x{a=~"(a|aa)+"}').matchers
    with pytest.raises(ValueError, match="takes longer"):
        matcher.holds({"a": TEXT})
