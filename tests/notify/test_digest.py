"""What one message tells: after an outage, in a storm, and of what was over before it was told."""

from msgspec.structs import replace

from fakes.chat import Chat, away
from oculus.core.alert import DeliveryState, NewsKind
from oculus.core.errors import ChannelError
from oculus.core.event import Severity
from oculus.core.secret import Secret
from oculus.notify.channel import Limit
from oculus.notify.channels.webhook import WebhookSettings
from oculus.notify.render.words import spelt_out

RESOLVED, REMINDER = NewsKind.RESOLVED, NewsKind.REMINDER


def last(table, row):
    return str(table.rows[row.id].state), table.rows[row.id].last_error


def test_what_began_and_ended_within_one_group_is_told_to_nobody(chat, table, news):
    rows = chat.home.tell(news(alert=1), news(alert=2))
    chat.run(2)
    rows += chat.home.tell(news(REMINDER, alert=1), news(RESOLVED, alert=1))
    chat.run(6)
    assert Chat.sent == [[(2, "FIRED")]]
    over = ("skipped", "it was over before it was told")
    assert [last(table, row) for row in rows] == [over, ("sent", ""), over, over]


def test_the_end_of_what_was_told_before_is_told(chat, news):
    chat.home.tell(news(alert=1))
    chat.run(6)
    chat.home.tell(news(REMINDER, alert=1), news(RESOLVED, alert=1))
    chat.run(6)
    assert Chat.sent == [[(1, "FIRED")], [(1, "RESOLVED")]]


def test_what_may_have_been_told_is_not_taken_back(chat, table, news):
    Chat.refuses = away
    rows = chat.home.tell(news(alert=1))
    chat.run(6)
    Chat.refuses = None
    rows += chat.home.tell(news(RESOLVED, alert=1))
    chat.run(10)
    assert Chat.sent == [[(1, "RESOLVED")]]  # which says when it began, too
    assert [last(table, row)[0] for row in rows] == ["sent", "sent"]


def test_after_an_outage_all_that_waited_is_one_message_oldest_first(chat, table, news):
    Chat.refuses = away
    for number in range(1, 31):
        severity = Severity.CRITICAL if number % 3 else Severity.WARN
        fired = news(alert=number, severity=severity)
        chat.home.tell(replace(fired, ts_ms=chat.clock.now_ms()))
        chat.run(20)
    Chat.refuses = None
    chat.run(310)
    assert Chat.sent == [[(number, "FIRED") for number in range(1, 31)]]
    assert {str(row.state) for row in table.rows.values()} == {"sent"}


def test_after_a_restart_in_an_outage_there_is_one_message_too(chat, start, table, news):
    Chat.refuses = away
    for number in range(1, 11):
        chat.home.tell(news(alert=number))
        chat.run(13)
    again = start()
    again.home.notifier.put(table.unfinished())
    again.home.tell(news(alert=11))
    again.run(3)
    Chat.refuses = None
    again.run(310)
    assert Chat.sent == [[(number, "FIRED") for number in range(1, 12)]]


def test_a_message_that_the_service_cannot_take_holds_up_no_other(chat, table, news):
    Chat.refuses = lambda ids: ChannelError("chat answered 500", answered=True) if 3 in ids else None
    rows = chat.home.tell(*[news(alert=number) for number in range(1, 6)])
    chat.run(60)
    assert sorted(number for told in Chat.sent for number, _ in told) == [1, 2, 4, 5]
    assert last(table, rows[2]) == ("retrying", "chat answered 500")
    (late,) = chat.home.tell(news(alert=6))
    chat.run(12)
    assert last(table, late)[0] == "sent"


def test_an_end_that_waits_for_the_morning_is_in_no_message_before(chat, clock, news):
    chat.home.tell(news(alert=1))
    chat.run(2)
    morning_ms = clock.now_ms() + 3_600_000
    chat.home.tell(replace(news(RESOLVED, alert=1), due_ms=morning_ms))
    chat.run(3590)
    assert Chat.sent == [[(1, "FIRED")]]
    chat.run(20)
    assert Chat.sent == [[(1, "FIRED")], [(1, "RESOLVED")]]


def test_of_many_reminders_that_could_not_be_sent_the_last_is_enough(chat, table, news):
    Chat.refuses = away
    chat.home.tell(news(alert=1))
    for _ in range(5):
        chat.run(30)
        chat.home.tell(news(REMINDER, alert=1))
    Chat.refuses = None
    chat.run(310)
    assert Chat.sent == [[(1, "FIRED"), (1, "REMINDER")]]
    assert [str(row.state) for row in table.rows.values()] == ["sent"] * 6


def test_what_somebody_acknowledges_meanwhile_calls_nobody_when_the_service_is_back(chat, table, news):
    Chat.refuses = away
    chat.home.tell(news(alert=1), news(alert=2))
    chat.run(30)
    rows = chat.home.tell(news(NewsKind.ESCALATED, alert=1), news(REMINDER, alert=2))
    rows += chat.home.tell(news(NewsKind.ESCALATED, alert=2))
    seen = news(REMINDER, alert=1, acknowledged_ms=chat.clock.now_ms(), held="acknowledged")
    assert chat.home.tell(seen) == []
    Chat.refuses = None
    chat.run(310)
    assert sorted(Chat.sent[0]) == [(1, "FIRED"), (2, "ESCALATED"), (2, "FIRED")]
    assert last(table, rows[0]) == ("skipped", "it was acknowledged before it was told")
    assert [last(table, row)[0] for row in rows[1:]] == ["sent", "sent"]


def test_an_acknowledgement_of_before_the_restart_counts_as_well(chat, start, table, news):
    Chat.refuses = away
    (row,) = chat.home.tell(news(NewsKind.ESCALATED, alert=1))
    chat.run(10)
    kept = table.rows[row.id]
    kept.news = replace(kept.news, alert=replace(kept.news.alert, acknowledged_ms=1))  # as it is loaded
    again = start()
    again.home.notifier.put(table.unfinished())
    again.run(10)
    assert last(table, row) == ("skipped", "it was acknowledged before it was told")


def test_a_storm_is_told_worst_first(chat, news):
    severities = [Severity.INFO, Severity.CRITICAL, Severity.WARN, Severity.ERROR]
    chat.home.tell(*[news(alert=number, severity=severities[number % 4]) for number in range(1, 1001)])
    chat.run(6)
    (told,) = Chat.sent
    ranks = [severities[number % 4].rank for number, _ in told]
    assert len(told) == 1000
    assert ranks == sorted(ranks, reverse=True)


def test_where_not_all_have_room_those_are_spelt_out_that_matter_most(news):
    group = [news(alert=number) for number in range(1, 51)]
    group[40] = news(alert=41, severity=Severity.CRITICAL)
    told, rest = spelt_out(group)
    assert [each.alert.id for each in told] == [*range(1, 20), 41]
    assert rest == 30


def test_an_outcome_is_saved_with_the_next_sending(house, clock, service, news, table):
    home = house({"hook": WebhookSettings(url=Secret(service.url))}, clock)
    saves, save = [], table.save

    def counted(rows):
        saves.append([str(row.state) for row in rows])
        save(rows)

    home.notifier._context.__dict__["save"] = counted
    home.tell(*[news(alert=number) for number in range(1, 4)])
    sender = home.notifier._senders["hook"]
    while sender.deliver():
        pass
    assert saves == [["sending"], ["sent", "sending"], ["sent", "sending"], ["sent"]]
    assert {str(row.state) for row in table.rows.values()} == {"sent"}


def test_the_last_outcome_is_saved_when_oculus_stops(house, service, news, table, eventually):
    home = house({"hook": WebhookSettings(url=Secret(service.url), batch="never")})
    home.notifier.start()
    home.tell(*[news(alert=number) for number in range(1, 40)])
    assert eventually(lambda: len(service.got) > 5)
    assert home.notifier.stop(30)
    states = [str(row.state) for row in table.rows.values()]
    assert states.count("sent") == len(service.got)
    assert "sending" not in states


def test_what_was_under_way_when_we_were_killed_counts_for_the_limits(start, clock, table, news, monkeypatch):
    monkeypatch.setattr(Chat, "limits", (Limit(1, 10),))
    (row,) = start().home.tell(news(alert=1))
    table.rows[row.id].state, table.rows[row.id].attempts = DeliveryState.SENDING, 1
    again, begun = start(), clock.monotonic()
    again.home.notifier.put(table.unfinished())
    again.run(30)
    assert [at - begun for at, _ in Chat.tries] == [10]
