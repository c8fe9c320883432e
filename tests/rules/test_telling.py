"""The words in which people hear of an alert."""

import math

import pytest

from oculus.rules.judging.telling import brief


@pytest.mark.parametrize(
    ("value", "words"),
    [(0.40631578947, "0.4063"), (5.0, "5"), (7, 7), ("net.tcp.db", "net.tcp.db"), (math.inf, math.inf)],
)
def test_a_row_without_a_message_of_its_own_has_numbers_that_people_can_read(value, words):
    assert brief(value) == words
