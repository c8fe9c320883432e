"""The outbox and the real channels together, against services that refuse whoever is too fast."""

import pytest

from fakes.services import CHAT, settings_of
from oculus.core.alert import NewsKind
from oculus.core.durations import Duration


@pytest.fixture(params=CHAT)
def outbox(request, house, clock, messengers, facts):
    """A house with one channel, moved by hand on a clock that stands still."""
    server = messengers(CHAT[request.param])
    server.now = clock.monotonic
    home = house({"hook": settings_of(request.param, server)}, clock, facts=facts)
    sender = home.notifier._senders["hook"]

    def run(seconds):
        for _ in range(round(seconds * 4)):
            while sender.deliver():
                pass
            clock.pass_s(0.25)

    return home, server, sender, run


def test_single_messages_keep_to_what_the_service_allows(outbox, table, news):
    home, server, sender, run = outbox
    sender.channel.group_for = Duration(0)
    home.tell(*[news(rule=f"rule{n}") for n in range(30)])
    run(100)
    assert len(server.messages) == 30
    assert len(server.got) == 30  # none was refused
    assert {str(row.state) for row in table.rows.values()} == {"sent"}


def test_a_busy_service_is_left_alone_as_long_as_it_asks(outbox, table, news):
    home, server, _, run = outbox

    def busy(handler):
        handler.reply(429, {"ok": False, "retry_after": 9}, {"Retry-After": "9"})

    server.answers.append(busy)
    home.tell(news())
    run(13)
    assert len(server.got) == 1
    run(3)
    assert len(server.messages) == 1
    (row,) = table.rows.values()
    assert (str(row.state), row.attempts) == ("sent", 2)


def test_a_refusal_breaks_the_channel_and_tells_the_person_what_to_do(outbox, table, news):
    home, server, _, run = outbox
    server.answers.append(
        lambda handler: handler.reply(403, {"ok": False, "description": "kicked", "error": "x"})
    )
    home.tell(news())
    run(7)
    (event,) = home.events
    assert event.source == "channel.hook"
    assert "answered" in event.message
    assert home.notifier.status()[-1].state == "broken"


def test_the_end_is_told_where_the_beginning_was_after_a_restart_as_well(
    outbox, house, clock, table, news, facts
):
    home, server, _, run = outbox
    home.tell(news(alert=7))
    run(7)
    home.notifier.stop(2)
    again = house({"hook": home.notifier._settings["hook"]}, clock, facts=facts)
    again.tell(news(NewsKind.RESOLVED, alert=7))
    for _ in range(40):
        again.notifier._senders["hook"].deliver()
        clock.pass_s(0.25)
    assert len(server.messages) == 2
