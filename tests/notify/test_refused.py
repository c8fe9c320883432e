"""A message that the service refuses for good: which piece of it is to blame, and who hears of that."""

import dataclasses

import pytest

from fakes.chat import Chat, away
from oculus.core.errors import ChannelError
from oculus.notify.facts import NO_FACTS


def refused(*numbers):
    """What a service says to a message that holds one of these alerts."""

    def answer(ids):
        bad = [number for number in ids if number in numbers]
        return ChannelError("chat answered 400: bad text", permanent=True, answered=True) if bad else None

    return answer


def gone(_ids):
    return ChannelError("chat answered: no such chat", "Add the bot", permanent=True)


def told():
    return [number for message in Chat.sent for number, _ in message]


def failed(table):
    rows = [row for row in table.rows.values() if row.state == "failed"]
    return {row.news.alert.id: row.last_error for row in rows}


@pytest.mark.parametrize("bad", [(1,), (17,), (40,), (3, 4), (1, 20, 40)])
def test_of_a_message_that_is_refused_only_what_offends_fails_with_the_reason(chat, table, news, bad):
    Chat.refuses = refused(*bad)
    chat.home.tell(*[news(alert=number) for number in range(1, 41)])
    chat.run(10)
    assert sorted(told()) == [number for number in range(1, 41) if number not in bad]
    assert failed(table) == dict.fromkeys(bad, "chat answered 400: bad text")
    assert len(Chat.tries) <= 9 * len(bad)


def test_a_digest_that_is_refused_is_tried_in_pieces_too(chat, table, news):
    Chat.refuses = away
    chat.home.tell(*[news(alert=number) for number in range(1, 31)])
    chat.run(60)
    Chat.refuses = refused(11)
    chat.run(310)
    assert sorted(told()) == [number for number in range(1, 31) if number != 11]
    assert failed(table) == {11: "chat answered 400: bad text"}


def test_while_its_pieces_are_tried_each_row_says_why(chat, table, news):
    seen = []

    def answer(ids):
        seen.extend((str(row.state), row.last_error) for row in table.rows.values() if row.attempts == 1)
        return refused(2)(ids)

    Chat.refuses = answer
    chat.home.tell(*[news(alert=number) for number in range(1, 5)])
    chat.run(10)
    assert ("retrying", "chat answered 400: bad text") in seen


def test_where_everything_offends_everything_fails_each_by_itself(chat, table, news):
    Chat.refuses = refused(*range(1, 21))
    chat.home.tell(*[news(alert=number) for number in range(1, 21)])
    chat.run(10)
    assert len(failed(table)) == 20
    assert len(Chat.tries) <= 20 + 10


def test_one_message_that_is_refused_among_others_does_not_make_the_channel_a_broken_one(chat, table, news):
    Chat.refuses = refused(7)
    chat.home.tell(*[news(alert=number) for number in range(1, 21)])
    chat.run(10)
    (event,) = chat.home.events
    assert event.message == "hook: one message was refused for good: chat answered 400: bad text"
    assert chat.state() == "ok"


def test_a_channel_that_takes_nothing_at_all_is_broken(chat, table, news):
    Chat.refuses = refused(*range(1, 10))
    chat.home.tell(*[news(alert=number) for number in range(1, 10)])
    chat.run(10)
    assert chat.state() == "broken"


def test_a_channel_that_is_gone_is_asked_once_for_all(chat, table, news):
    Chat.refuses = gone
    chat.home.tell(*[news(alert=number) for number in range(1, 41)])
    chat.run(10)
    assert len(Chat.tries) == 1
    assert len(failed(table)) == 40
    assert chat.state() == "broken"


def test_a_broken_channel_is_told_on_the_screen_once_in_the_words_of_the_service(start, news, eventually):
    shown = []
    chat = start(facts=dataclasses.replace(NO_FACTS, popup=lambda: shown.append))
    Chat.refuses = gone
    for number in range(1, 4):
        chat.home.tell(news(alert=number))
        chat.run(6)
    assert eventually(lambda: shown)
    (popup,) = shown
    assert (popup.title, popup.severity, popup.path) == ("The channel hook is broken", "error", "/channels")
    assert popup.text == "chat answered: no such chat. Add the bot"
    assert [event.message for event in chat.home.events] == ["hook: chat answered: no such chat. Add the bot"]


def test_a_screen_that_shows_nothing_holds_up_nothing(start, table, news):
    def fails(_popup):
        raise ChannelError("No notification service answers")

    chat = start(facts=dataclasses.replace(NO_FACTS, popup=lambda: fails))
    Chat.refuses = gone
    chat.home.tell(news(alert=1))
    chat.run(6)
    assert failed(table) == {1: "chat answered: no such chat. Add the bot"}


# What a service asks for


def busy(_ids):
    return ChannelError("chat wants fewer messages", retry_after_s=100)


def test_a_wish_to_be_left_alone_outlives_a_restart_for_news_that_comes_after_it(start, facts, news):
    first, begun = start(facts=facts), []
    Chat.refuses = busy
    first.home.tell(news(alert=1))
    first.run(10)
    begun = Chat.tries[0][0]
    Chat.refuses = None
    second = start(facts=facts)
    second.home.tell(news(alert=2))
    Chat.tries = []
    second.run(200)
    assert [(at - begun, ids) for at, ids in Chat.tries] == [(100, [2])]


def test_a_wish_that_is_over_is_forgotten(start, facts, news):
    first = start(facts=facts)
    Chat.refuses = busy
    first.home.tell(news(alert=1))
    first.run(10)
    Chat.refuses = None
    first.home.notifier.send_test("hook")
    first.run(10)
    assert Chat.sent[1:] == [[(1, "FIRED")]]
    begun, Chat.tries = first.clock.monotonic(), []
    second = start(facts=facts)
    second.home.tell(news(alert=2))
    second.run(10)
    assert [at - begun for at, _ in Chat.tries] == [5]
