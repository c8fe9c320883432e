"""The thread between whoever logs and the disk or terminal that the line goes to."""

from __future__ import annotations

import contextlib
import logging
import queue
import sys
import threading

from oculus.core.worker import Worker

QUEUE_LIMIT = 10_000  # records; seconds of the busiest debug log
FLUSH_S = 5.0
CLOSE_S = 2.0
DROPPED = "%d lines are missing here: they came faster than the log could be written"


class Mark:
    """Stands in the queue behind what a flush waits for."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.failure: OSError | None = None  # why the record before it was not written


Item = logging.LogRecord | Mark


class Background(logging.Handler):
    """Hands records to another handler on a thread of its own. Never waits, never raises."""

    def __init__(self, target: logging.Handler, limit: int = QUEUE_LIMIT) -> None:
        super().__init__()
        self.dropped = 0  # records that found the queue full
        self._said = 0  # how many of them have a line that says so
        self._queue: queue.Queue[Item] = queue.Queue(limit)
        self._drain = Drain(self._queue, target)
        self._drain.start()

    def emit(self, record: logging.LogRecord) -> None:
        try:
            # Words now, not later: what the arguments point at may change before the thread comes round.
            text = record.getMessage()
        except Exception as error:  # arguments that do not fit their message must not fail the caller
            text = f"{record.msg} (its details could not be put in: {error})"
        self._put(logging.makeLogRecord({**vars(record), "msg": text, "args": None}))

    def flush(self) -> None:
        """Wait until all so far is written. Raises OSError when it is not (disk full, too slow)."""
        mark = Mark()
        try:
            self._queue.put(mark, timeout=FLUSH_S)
        except queue.Full:
            raise OSError("the log is too slow to be written") from None
        if self._drain.alive() and not mark.reached.wait(FLUSH_S):
            raise OSError("the log is too slow to be written")
        if mark.failure:
            raise OSError(*mark.failure.args)

    def close(self) -> None:
        if self._drain.alive():
            self._drain.stop(CLOSE_S)
        super().close()

    def _put(self, record: logging.LogRecord) -> None:
        try:
            if self._said < self.dropped:
                self._queue.put_nowait(note(DROPPED, self.dropped - self._said))
                self._said = self.dropped
            self._queue.put_nowait(record)
        except queue.Full:
            self.dropped += 1


class Drain(Worker):
    """Takes records off the queue and has them written."""

    pause_s = 0

    def __init__(self, items: queue.Queue[Item], target: logging.Handler) -> None:
        super().__init__("log")
        self._failure: OSError | None = None  # why the last record was not written
        self._items = items
        self._target = target

    def step(self) -> None:
        self._take(self._items.get())

    def wake(self) -> None:
        with contextlib.suppress(queue.Full):  # then there is no wait to end
            self._items.put_nowait(Mark())

    def finish(self) -> None:
        while not self._items.empty():
            self._take(self._items.get_nowait())
        self._target.close()

    def _take(self, item: Item) -> None:
        if isinstance(item, Mark):
            item.failure = self._failure
            item.reached.set()
            return
        try:
            self._target.handle(item)
            self._failure = None
        except OSError as error:
            self._say_once(error)

    def _say_once(self, error: OSError) -> None:
        # Not through the log: it is the log that fails. Each new reason once, lines come by the hundred.
        if str(error) != str(self._failure) and sys.stderr is not None:
            sys.stderr.write(f"The log cannot be written ({error.strerror or error}). Oculus goes on.\n")
        self._failure = error


def note(text: str, *args: object) -> logging.LogRecord:
    """A line of the log about itself."""
    return logging.LogRecord("oculus.core.logs", logging.WARNING, __file__, 0, text, args, None)
