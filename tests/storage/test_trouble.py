"""What the writer does while the file cannot be written."""

import threading

from oculus.storage.trouble import Backoff


def test_a_disk_that_is_full_for_days_is_still_waited_for():
    stopping = threading.Event()
    stopping.set()  # so that the test need not
    backoff = Backoff(stopping, last_tries_s=60.0)
    backoff.tries = 100_000
    assert backoff.wait()
