import threading
import time

import pytest

from oculus.collectors import COLLECTORS, roster
from oculus.collectors.scheduler import Scheduler
from oculus.core.counters import Counters
from oculus.core.durations import Duration
from oculus.core.errors import OculusError, SourceBusy, SourceError
from oculus.core.event import EventType, Severity
from oculus.core.metric import Metric

S30 = Duration(seconds=30)


def raising(error):
    def act(collector):
        raise error

    return act


def down(why):
    def act(collector):
        collector.trouble = why
        return [collector.metric(f"{collector.symbols()[0]}.up", 0.0)]

    return act


def well(collector):
    collector.trouble = ""
    return [collector.metric(f"{collector.symbols()[0]}.up", 1.0)]


def test_a_collector_is_asked_once_in_every_slot(desk, scripted):
    desk.scheduler.replace([scripted.settings(name="a")])
    desk.round()
    for _ in range(5):
        desk.round(29.9)
        desk.round(0.1)
    assert scripted.runs["a"] == 6
    assert [metric.value for metric in desk.metrics] == [1.0] * 6
    assert desk.counters.get("collectors.runs") == 6


def test_a_metric_carries_the_time_of_the_clock_it_was_given(desk, scripted, clock):
    desk.scheduler.replace([scripted.settings(name="a")])
    desk.round()
    assert desk.metrics[0].ts_ms == clock.now_ms()


def test_after_a_sleep_of_hours_it_runs_once_and_what_was_missed_is_counted(desk, scripted):
    desk.scheduler.replace([scripted.settings(name="a")])
    desk.round()
    desk.round(4 * 3600)
    desk.round()
    assert scripted.runs["a"] == 2
    assert desk.status("a").missed == 479
    assert desk.counters.get("collectors.missed") == 479


def test_a_collector_is_never_asked_twice_at_the_same_time(desk, scripted, gate, eventually):
    scripted.does = {"slow": lambda c: gate.wait(60) and 1.0}
    desk.scheduler.replace([scripted.settings(name="slow", timeout=S30, retries=10)])
    desk.scheduler.tick()
    eventually(lambda: scripted.runs["slow"] == 1)
    for _ in range(3):
        desk.clock.move(30)
        desk.scheduler.tick()
    assert scripted.runs["slow"] == 1
    assert desk.status("slow").missed == 3
    gate.set()
    eventually(lambda: desk.scheduler._pool.busy() == 0)
    desk.round(30)
    assert scripted.runs["slow"] == 2


def test_collectors_that_start_together_do_not_all_ask_at_once(desk, scripted):
    desk.scheduler.replace([scripted.settings(name=f"c{number}") for number in range(100)])
    desk.round()
    assert sum(scripted.runs.values()) < 5
    for _ in range(100):
        desk.round(0.1)
    assert sum(scripted.runs.values()) == 100


def test_a_hanging_run_is_given_up_told_and_its_late_result_thrown_away(desk, scripted, gate, eventually):
    scripted.does = {"hangs": lambda c: gate.wait(60) and 1.0}
    desk.scheduler.replace([scripted.settings(name="hangs", timeout=Duration(seconds=5), retries=1)])
    desk.scheduler.tick()
    eventually(lambda: scripted.runs["hangs"] == 1)
    desk.clock.move(10.9)
    desk.scheduler.tick()
    assert desk.events == []
    desk.clock.move(0.2)
    desk.scheduler.tick()
    assert [event.message for event in desk.events] == ["hangs was given up: took longer than 11s"]
    status = desk.status("hangs")
    assert (status.state, status.stuck, status.failures) == ("failing", True, 1)
    assert desk.counters.get("collectors.abandoned") == 1
    for _ in range(100):  # not asked again while its thread is away
        desk.clock.move(30)
        desk.scheduler.tick()
    assert scripted.runs["hangs"] == 1
    gate.set()
    eventually(lambda: not desk.status("hangs").stuck)
    assert desk.metrics == []


def test_collectors_that_hang_do_not_hold_up_the_others(desk, scripted, gate, eventually):
    scripted.does = {f"hangs{n}": lambda c: gate.wait(60) and 1.0 for n in range(8)}
    desk.scheduler.replace([scripted.settings(name=name) for name in [*scripted.does, "fine"]])
    for _ in range(20):
        desk.clock.move(0.1)
        desk.scheduler.tick()
    eventually(lambda: sum(scripted.runs[name] for name in scripted.does) == 8)
    desk.clock.move(60)
    desk.scheduler.tick()
    eventually(lambda: scripted.runs["fine"] >= 1)


def test_a_source_that_cannot_be_asked_is_left_alone_longer_and_longer(desk, scripted):
    scripted.does = {"broken": raising(SourceError("fng", "no connection", "Look at the network."))}
    desk.scheduler.replace([scripted.settings(name="broken")])
    for job in desk.scheduler._roster.jobs:
        job.backoff._random_share = lambda: 1.0
    desk.round()
    for _ in range(4 * 60 * 2):
        desk.round(30)
    assert 14 <= scripted.runs["broken"] <= 22  # of 480 slots in four hours
    assert desk.status("broken").missed == 0


def test_a_busy_source_is_left_alone_for_as_long_as_it_asks(desk, scripted):
    scripted.does = {"busy": raising(SourceBusy("coingecko", "too many requests", retry_after_s=600.0))}
    desk.scheduler.replace([scripted.settings(name="busy")])
    desk.round()
    for _ in range(19):
        desk.round(30)
    assert scripted.runs["busy"] == 1
    desk.round(30)
    desk.round(30)
    assert scripted.runs["busy"] == 2


def test_a_probe_is_asked_in_every_slot_however_long_it_fails(desk, scripted, monkeypatch):
    monkeypatch.setattr(scripted, "backs_off", False)
    scripted.does = {"host": raising(SourceError("this machine", "no more sockets"))}
    desk.scheduler.replace([scripted.settings(name="host")])
    desk.round()
    for _ in range(20):
        desk.round(30)
    assert scripted.runs["host"] == 21


def test_the_first_failure_is_an_event_and_so_is_recovery_and_nothing_in_between(desk, scripted):
    scripted.does = {"redis": down("refused the connection")}
    desk.scheduler.replace([scripted.settings(name="redis")])
    for _ in range(12):
        desk.round(30)
    scripted.does = {"redis": well}
    desk.round(30)
    desk.round(30)
    first, last = desk.events
    assert first.message == "redis is down: refused the connection"
    assert (first.source, first.type, first.severity) == (
        "collector.redis",
        EventType.ERROR,
        Severity.WARN,
    )
    assert last.message == "redis answers again after 6 m"
    assert last.severity is Severity.INFO
    assert desk.status("redis").state == "ok"
    assert desk.counters.get("collectors.failures") == 0  # being down is an answer


def test_a_collector_that_raises_is_set_up_afresh_and_goes_on(desk, scripted, caplog):
    scripted.does = {"buggy": raising(KeyError("price"))}
    desk.scheduler.replace([scripted.settings(name="buggy")])
    with caplog.at_level("DEBUG", "oculus"):
        desk.round()
    assert desk.status("buggy").last_error == "KeyError: 'price'"
    assert [event.message for event in desk.events] == [
        "buggy failed and was set up afresh: KeyError: 'price'"
    ]
    assert [record.levelname for record in caplog.records if record.exc_info] == ["DEBUG"]
    scripted.does = {}
    for _ in range(40):
        desk.round(30)
    assert len(scripted.made) == 2
    assert desk.metrics
    assert len(desk.events) == 2


def test_even_a_plugin_that_ends_the_program_only_costs_its_own_run(desk, scripted):
    scripted.does = {"rude": raising(SystemExit(1))}
    desk.scheduler.replace([scripted.settings(name="rude"), scripted.settings(name="fine")])
    desk.round(1)
    assert desk.status("rude").last_error == "SystemExit: 1"
    assert desk.status("fine").state == "ok"


def test_even_a_plugin_that_ends_the_program_while_it_is_put_away_costs_no_thread(
    desk, scripted, monkeypatch
):
    monkeypatch.setattr(scripted, "close", raising(SystemExit(1)))
    scripted.does = {"rude": raising(RuntimeError("lost its way"))}
    desk.scheduler.replace([scripted.settings(name="rude")])
    desk.round(1)
    assert desk.status("rude").last_error == "RuntimeError: lost its way"
    desk.scheduler.replace([])


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (None, "returned NoneType instead of a list"),
        ([1.0], "returned a float among its metrics"),
        ([Metric(0, "a.b", "a.b.c", "12", {})], "must be real number"),
        ([Metric(0, "a.b", "A b", 1.0, {})], "symbol 'A b' may only have"),
    ],
)
def test_what_is_no_metric_is_refused_with_the_reason(desk, scripted, answer, said):
    scripted.does = {"plugin": lambda c: answer}
    desk.scheduler.replace([scripted.settings(name="plugin")])
    desk.round()
    assert said in desk.status("plugin").last_error
    assert desk.metrics == []


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("rest_s", float("nan"), "ValueError: nan is no number of seconds"),
        ("rest_s", float("inf"), "ValueError: inf is no number of seconds"),
        ("stands_s", "soon", "TypeError: '<=' not supported"),
        ("lacking", 5, "TypeError: 'int' object is not iterable"),
        ("unwell", property(lambda self: 1 / 0), "ZeroDivisionError: division by zero"),
    ],
)
def test_what_a_plugin_says_of_itself_may_be_nonsense_and_costs_only_its_run(
    desk, scripted, monkeypatch, name, value, said
):
    monkeypatch.setattr(scripted, name, value)
    desk.scheduler.replace([scripted.settings(name="plugin")])
    desk.round()
    assert said in desk.status("plugin").last_error
    monkeypatch.undo()
    monkeypatch.setitem(COLLECTORS, "scripted", scripted)
    for _ in range(10):
        desk.round(30)
    assert desk.status("plugin").state == "ok"


def test_numbers_that_are_no_numbers_are_refused_and_counted(desk, scripted):
    scripted.does = {"odd": lambda c: [c.metric("custom.odd.a", float("nan")), c.metric("custom.odd.b", 2.0)]}
    desk.scheduler.replace([scripted.settings(name="odd")])
    desk.round()
    assert [metric.symbol for metric in desk.metrics] == ["custom.odd.b"]
    assert desk.counters.get("collectors.refused") == 1


def test_a_password_in_a_failure_is_not_shown(desk, scripted):
    scripted.does = {"shop": raising(RuntimeError("no https://joe:pa55@intra/?api_key=s3cret here"))}
    desk.scheduler.replace([scripted.settings(name="shop")])
    desk.round()
    shown = f"{desk.status('shop')} {desk.events}"
    assert "pa55" not in shown
    assert "s3cret" not in shown


def test_new_settings_leave_what_did_not_change_in_its_slots(desk, scripted):
    same = scripted.settings(name="same", tags={"a": "b"})
    desk.scheduler.replace([same, scripted.settings(name="old")])
    desk.round(1)
    desk.clock.move(10)
    before = desk.status("same")
    equal = scripted.settings(name="same", tags={"a": "b"})
    desk.scheduler.replace([scripted.settings(name="new"), equal])
    assert [status.name for status in desk.scheduler.status()] == ["new", "same"]
    assert desk.status("same") == before
    assert len([made for made in scripted.made if made.name == "same"]) == 1
    desk.round(60)
    assert scripted.runs == {"same": 2, "old": 1, "new": 1}


def test_a_changed_setting_starts_afresh_but_known_trouble_is_not_told_again(desk, scripted):
    scripted.does = {"redis": down("refused the connection")}
    desk.scheduler.replace([scripted.settings(name="redis")])
    desk.round(1)
    desk.scheduler.replace([scripted.settings(name="redis", interval=Duration(seconds=10))])
    desk.round(1)
    assert len(desk.events) == 1
    assert desk.status("redis").interval_s == 10


def test_what_was_asked_with_the_settings_of_before_is_not_held_against_the_new_ones(
    desk, scripted, gate, eventually
):
    old = raising(SourceError("redis", "refused the connection"))
    scripted.does = {"redis": lambda c: gate.wait(60) and old(c)}
    desk.scheduler.replace([scripted.settings(name="redis")])
    desk.scheduler.tick()
    eventually(lambda: scripted.runs["redis"] == 1)
    desk.scheduler.replace([scripted.settings(name="redis", interval=Duration(seconds=10))])
    gate.set()
    eventually(lambda: desk.scheduler._pool.busy() == 0)
    assert (desk.status("redis").state, desk.status("redis").runs) == ("ok", 0)
    desk.round(1)  # and if the new ones fail as well, that is news
    assert [event.message for event in desk.events] == [
        "redis could not ask its source: redis: refused the connection"
    ]


def test_what_a_removed_collector_was_still_doing_is_thrown_away(desk, scripted, gate, eventually):
    scripted.does = {"old": lambda c: gate.wait(60) and 1.0}
    desk.scheduler.replace([scripted.settings(name="old")])
    desk.scheduler.tick()
    eventually(lambda: scripted.runs["old"] == 1)
    desk.scheduler.replace([])
    gate.set()
    eventually(lambda: desk.scheduler._pool.busy() == 0)
    assert desk.metrics == []
    assert desk.scheduler.freshness("custom.scripted.old") is None


def test_freshness_is_when_the_source_last_answered_be_it_with_bad_news(desk, scripted, clock):
    desk.scheduler.replace([scripted.settings(name="host")])
    assert desk.scheduler.freshness("custom.scripted.host").answered_ms is None
    scripted.does = {"host": down("no answer within 5 s")}
    desk.round(1)
    answered_ms = clock.now_ms()
    scripted.does = {"host": raising(SourceError("x", "cannot be asked"))}
    desk.round(30)
    fresh = desk.scheduler.freshness("custom.scripted.host.up")
    assert (fresh.answered_ms, fresh.interval_s, fresh.collector) == (answered_ms, 30.0, "host")
    assert desk.scheduler.freshness("custom.nobody") is None


def test_what_was_taken_out_of_the_settings_nobody_collects_and_what_is_switched_off_somebody_may(
    desk, scripted
):
    desk.scheduler.replace([scripted.settings(name="a"), scripted.settings(name="b")])
    desk.scheduler.replace([scripted.settings(name="b", enabled=False)])
    symbols = ["custom.scripted.a", "custom.scripted.b", "custom.scripted.b.up", "oculus.queue"]
    assert [desk.scheduler.collects(symbol) for symbol in symbols] == [False, True, True, True]


def test_a_plugin_that_may_write_anything_does_not_stand_for_who_was_taken_out(desk, scripted, monkeypatch):
    other = scripted.settings(name="plugin")
    desk.scheduler.replace([scripted.settings(name="a")])
    monkeypatch.setattr(scripted, "symbols", lambda self: [])
    monkeypatch.setattr(scripted, "may_write", lambda self: [""])
    desk.scheduler.replace([other])
    assert not desk.scheduler.collects("custom.scripted.a.up")
    assert desk.scheduler.collects("custom.scripted.new")
    scripted.does = {"plugin": lambda self: [self.metric("custom.scripted.a", 1.0)]}
    desk.round(1)
    assert desk.scheduler.collects("custom.scripted.a"), "the plugin writes it now"


def test_what_cannot_be_set_up_may_write_anything(desk, scripted, monkeypatch):
    monkeypatch.setattr(scripted, "symbols", raising(OSError("no file")))
    desk.scheduler.replace([scripted.settings(name="a")])
    assert desk.scheduler.collects("custom.a")


def test_a_paused_collector_is_not_asked_and_nothing_counts_as_missed(desk, scripted):
    desk.scheduler.replace([scripted.settings(name="a")])
    desk.scheduler.pause("a")
    desk.round(90)
    assert (desk.status("a").state, desk.status("a").next_run_ms) == ("paused", None)
    desk.scheduler.resume("a")
    desk.round(30)
    assert scripted.runs["a"] == 1
    assert desk.status("a").missed == 0


def test_a_collector_that_is_switched_off_is_shown_but_not_asked(desk, scripted):
    desk.scheduler.replace([scripted.settings(name="a", enabled=False)])
    desk.round(90)
    assert desk.status("a").state == "off"
    assert not scripted.runs
    with pytest.raises(OculusError, match="a is switched off"):
        desk.scheduler.run_now("a")


def test_asking_by_hand_returns_the_numbers_and_stores_them(desk, scripted):
    desk.scheduler.replace([scripted.settings(name="a", interval=Duration(hours=1))])
    desk.scheduler.pause("a")
    metrics = desk.scheduler.run_now("a")
    assert [metric.value for metric in metrics] == [1.0]
    assert desk.metrics == metrics


def test_asking_by_hand_fails_in_words(desk, scripted, gate, eventually):
    scripted.does = {
        "hangs": lambda c: gate.wait(60) and 1.0,
        "fng": raising(SourceError("fng", "no connection")),
    }
    desk.scheduler.replace([scripted.settings(name=name) for name in scripted.does])
    with pytest.raises(OculusError, match="fng could not ask its source: fng: no connection"):
        desk.scheduler.run_now("fng")
    with pytest.raises(OculusError, match=r"no collector is called hang. Did you mean hangs\?"):
        desk.scheduler.run_now("hang")
    desk.scheduler.tick()
    eventually(lambda: scripted.runs["hangs"] == 1)
    with pytest.raises(OculusError, match="hangs is running already"):
        desk.scheduler.run_now("hangs")


def test_who_hangs_when_asked_by_hand_is_given_up_though_no_slot_is_near(scripted, gate, eventually):
    scripted.does = {"hangs": lambda c: gate.wait(60) and 1.0}
    scheduler = Scheduler(lambda metrics: None, lambda event: None)
    hourly = scripted.settings(name="hangs", interval=Duration(hours=1), timeout=Duration(seconds=0.1))
    scheduler.replace([hourly])
    scheduler.pause("hangs")
    scheduler.start()
    eventually(lambda: scheduler._roster.jobs[0].slots.due > time.monotonic() + 60)  # the first slot is over
    with pytest.raises(OculusError, match="hangs was given up: took longer than"):
        scheduler.run_now("hangs")
    assert scheduler.stop(30.0)


def test_the_status_says_how_late_its_starts_are(desk, scripted):
    desk.scheduler.replace([scripted.settings(name="a")])
    for _ in range(10):
        desk.round(30.05)
    status = desk.status("a")
    assert 0 < status.lateness_p50_ms <= status.lateness_p99_ms <= 600
    assert desk.counters.timing("collectors.lateness").count == 10


def test_slots_begin_at_the_start_however_early_the_settings_came(scripted, clock, eventually):
    scheduler = Scheduler(lambda metrics: None, lambda event: None, clock=clock)
    scheduler.replace([scripted.settings(name="a")])
    clock.move(600)
    scheduler.start()
    eventually(lambda: scripted.runs["a"] == 1)
    assert scheduler.status()[0].missed == 0
    assert scheduler.stop(30.0)


def test_stopping_does_not_wait_for_a_collector_that_hangs(scripted, gate, eventually):
    told = []
    scripted.does = {"hangs": lambda c: gate.wait(60) and 1.0}
    scheduler = Scheduler(told.extend, told.append)
    scheduler.replace([scripted.settings(name="hangs")])
    scheduler.start()
    assert scheduler.alive()
    eventually(lambda: scripted.runs["hangs"] == 1)
    begun = time.monotonic()
    assert scheduler.stop(30.0)
    assert time.monotonic() - begun < 30
    assert not scheduler.alive()
    gate.set()
    eventually(lambda: scheduler._pool.threads == 0)
    assert told == []


def test_a_plugin_that_cannot_even_be_made_is_told_and_tried_again(desk, scripted, monkeypatch):
    def cannot(self, settings):
        raise ImportError("no module called fancy")

    monkeypatch.setattr(scripted, "__init__", cannot)
    desk.scheduler.replace([scripted.settings(name="plugin")])
    desk.round(1)
    assert desk.status("plugin").last_error == "ImportError: no module called fancy"


def test_a_collector_that_is_long_in_the_making_keeps_neither_pages_nor_the_others_waiting(
    desk, scripted, gate, eventually, monkeypatch
):
    desk.scheduler.replace([scripted.settings(name="fine")])
    made = scripted.__init__
    monkeypatch.setattr(scripted, "__init__", lambda self, settings: (gate.wait(60), made(self, settings)))
    wanted = [scripted.settings(name="fine"), scripted.settings(name="new")]
    replacing = threading.Thread(target=desk.scheduler.replace, args=[wanted])
    replacing.start()
    desk.round(30)
    assert [status.runs for status in desk.scheduler.status()] == [1]
    assert replacing.is_alive()
    gate.set()
    replacing.join()
    assert [status.name for status in desk.scheduler.status()] == ["fine", "new"]


def test_when_numbers_cannot_be_kept_that_is_told_once_and_collectors_go_on(clock, scripted):
    events, kept, broken, counters = [], [], [True], Counters()

    def sink(metrics):
        if broken:
            raise OSError("the disk is gone")
        kept.extend(metrics)

    scheduler = Scheduler(sink, events.append, counters, clock)
    scheduler.replace([scripted.settings(name="a")])
    assert len(scheduler.run_now("a")) == 1  # who asks by hand has the answer all the same
    assert len(scheduler.run_now("a")) == 1
    assert [event.message for event in events] == [
        "What collectors measure cannot be kept: OSError: the disk is gone"
    ]
    assert counters.get("collectors.undelivered") == 2
    broken.clear()
    scheduler.run_now("a")
    assert len(kept) == 1
    assert events[1].message == "What collectors measure is kept again; 2 numbers are lost"
    assert scheduler.stop(1.0)


def test_news_that_nobody_takes_ends_no_run(clock, scripted, caplog):
    def tell(event):
        raise RuntimeError("closed")

    scripted.does = {"a": down("refused the connection")}
    scheduler = Scheduler(lambda metrics: None, tell, clock=clock)
    scheduler.replace([scripted.settings(name="a")])
    assert len(scheduler.run_now("a")) == 1
    assert "not told: a is down: refused the connection" in caplog.text
    assert scheduler.stop(1.0)


def test_of_a_collector_that_makes_up_symbols_for_ever_only_the_newest_are_remembered(
    desk, scripted, monkeypatch
):
    monkeypatch.setattr(roster, "MOST_SEEN", 3)
    numbers = iter(range(100))
    scripted.does = {"odd": lambda c: [c.metric(f"custom.odd.n{next(numbers)}", 1.0) for _ in range(2)]}
    desk.scheduler.replace([scripted.settings(name="odd")])
    for _ in range(10):
        desk.round(30)
    main = "custom.scripted.odd"
    assert desk.status("odd").symbols == [main, *(f"custom.odd.n{n}" for n in (17, 18, 19))]
    assert desk.scheduler.freshness("custom.odd.n19").collector == "odd"
    assert desk.scheduler.freshness("custom.odd.n16") is None
    assert desk.scheduler.freshness(main).collector == "odd"


def test_what_nobody_writes_any_more_has_no_owner_after_new_settings(desk, scripted):
    for number in range(5):
        desk.scheduler.replace([scripted.settings(name=f"shop{number}")])
        desk.round(30)
    assert desk.scheduler.freshness("custom.scripted.shop4") is not None
    assert set(desk.scheduler._roster._owners) == {"custom.scripted.shop4"}
