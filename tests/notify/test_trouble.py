"""Every way in which a service can be in trouble: the message is tried again, and nobody reads its HTML."""

from email.utils import formatdate

import pytest

from fakes.services import CHAT, SERVERS, settings_of
from oculus.core.durations import Duration

PAGE = b"<html><h1>secret</h1></html>"
HTML = {"Content-Type": "text/html"}
SECRETS = ("secret", "Secret")


def replies(status, body=PAGE, headers=HTML):
    return lambda handler: handler.reply(status, body, headers)


def hangs(handler):
    handler.server.release.wait(60)


def hangs_up(handler):
    handler.close_connection = True


def breaks_off(handler):
    handler.wfile.write(b"HTTP/1.1 2")
    handler.close_connection = True


def speaks_otherwise(handler):
    handler.wfile.write(b"220 mail.example ESMTP\r\n")
    handler.close_connection = True


def in_seven(handler):
    return formatdate(handler.server.now() + 7, usegmt=True)


TROUBLES = {
    "500": replies(500), "502": replies(502), "503": replies(503), "504": replies(504),
    "empty 500": replies(500, b"", {}), "hangs": hangs, "hangs up": hangs_up, "breaks off": breaks_off,
    "no http": speaks_otherwise, "empty 429": replies(429, b"", {}), "html 429": replies(429),
}  # fmt: skip
WISHES = {
    "Retry-After": replies(429, PAGE, {**HTML, "Retry-After": "7"}),
    "Retry-After as a date": lambda handler: handler.reply(429, PAGE, {"Retry-After": in_seven(handler)}),
    "in the body": replies(429, {"ok": False, "message": "slow down", "retry_after": 7.0}, {}),
    "in parameters": replies(429, {"ok": False, "parameters": {"retry_after": 7}}, {}),
    "X-RateLimit-Reset-After": replies(429, {"ok": False}, {"X-RateLimit-Reset-After": "7.0"}),
    "503 with Retry-After": replies(503, PAGE, {**HTML, "Retry-After": "7"}),
}


# An address of one's own asks in the standard form.
STANDARD = ("Retry-After", "Retry-After as a date", "503 with Retry-After")
ASKED = [(kind, wish) for kind in CHAT for wish in WISHES] + [("webhook", wish) for wish in STANDARD]


class Outbox:
    """A house with one channel of a kind, a quarter of a second a step."""

    def __init__(self, kind, server, house, clock, **more):
        server.now = clock.monotonic
        self.server, self.clock = server, clock
        self.home = house({"hook": settings_of(kind, server, **more)}, clock)

    def first_try(self):
        while not self.server.got:
            self.run(0.25)

    def run(self, seconds):
        for _ in range(round(seconds * 4)):
            while self.home.notifier._senders["hook"].deliver():
                pass
            self.clock.pass_s(0.25)


@pytest.fixture
def outbox(messengers, house, clock):
    return lambda kind, **more: Outbox(kind, messengers(SERVERS[kind]), house, clock, **more)


@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("kind", [*CHAT, "webhook"])
def test_whatever_is_wrong_with_a_service_the_message_is_tried_again(kind, trouble, outbox, table, news):
    post = outbox(kind, **({"timeout": Duration(seconds=1)} if trouble == "hangs" else {}))
    post.server.answers.append(TROUBLES[trouble])
    (row,) = post.home.tell(news())
    post.first_try()
    waiting = table.rows[row.id]
    assert (waiting.state, waiting.attempts) == ("retrying", 1)
    assert waiting.last_error
    assert not any(each in waiting.last_error for each in (*SECRETS, "<"))
    post.run(5)
    assert (table.rows[row.id].state, table.rows[row.id].attempts) == ("sent", 2)
    assert len(post.server.messages) == 1


@pytest.mark.parametrize(("kind", "wish"), ASKED)
def test_a_service_is_left_alone_as_long_as_it_asks_in_whatever_form(kind, wish, outbox, table, news):
    post = outbox(kind)
    post.server.answers.append(WISHES[wish])
    (row,) = post.home.tell(news())
    post.first_try()
    post.run(6.5)
    assert len(post.server.got) == 1
    post.run(1)
    assert table.rows[row.id].state == "sent"


def picky(handler):
    """Refuses for good what holds a certain word, in the way of each service."""
    asked = handler.server.got[-1]
    if b"poison" not in asked.raw:
        return handler.reply(*handler.server.take(asked))
    said = "Bad Request: something in it"
    return handler.reply(400, {"ok": False, "description": said, "message": said, "error": said})


@pytest.mark.parametrize("kind", CHAT)
def test_of_a_group_that_a_service_refuses_only_what_offends_fails(kind, outbox, table, news):
    post = outbox(kind)
    post.server.answers.extend([picky] * 30)
    words = ["fine"] * 12
    words[8] = "poison"
    rows = post.home.tell(*[news(rule=f"rule{n}", message=word) for n, word in enumerate(words)])
    post.run(60)
    states = [str(table.rows[row.id].state) for row in rows]
    assert [word for word, state in zip(words, states, strict=True) if state != "sent"] == ["poison"]
    failed = table.rows[rows[8].id]
    assert failed.state == "failed"
    assert "something in it" in failed.last_error
    assert len(post.server.messages) <= 4
    assert len(post.server.got) <= 10


def test_apprise_says_in_its_own_words_what_the_service_answered(outbox, table, news):
    pytest.importorskip("apprise")
    post = outbox("apprise")
    post.server.answers.append(replies(503))
    (row,) = post.home.tell(news())
    post.first_try()
    assert table.rows[row.id].state == "retrying"
    assert "error=503" in table.rows[row.id].last_error
    assert not any(each in table.rows[row.id].last_error for each in SECRETS)
    post.run(5)
    assert table.rows[row.id].state == "sent"
