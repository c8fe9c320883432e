"""What becomes of a delivery, step by step, on a clock that stands still and with a real service."""

import itertools
import json

import pytest
from msgspec.structs import replace

from fakes.chat import Chat
from oculus.core.alert import DeliveryState, NewsKind
from oculus.core.errors import StorageError
from oculus.core.secret import Secret
from oculus.notify.channel import Limit
from oculus.notify.channels.webhook import WebhookSettings


class Step:
    """A house with one webhook whose sender is moved by hand."""

    def __init__(self, home, clock):
        self.home = home
        self.clock = clock
        self.sender = home.notifier._senders["hook"]

    def work(self):
        """Send whatever is due now. How many messages that took."""
        count = 0
        while self.sender.deliver():
            count += 1
        return count

    def work_for(self, seconds, step=1.0):
        for _ in range(round(seconds / step)):
            self.work()
            self.clock.pass_s(step)


def mend(hook, service):
    """Other settings for the webhook, as the runtime takes them on."""
    hook.home.notifier.replace({"hook": WebhookSettings(url=Secret(service.url + "/in/mended"))})
    hook.home.notifier.reconsider()


@pytest.fixture
def quiet():
    """Until when which alert is quiet, UTC ms."""
    return {}


@pytest.fixture
def hook(house, clock, service, quiet):
    settings = {"hook": WebhookSettings(url=Secret(service.url + "/in"))}
    return Step(house(settings, clock, due_ms=lambda each: quiet.get(each.alert.id, 0)), clock)


def test_a_delivery_is_saved_as_sending_before_the_attempt_and_as_sent_after_it(hook, table, service, news):
    seen = []
    service.answers.append(lambda handler: (seen.extend(table.history), handler.answer(204, body=b"")))
    (row,) = hook.home.tell(news())
    hook.work()
    assert [state for _, state in seen] == ["queued", "sending"]
    assert table.states(row) == ["queued", "sending", "sent"]
    kept = table.rows[row.id]
    assert (kept.attempts, kept.sent_ms, kept.last_error) == (1, hook.clock.now_ms(), "")


def test_what_failed_is_tried_again_after_one_two_four_seconds(hook, table, service, news):
    service.answers.extend([500, 502, 503])
    (row,) = hook.home.tell(news())
    times = []
    begun = hook.clock.now
    for _ in range(40):
        if hook.work():
            times.append(hook.clock.now - begun)
        hook.clock.pass_s(0.5)
    assert times == [0, 1, 3, 7]
    assert table.states(row) == ["queued"] + ["sending", "retrying"] * 3 + ["sending", "sent"]
    assert table.rows[row.id].attempts == 4


def test_a_row_that_waits_says_why_and_until_when(hook, table, service, news):
    service.answers.append(503)
    (row,) = hook.home.tell(news())
    hook.work()
    kept = table.rows[row.id]
    assert kept.state == "retrying"
    assert kept.last_error == f"{service.url} answered 503 Service Unavailable"
    assert kept.next_ms == hook.clock.now_ms() + 1000


def test_the_waits_grow_to_five_minutes_and_after_six_hours_it_is_given_up(hook, table, service, news):
    service.answers.extend([500] * 1000)
    (row,) = hook.home.tell(news())
    hook.work_for(6 * 3600 + 301, step=5)
    assert 70 < len(service.got) < 90
    kept = table.rows[row.id]
    assert (kept.state, kept.last_error) == ("expired", f"{service.url} answered 500 Internal Server Error")
    (event,) = hook.home.events
    assert (event.source, event.type, event.severity) == ("channel.hook", "error", "error")
    assert event.message.startswith("hook: messages older than 6 h are given up")


def test_a_permanent_answer_fails_at_once_and_breaks_the_channel_and_tells_the_person_once(
    hook, table, service, news, caplog
):
    service.answers.extend([404, 404])
    rows = hook.home.tell(news(), news())
    hook.work()
    assert [table.states(row)[-1] for row in rows] == ["failed", "failed"]
    assert len(service.got) == 2
    (event,) = hook.home.events
    assert (event.source, event.type) == ("channel.hook", "error")
    assert event.message.startswith(f"hook: {service.url} answered 404 Not Found. Check url")
    assert [record.levelname for record in caplog.records].count("ERROR") == 1
    (status,) = [status for status in hook.home.notifier.status() if status.name == "hook"]
    assert (status.state, status.queued) == ("broken", 0)
    assert "404" in status.last_error


def test_a_broken_channel_is_well_again_when_something_gets_through(hook, service, news):
    service.answers.append(401)
    hook.home.tell(news(), news())
    hook.work()
    assert [event.message.split(".")[0] for event in hook.home.events][1:] == ["hook: works again"]
    assert hook.home.notifier.status()[-1].state == "ok"


def test_a_broken_channel_gets_a_clean_slate_with_new_settings(hook, service, news):
    service.answers.append(401)
    hook.home.tell(news())
    hook.work()
    hook.home.notifier.replace({"hook": WebhookSettings(url=Secret(service.url + "/other"))})
    assert hook.home.notifier.status()[-1].state == "ok"


def test_what_a_wrongly_set_channel_refused_is_sent_once_that_is_mended_and_so_is_its_end(
    hook, table, service, news
):
    service.answers.append(401)
    (row,) = hook.home.tell(news(alert=5))
    hook.work()
    assert table.states(row)[-1] == "failed"
    mend(hook, service)
    hook.work()
    assert table.states(row)[-1] == "sent"
    hook.home.tell(news(NewsKind.RESOLVED, alert=5))
    hook.work()
    assert [json.loads(got.body)["news"] for got in service.got] == ["FIRED", "FIRED", "RESOLVED"]
    assert [got.path for got in service.got] == ["/in", "/in/mended", "/in/mended"]


def test_what_was_refused_waits_for_the_end_of_quiet_hours_even_beyond_its_own_six(
    hook, table, service, news, quiet
):
    service.answers.append(401)
    (row,) = hook.home.tell(news(alert=1))
    hook.work()
    quiet[1] = hook.clock.now_ms() + 9 * 3_600_000
    mend(hook, service)
    hook.home.tell(news(alert=2))
    hook.work_for(600)
    assert [got.path for got in service.got] == ["/in", "/in/mended"]
    assert table.rows[row.id].next_ms == quiet[1]
    hook.clock.pass_s(9 * 3600)
    hook.work()
    assert table.states(row)[-1] == "sent"


def test_more_that_was_refused_than_finds_room_is_sent_all_the_same(house, clock, service, table, news):
    hook = Step(house({"hook": WebhookSettings(url=Secret(service.url))}, clock, queue_limit=10), clock)
    service.answers.extend([401] * 35)
    for number in range(1, 36):
        hook.home.tell(news(alert=number))
        hook.work_for(1)
    assert {row.state for row in table.rows.values()} == {"failed"}
    mend(hook, service)
    hook.work_for(60)
    assert {row.state for row in table.rows.values()} == {"sent"}


def test_a_service_that_names_a_wait_is_obeyed_by_the_whole_channel(hook, service, news):
    service.answers.append(lambda handler: handler.answer(429, {"Retry-After": "40"}))
    hook.home.tell(news())
    hook.work()
    hook.home.tell(news())
    hook.work_for(40)
    assert len(service.got) == 1
    hook.work()
    assert len(service.got) == 2
    assert len(service.told()) == 3


def test_when_the_service_is_back_everything_that_waited_is_one_request_oldest_first(hook, service, news):
    back = hook.clock.now + 100
    service.answers.extend([lambda handler: handler.answer(503 if hook.clock.now < back else 200)] * 100)
    for number in range(1, 51):
        hook.home.tell(news(alert=number))
        hook.work()
        hook.clock.pass_s(2)
    failed = len(service.got)
    hook.work_for(310)
    (digest,) = service.bodies()[failed:]
    assert (digest["version"], digest["kind"], digest["count"]) == (1, "digest", 50)
    assert [body["id"] for body in digest["alerts"]] == list(range(1, 51))


def test_one_message_that_always_fails_holds_up_new_ones_for_seconds_at_most(hook, service, news):
    def picky(handler):
        handler.answer(500 if service.bodies()[-1]["id"] == 1 else 200)

    service.answers.extend([picky] * 1000)
    hook.home.tell(news(alert=1))
    hook.work_for(1200)
    late = []
    for number in range(2, 60):
        hook.home.tell(news(alert=number))
        begun = hook.clock.now
        while number not in {body["id"] for body in service.bodies()}:
            hook.work()
            hook.clock.pass_s(0.25)
        late.append(hook.clock.now - begun)
        hook.clock.pass_s(5)
    assert max(late) <= 5.25
    assert sorted(late)[50] <= 1.25


def test_an_end_never_overtakes_its_beginning(hook, service, news):
    service.answers.extend([500, 500, 500])
    hook.home.tell(news(alert=1))
    hook.work()
    hook.home.tell(news(NewsKind.RESOLVED, alert=1), news(alert=2))
    hook.work_for(60)
    told = [body["news"] for body in service.told() if body["id"] == 1]
    assert told[-1] == "RESOLVED"
    assert told.count("RESOLVED") == 1
    assert set(told[:-1]) == {"FIRED"}


def test_the_end_is_kept_to_itself_when_its_beginning_failed_after_all(hook, table, service, news):
    service.answers.extend([500, 403])
    hook.home.tell(news(alert=1))
    hook.work()
    (end,) = hook.home.tell(news(NewsKind.RESOLVED, alert=1))
    assert end.state == "queued"
    hook.work_for(10)
    assert [body["news"] for body in service.bodies()] == ["FIRED", "FIRED"]
    assert (table.rows[end.id].state, table.rows[end.id].last_error) == (
        "skipped",
        "its beginning was not told here",
    )


def test_an_end_that_waits_for_the_quiet_to_be_over_goes_when_that_ends_sooner(hook, service, news, quiet):
    hook.home.tell(news(alert=1), news(alert=2))
    hook.work()
    morning_ms = hook.clock.now_ms() + 8 * 3_600_000
    for alert in (1, 2):
        quiet[alert] = morning_ms
        hook.home.tell(replace(news(NewsKind.RESOLVED, alert=alert), due_ms=morning_ms))
    hook.work_for(5)
    assert len(service.got) == 2
    quiet[1] = hook.clock.now_ms() + 2000
    hook.home.notifier.reconsider()
    hook.work()
    assert len(service.got) == 2
    hook.work_for(5)
    assert [(body["news"], body["id"]) for body in service.told()[2:]] == [("RESOLVED", 1)]


def test_what_waits_for_a_channel_that_is_removed_is_skipped(hook, table, news):
    (row,) = hook.home.tell(news())
    hook.home.notifier.replace({})
    hook.work()
    assert table.rows[row.id].last_error == "there is no channel of this name"
    assert [status.name for status in hook.home.notifier.status()] == ["log", "desktop"]


def test_what_waits_for_a_channel_that_is_switched_off_is_skipped(hook, table, service, news):
    (row,) = hook.home.tell(news())
    hook.home.notifier.replace({"hook": WebhookSettings(url=Secret(service.url), enabled=False)})
    hook.work()
    assert table.states(row) == ["queued", "skipped"]
    assert service.got == []
    assert [status.state for status in hook.home.notifier.status() if status.name == "hook"] == ["off"]


def test_a_queue_that_is_full_leaves_the_rest_in_the_table_and_fetches_it_later(
    house, clock, service, table, news
):
    hook = Step(house({"hook": WebhookSettings(url=Secret(service.url))}, clock, queue_limit=10), clock)
    for number in range(1, 36):
        hook.home.tell(news(alert=number))
    assert hook.sender.queued() == 10
    assert hook.home.counters.get("deliveries.hook.left_in_table") == 25
    hook.work_for(10)
    assert [body["id"] for body in service.bodies()] == list(range(1, 36))
    assert {row.state for row in table.rows.values()} == {"sent"}


def test_no_end_slips_into_a_full_queue_before_its_beginning(house, clock, service, news):
    hook = Step(house({"hook": WebhookSettings(url=Secret(service.url))}, clock, queue_limit=2), clock)
    hook.home.tell(news(alert=1), news(alert=2), news(alert=3))
    assert hook.sender.deliver()
    hook.home.tell(news(NewsKind.RESOLVED, alert=3))
    hook.work_for(10)
    assert [(body["id"], body["news"]) for body in service.bodies()][2:] == [(3, "FIRED"), (3, "RESOLVED")]


def test_the_same_delivery_handed_over_twice_is_sent_once(hook, service, news):
    rows = hook.home.tell(news())
    hook.home.notifier.put(rows)
    hook.work()
    assert len(service.got) == 1


def test_after_a_restart_whatever_is_not_final_goes_on(house, clock, service, table, news):
    settings = {"hook": WebhookSettings(url=Secret(service.url))}
    first = Step(house(settings, clock), clock)
    service.answers.extend([200, 500])
    first.home.tell(news(alert=1), news(alert=2), news(alert=3), news(alert=4))
    first.sender.deliver()
    first.sender.deliver()
    stuck = table.rows[sorted(table.rows)[2]]
    stuck.state, stuck.attempts = DeliveryState.SENDING, 1  # killed in the middle of it
    before = len(service.got)

    second = Step(house(settings, clock), clock)
    second.home.notifier.put(table.unfinished())
    second.work_for(5)
    (digest,) = service.bodies()[before:]
    assert sorted(body["id"] for body in digest["alerts"]) == [2, 3, 4]
    assert {row.state for row in table.rows.values()} == {"sent"}


def test_an_end_follows_its_beginning_though_the_clock_is_behind_after_the_restart(
    house, clock, service, table, news
):
    settings = {"hook": WebhookSettings(url=Secret(service.url))}
    first = Step(house(settings, clock), clock)
    service.answers.append(503)
    first.home.tell(news(alert=1))
    first.work()
    clock.pass_s(-3600)
    second = Step(house(settings, clock), clock)
    second.home.notifier.put(table.unfinished())
    second.home.tell(news(NewsKind.RESOLVED, alert=1))
    second.work_for(400)
    assert [body["news"] for body in service.told()] == ["FIRED", "FIRED", "RESOLVED"]


def test_what_waits_does_not_wait_for_a_clock_that_is_behind_after_the_restart(
    house, clock, service, table, news
):
    settings = {"hook": WebhookSettings(url=Secret(service.url))}
    Step(house(settings, clock), clock).home.tell(news())
    clock.pass_s(-86_400)
    second = Step(house(settings, clock), clock)
    second.home.notifier.put(table.unfinished())
    second.work()
    assert len(service.got) == 1


def test_a_wish_of_a_service_is_obeyed_for_no_longer_than_a_message_lives(
    house, clock, service, table, news, facts
):
    settings = {"hook": WebhookSettings(url=Secret(service.url))}
    service.answers.append(lambda handler: handler.answer(503, {"Retry-After": "100"}))
    first = Step(house(settings, clock, facts=facts), clock)
    first.home.tell(news())
    first.work()
    clock.pass_s(-86_400)
    second = Step(house(settings, clock, facts=facts), clock)
    second.home.notifier.put(table.unfinished())
    second.work_for(6 * 3600 + 60, step=60)
    assert len(service.got) == 2


def test_a_retry_of_before_the_restart_keeps_its_time(house, clock, service, table, news):
    settings = {"hook": WebhookSettings(url=Secret(service.url))}
    first = Step(house(settings, clock), clock)
    service.answers.append(lambda handler: handler.answer(503, {"Retry-After": "100"}))
    first.home.tell(news())
    first.work()
    clock.pass_s(60)
    second = Step(house(settings, clock), clock)
    second.home.notifier.put(table.unfinished())
    second.work_for(39)
    assert len(service.got) == 1
    second.work_for(3)
    assert len(service.got) == 2


def test_nothing_is_sent_that_could_not_be_saved_and_the_end_of_the_program_is_not_held_up(
    hook, table, service, news
):
    (row,) = hook.home.tell(news())
    table.broken = StorageError("The disk is full")
    hook.home.notifier.start()
    assert hook.home.notifier.stop(30)
    assert service.got == []
    assert table.rows[row.id].state == "queued"


def test_a_mistake_in_saving_drops_nothing(hook, table, service, news):
    (row,) = hook.home.tell(news())
    table.broken = RuntimeError("a mistake of ours")
    with pytest.raises(RuntimeError):
        hook.work()
    table.broken = None
    hook.work_for(3)
    assert table.rows[row.id].state == "sent"
    assert len(service.got) == 1


def test_counters_tell_each_outcome(hook, service, news):
    service.answers.extend([500, 404])
    hook.home.tell(news(), news(), news(NewsKind.RESOLVED))
    hook.work_for(5)
    totals = hook.home.counters.totals()
    assert totals == {
        "deliveries.hook.queued": 2,
        "deliveries.hook.skipped": 1,
        "deliveries.hook.retrying": 1,
        "deliveries.hook.failed": 1,
        "deliveries.hook.sent": 1,
    }


@pytest.fixture
def slow(start, monkeypatch):
    """A chat that allows one message every ten seconds."""
    monkeypatch.setattr(Chat, "limits", (Limit(1, 10),))
    return start()


def test_a_channel_that_groups_gets_what_comes_within_its_time_as_one_message(slow, news, table):
    begun = slow.clock.now
    for number in range(1, 5):
        slow.home.tell(news(alert=number))
        slow.run(1)
    slow.home.tell(news(alert=5))
    slow.run(4)
    assert [(at - begun, ids) for at, ids in Chat.tries] == [(5, [1, 2, 3, 4, 5])]
    assert {row.state for row in table.rows.values()} == {"sent"}


def test_what_a_service_allows_is_kept_whatever_comes(slow, news):
    for number in range(1, 60):
        slow.home.tell(news(alert=number))
        slow.run(1)
    slow.run(20)
    times = [at for at, _ in Chat.tries]
    assert [later - earlier for earlier, later in itertools.pairwise(times)] == [10] * (len(times) - 1)
    assert sum(map(len, Chat.sent)) == 59


def test_a_mistake_in_a_channels_code_loses_nothing_and_is_in_the_log(chat, news, table, caplog):
    def mistaken(_ids):
        raise KeyError("a mistake of ours, not of the service")

    Chat.refuses = mistaken
    (row,) = chat.home.tell(news())
    chat.run(6)
    assert table.rows[row.id].state == "retrying"
    assert table.rows[row.id].last_error.startswith("The channel's own code failed with KeyError")
    assert any(record.exc_info for record in caplog.records)
