"""`oculus serve`, killed while others push numbers at it: what was shown and what was taken is there."""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
import urllib.request

import pytest

from fakes.waiting import eventually

PUSH = {"type": "push", "name": "box", "secret": "s"}
LAST = "SELECT coalesce(max(value), 0) FROM metrics WHERE symbol = 'custom.box.value'"
STORED = "SELECT value::BIGINT FROM metrics WHERE symbol = 'custom.box.value' ORDER BY 1"


class Pusher(threading.Thread):
    """Pushes 1, 2, 3, ... and keeps which were taken."""

    def __init__(self, url, first):
        super().__init__(name="pusher")
        self.url, self.next = url, first
        self.taken = set()

    def run(self):
        while True:
            asked = urllib.request.Request(
                f"{self.url}/in/box", json.dumps({"value": self.next}).encode(), {"Authorization": "Bearer s"}
            )
            try:
                urllib.request.urlopen(asked, timeout=30).close()
            except (OSError, http.client.HTTPException, ValueError):
                return  # it was killed
            self.taken.add(self.next)
            self.next += 1


def killed_while_pushed(copy, rounds, seed):
    chance, first, must = random.Random(seed), 1, set()
    for _ in range(rounds):
        copy.serve()
        pusher = Pusher(copy.url, first)
        pusher.start()
        time.sleep(chance.uniform(0.5, 3.5))
        taken = pusher.taken.copy()
        # A quiet machine has that in its file within 250 ms.
        eventually(lambda taken=taken: copy.query(LAST)[0][0] >= max(taken, default=0))
        shown = {row[0] for row in copy.query(STORED.replace("ORDER", "AND value > 0 ORDER"))}
        copy.kill()
        pusher.join(30)
        stored = [value for (value,) in copy.stored(STORED)]
        assert len(stored) == len(set(stored)), "a number is there twice"
        must |= shown | taken
        assert must <= set(stored), f"{sorted(must - set(stored))[:5]} are lost"
        assert max(stored, default=0) <= pusher.next, "a number that nobody sent"
        must |= set(stored)
        first = pusher.next + 1


def test_a_killed_copy_has_all_that_was_shown_and_all_that_was_taken_a_moment_before(copies):
    killed_while_pushed(copies(collectors=[PUSH]), 2, seed=1)


@pytest.mark.crash
@pytest.mark.timeout(900)
def test_a_hundred_kills_of_a_copy_that_serves_lose_nothing(copies):
    copy = copies(collectors=[PUSH])
    for seed in range(10):
        killed_while_pushed(copy, 10, seed)
        copy.data.rename(copy.folder / f"data{seed}")
