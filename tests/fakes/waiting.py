"""Waiting for what other threads, programs and browsers do."""

import time


def eventually(question, within_s=60.0, every_s=0.01):
    """Wait until `question()` is true, and return what it said.

    The limit is for a test that fails: on a busy machine the same takes ten times as long as on an idle one.
    It is asked once more after the limit: a machine may stand still between two looks.
    """
    ends, late = time.monotonic() + within_s, False
    while not (answer := question()):
        assert not late, f"it stayed {answer!r} for {within_s} s"
        time.sleep(every_s)
        late = time.monotonic() > ends
    return answer
