"""What is made when somebody first asks for it."""

import threading

import pytest

from oculus.web.serving.later import Later


def test_what_is_made_later_is_made_once_whoever_asks_first():
    made, together = [], threading.Barrier(8)
    later = Later(lambda: made.append("one") or made)

    def ask():
        together.wait(30)
        later()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert made == ["one"]


def test_what_could_not_be_made_is_tried_again():
    tries = iter([OSError("not yet"), None])

    def make():
        if error := next(tries):
            raise error
        return "made"

    later = Later(make)
    with pytest.raises(OSError, match="not yet"):
        later()
    assert later() == "made"
