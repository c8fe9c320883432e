"""What holds on every channel, against its own service: a storm is few messages, an outage one digest."""

import errno
import logging
import re
from functools import partial

import pytest
from aiosmtpd.controller import Controller
from msgspec.structs import replace

from fakes.messengers import free_port
from fakes.services import SERVERS, settings_of
from oculus.core.durations import Duration
from oculus.core.errors import ChannelError
from oculus.core.event import Severity
from oculus.notify.facts import Facts

MOST = {
    "webhook": 25,
    "log": 25,
    "email at once": 500,
}  # messages of a storm, where nothing waits for what may follow


class Mailbox:
    def __init__(self, port):
        self.port, self.messages, self.running = port, [], None
        self.come()

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802
        self.messages.append(envelope.content.decode().replace("=\r\n", ""))
        return "250 taken"

    def go(self):
        self.running.stop()

    def come(self):
        self.running = Controller(self, "127.0.0.1", self.port)
        self.running.start()

    end = go


class Screen:
    """A desktop; away, it shows nothing."""

    def __init__(self):
        self.messages, self.there = [], True

    def show(self, popup):
        if not self.there:
            raise ChannelError("No notification service answers")
        self.messages.append(f"{popup.title}\n{popup.text}")

    def go(self):
        self.there = False

    def come(self):
        self.there = True

    def end(self):
        """Nothing is open."""


class Disk(logging.Handler):
    """A log file; away, there is no room for it."""

    def __init__(self):
        super().__init__()
        self.messages, self.there = [], True
        logging.getLogger("oculus.alerts").addHandler(self)
        logging.getLogger("oculus.alerts").setLevel(logging.INFO)

    def emit(self, record):
        if self.there:
            self.messages.append(record.getMessage())

    def flush(self):
        if not self.there:
            raise OSError(errno.ENOSPC, "No space left on device")

    def go(self):
        self.there = False

    def come(self):
        self.there = True

    def end(self):
        logging.getLogger("oculus.alerts").removeHandler(self)


@pytest.fixture(params=[*SERVERS, "email", "email at once", "desktop", "log"])
def post(request, house, clock):
    """A channel, its service, and a way to let a second pass."""
    kind = request.param
    mailbox = partial(Mailbox, free_port())
    special = {"email": mailbox, "email at once": mailbox, "desktop": Screen, "log": Disk}
    service = special[kind]() if kind in special else SERVERS[kind]()
    service.now = clock.monotonic
    yield Post(kind, service, house, clock)
    service.end()


class Post:
    def __init__(self, kind, service, house, clock):
        self.kind, self.service, self.clock = kind, service, clock
        self.name = kind if kind in ("desktop", "log") else "hook"
        more = {"group_for": Duration(0)} if kind == "email at once" else {}
        settings = (
            {"hook": settings_of(kind.split(" at ")[0], service, **more)} if self.name == "hook" else {}
        )
        popup = service.show if kind == "desktop" else None
        self.home = house(settings, clock, facts=Facts(popup=lambda: popup))

    def run(self, seconds):
        for _ in range(round(seconds * 10)):
            while self.home.notifier._senders[self.name].deliver():
                pass
            self.clock.pass_s(0.1)


def counted(message):
    """How many alerts a message is about."""
    if isinstance(message, dict) and "alerts" in message:
        return len(message["alerts"])
    found = re.search(r"(\d+) alerts\b", str(message))
    return int(found[1]) if found else 1


def told_severities(message):
    """Those of the alerts that a message spells out, in its order, once."""
    if isinstance(message, dict) and "alerts" in message:
        return [each["severity"] for each in message["alerts"]]
    text = str(message).partition("<html")[0]
    return re.findall(r"fired \((\w+)\)", text)


@pytest.mark.parametrize("pieces", [1, 10, 500])
def test_a_storm_is_few_messages_worst_first_and_all_of_it_counts_as_told(post, table, news, pieces):
    """A thousand in a second: all at once, in ten verdicts, or two by two."""
    kinds = (Severity.WARN, Severity.CRITICAL, Severity.INFO, Severity.ERROR)
    storm = [
        news(alert=n, severity=kinds[n % 4], channels=(post.name,), rule=f"r{n}") for n in range(1, 1001)
    ]
    sender = post.home.notifier._senders[post.name]
    size = len(storm) // pieces
    for first in range(0, 1000, size):
        post.home.tell(*storm[first : first + size])
        sender.deliver()
        post.clock.pass_s(1 / pieces)
    post.run(90)
    messages = post.service.messages
    assert len(messages) <= MOST.get(post.kind, 2 if pieces > 1 else 1)
    assert sum(map(counted, messages)) == 1000
    assert len(table.rows) == 1000
    assert {str(row.state) for row in table.rows.values()} == {"sent"}
    for message in messages:
        ranks = [Severity(word).rank for word in told_severities(message)]
        assert ranks == sorted(ranks, reverse=True)


def test_after_an_outage_there_is_one_digest_oldest_first(post, table, news):
    post.service.go()
    for number in range(1, 51):
        worst = Severity.CRITICAL if number == 50 else Severity.WARN
        late = news(alert=number, severity=worst, channels=(post.name,), rule=f"rule{number:02}")
        post.home.tell(replace(late, ts_ms=post.clock.now_ms()))
        post.run(12)
    assert post.service.messages == []
    post.service.come()
    post.run(310)
    (digest,) = post.service.messages
    assert counted(digest) == 50
    assert post.kind == "webhook" or re.search(r"50 alerts, 20\d\d-\d\d-\d\d \d\d:\d\d to ", str(digest))
    assert {str(row.state) for row in table.rows.values()} == {"sent"}
    told = list(dict.fromkeys(re.findall(r"rule\d\d", str(digest))))
    assert post.kind == "desktop" or (told == sorted(told) and "rule50" in told)
