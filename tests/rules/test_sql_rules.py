"""Rules that are a SELECT: rows become instances, whatever the statement does."""

import threading
from dataclasses import dataclass, field

import pytest

from oculus.core.clock import SystemClock
from oculus.core.counters import Counters
from oculus.core.durations import Duration
from oculus.core.errors import QueryError
from oculus.core.event import EventType, Severity
from oculus.rules.settings import Escalation, NoData, RuleSettings
from oculus.rules.sql.runner import Runner
from oculus.rules.sql.statement import RowsError, Statement, rows_by_key

HOUR = 3600
COLUMNS = [("symbol", "VARCHAR"), ("avg_price", "DOUBLE"), ("severity", "VARCHAR")]


@dataclass
class Answer:
    rows: list
    columns: list = field(default_factory=lambda: COLUMNS)
    truncated: bool = False


class Database:
    """Answers with whatever a test put in `answer`, which may be an exception."""

    def __init__(self):
        self.answer = Answer([])
        self.asked = []

    def run(self, sql, params, max_rows):
        self.asked.append((sql, params, max_rows))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def database():
    return Database()


@pytest.fixture
def sql_world(new_world, database):
    world = new_world(run_sql=database.run)

    def run_until(seconds, answer=None):
        """Let time pass in steps of a second; what is due runs at once, on this thread."""
        if answer is not None:
            database.answer = answer if isinstance(answer, Exception | Answer) else Answer(answer)
        runner = world.engine._runner
        while world.clock.seconds < seconds:
            world.clock.seconds += 1
            runner.plan()
            while not runner._due.empty():
                runner.run_one(*runner._due.get())
            world.step()

    world.run_until = run_until
    return world


def sql_rule(name="whales", sql="SELECT * FROM metrics", schedule="* * * * *", **more):
    return RuleSettings(name=name, sql=sql, schedule=schedule, **more)


def btc(severity=None, avg=5.0):
    return ["btc", avg, severity]


def eth(severity=None, avg=7.0):
    return ["eth", avg, severity]


def test_each_row_is_an_instance_that_fires_and_resolves_when_it_no_longer_comes(sql_world):
    sql_world.rules(sql_rule())
    sql_world.run_until(60, [btc(), eth()])
    sql_world.run_until(120, [eth()])
    sql_world.run_until(180, [])
    assert sql_world.told() == [
        (60, "FIRED", "btc"),
        (60, "FIRED", "eth"),
        (120, "RESOLVED", "btc"),
        (180, "RESOLVED", "eth"),
    ]
    assert sql_world.engine.rule("whales").instances == []
    assert sql_world.saved() == []


def test_for_is_measured_from_slot_to_slot(sql_world):
    sql_world.rules(sql_rule(for_=Duration(minutes=2)))
    sql_world.run_until(600, [btc()])
    assert sql_world.told() == [(180, "FIRED", "btc")]
    assert sql_world.news[0].alert.started_ms == sql_world.news[0].alert.fired_ms - 120_000


def test_the_message_is_made_from_the_columns_of_the_row(sql_world):
    text = "{{ symbol }} is {{ avg_price | round(1) }}, {{ value }}, over {{ threshold }} ({{ severity }})"
    rule = sql_rule(sql="SELECT $threshold", params={"threshold": 3}, message=text)
    sql_world.rules(rule)
    sql_world.run_until(60, [btc(avg=5.25)])
    [fired] = sql_world.news
    assert fired.alert.message == "btc is 5.2, 5.25, over 3 (warn)"
    assert (fired.alert.value, fired.alert.threshold) == (5.25, None), "3 may be a share of it"
    assert fired.alert.tags == {"symbol": "btc", "avg_price": 5.25, "unit": ""}


def test_a_row_may_bring_its_own_message_and_a_plain_one_names_the_columns(sql_world):
    columns = [("host", "VARCHAR"), ("message", "VARCHAR"), ("n", "BIGINT")]
    sql_world.rules(sql_rule())
    sql_world.run_until(60, Answer([["a", "disk of a is full", 3], ["b", None, 4]], columns))
    assert [news.alert.message for news in sql_world.news] == [
        "disk of a is full",
        "host b, n 4",
    ]


def test_a_message_that_names_no_column_is_told_once_and_a_plain_one_sent(sql_world):
    sql_world.rules(sql_rule(message="{{ symbol }} swings {{ swimg }}"))
    sql_world.run_until(60, [btc(), eth()])
    assert {news.alert.message for news in sql_world.news} == {
        "symbol btc, avg_price 5",
        "symbol eth, avg_price 7",
    }
    [event] = sql_world.events
    assert "The message of whales names 'swimg', which is no column; there are" in event.message


def test_the_parameters_go_to_the_statement(sql_world, database):
    sql_world.rules(sql_rule(sql="SELECT $low, $high", params={"low": 1, "high": "x"}))
    sql_world.run_until(60)
    assert database.asked == [("SELECT $low, $high", {"low": 1, "high": "x"}, 1000)]


def test_a_row_whose_severity_rises_escalates_once_and_not_when_acknowledged(sql_world):
    sql_world.rules(sql_rule())
    sql_world.run_until(60, [btc("warn"), eth("warn")])
    alerts = {news.alert.instance: news.alert for news in sql_world.news}
    sql_world.engine.acknowledge(alerts["eth"].id, sql_world.clock.now_ms())
    sql_world.run_until(180, [btc("critical"), eth("critical")])
    sql_world.run_until(240, [btc("warn"), eth("warn")])
    sql_world.run_until(300, [btc("critical"), eth("critical")])
    assert sql_world.told() == [
        (60, "FIRED", "btc"),
        (60, "FIRED", "eth"),
        (120, "ESCALATED", "btc"),
    ]
    escalated = sql_world.news[-1].alert
    assert (escalated.id, escalated.severity) == (alerts["btc"].id, Severity.CRITICAL)


def test_a_failing_statement_freezes_its_instances_and_is_told_once(sql_world):
    sql_world.rules(sql_rule(), sql_rule("other"))
    sql_world.run_until(60, [btc()])
    missing = QueryError("bad_request", "The statement failed: Table with name metric does not exist!")
    sql_world.run_until(400, missing)
    assert sql_world.kinds() == ["FIRED", "FIRED"]  # nothing resolved
    assert sql_world.engine.rule("whales").trouble == str(missing)
    assert [event.source for event in sql_world.events] == ["rule.whales", "rule.other"]
    assert "cannot be judged: The statement failed: Table" in sql_world.events[0].message
    sql_world.run_until(420, [btc()])
    assert [event.type for event in sql_world.events] == [EventType.ERROR] * 2 + [EventType.SYSTEM] * 2
    assert sql_world.engine.rule("whales").trouble == ""
    assert sql_world.kinds() == ["FIRED", "FIRED"]


@pytest.mark.parametrize("rows", [[], [btc()]])
def test_a_statement_that_fails_for_long_is_missing_data_whether_or_not_it_had_rows(sql_world, rows):
    sql_world.rules(sql_rule(no_data=NoData.ALERT, no_data_for=Duration(minutes=2)))
    sql_world.run_until(60, rows)
    sql_world.run_until(360, QueryError("bad_request", "no such table"))
    sql_world.restart(away=10)
    sql_world.run_until(420, rows)
    about = "btc" if rows else ""
    [missing] = [news.alert for news in sql_world.news if news.kind == "NO_DATA"]
    story = [news for news in sql_world.news if news.alert.id == missing.id]
    assert [(str(news.kind), news.alert.instance) for news in story] == [
        ("NO_DATA", about),
        ("RESOLVED", about),
    ]
    assert missing.message == f"{about or 'whales'}: no data for 2 m"
    assert [each.instance for each in sql_world.engine.rule("whales").instances] == ["btc"] * len(rows)


def test_two_rows_with_one_key_are_an_error_and_change_nothing(sql_world):
    sql_world.rules(sql_rule())
    sql_world.run_until(60, [btc()])
    sql_world.run_until(240, [eth(), eth()])
    assert sql_world.kinds() == ["FIRED"]
    [event] = sql_world.events
    assert "two rows have the key 'eth'; group them" in event.message


def test_of_more_than_a_thousand_rows_the_first_are_judged_and_it_is_told_once(sql_world):
    sql_world.rules(sql_rule())
    sql_world.run_until(60, [btc()])
    many = [[f"s{number}", 1.0, None] for number in range(1000)]
    sql_world.run_until(180, Answer(many, truncated=True))
    [event] = sql_world.events
    assert "returns more than 1000 rows" in event.message
    assert sql_world.kinds() == ["FIRED"] * 1001  # and btc has not resolved: nothing is known of it
    sql_world.run_until(240, [])
    assert sql_world.kinds().count("RESOLVED") == 1001


def test_a_restart_goes_on_where_it_stood(sql_world, database):
    sql_world.rules(sql_rule())
    sql_world.run_until(60, [btc()])
    sql_world.restart(away=30)
    sql_world.run_until(180, [btc()])
    sql_world.run_until(240, [])
    assert sql_world.told() == [(60, "FIRED", "btc"), (240, "RESOLVED", "btc")]


@pytest.mark.parametrize(
    "more",
    [
        {"repeat": Duration(minutes=10)},
        {"escalate": Escalation(after=Duration(minutes=30), channels=("boss",))},
    ],
)
def test_nobody_is_pressed_by_rows_that_a_stop_has_made_old(sql_world, more):
    sql_world.rules(sql_rule(schedule="*/5 * * * *", **more))
    sql_world.run_until(310, [btc()])
    sql_world.restart(away=8 * HOUR)
    sql_world.run_until(8 * HOUR + 595)
    assert sql_world.kinds() == ["FIRED"]
    sql_world.run_until(8 * HOUR + 601, [])
    assert sql_world.kinds() == ["FIRED", "RESOLVED"]


def test_a_stop_between_two_runs_keeps_nobody_from_being_reminded(sql_world):
    sql_world.rules(sql_rule(schedule="1 12 * * *", repeat=Duration(minutes=10)))
    sql_world.run_until(70, [btc()])
    sql_world.restart(away=60)
    sql_world.run_until(700)
    assert sql_world.kinds() == ["FIRED", "REMINDER"]


def test_until_the_first_run_after_a_restart_an_alert_keeps_its_words_and_its_severity(sql_world):
    text = "{{ symbol }} swings {{ avg_price }}"
    sql_world.rules(sql_rule(schedule="1 12 * * *", repeat=Duration(minutes=10), message=text))
    sql_world.run_until(70, [btc("critical")])
    sql_world.restart(away=60)
    sql_world.run_until(700)
    fired, reminder = (news.alert for news in sql_world.news)
    assert (reminder.message, reminder.severity) == ("btc swings 5", Severity.CRITICAL)
    assert reminder.tags == fired.tags
    assert sql_world.engine.rule("whales").instances[0].severity is Severity.CRITICAL
    assert sql_world.events == []


def test_another_statement_or_other_parameters_start_afresh(sql_world):
    sql_world.rules(sql_rule(sql="SELECT $n", params={"n": 1}))
    sql_world.run_until(60, [btc()])
    sql_world.rules(sql_rule(sql="SELECT $n", params={"n": 1}, cooldown=Duration(hours=1)))
    assert sql_world.kinds() == ["FIRED"]
    sql_world.rules(sql_rule(sql="SELECT $n", params={"n": 2}))
    assert sql_world.kinds() == ["FIRED", "RESOLVED"]
    assert sql_world.news[-1].alert.tags["reason"] == "rule changed"


def test_what_passed_while_the_machine_slept_runs_once_if_it_shall(sql_world, database):
    sql_world.rules(
        sql_rule("daily", schedule="1 12 * * *"), sql_rule("late", schedule="1 12 * * *", catch_up=True)
    )
    sql_world.clock.seconds = 3 * 86_400.0
    sql_world.run_until(sql_world.clock.seconds + 30)
    assert len(database.asked) == 1
    assert sql_world.engine.rule("late").last_run_ms == sql_world.clock.now_ms() - 29_000
    assert sql_world.engine.rule("daily").last_run_ms is None
    sql_world.run_until(sql_world.clock.seconds + 60)
    assert len(database.asked) == 3


def test_a_clock_set_back_makes_no_rule_wait_for_the_old_time(sql_world, database):
    sql_world.clock.seconds = 7200.0
    sql_world.rules(sql_rule(schedule="0 * * * *"))
    sql_world.run_until(7210)
    sql_world.clock.seconds = 3590.0
    sql_world.run_until(3601)
    assert len(database.asked) == 1


def test_the_status_says_what_runs_and_when(sql_world):
    sql_world.rules(sql_rule(sql="SELECT 1", schedule="*/5 * * * *", timezone="Europe/Paris"))
    sql_world.run_until(310, [btc("error")])
    status = sql_world.engine.rule("whales")
    assert (status.kind, status.sql, status.schedule, status.timezone) == (
        "sql", "SELECT 1", "*/5 * * * *", "Europe/Paris",
    )  # fmt: skip
    assert sql_world.seconds(status.next_run_ms) == 600
    assert (status.state, status.value, status.instances[0].symbol) == ("firing", 5.0, "btc")


def test_of_those_that_are_due_together_the_quickest_run_first(sql_world, database):
    sql_world.rules(sql_rule("slow", "SELECT 1 AS slow"), sql_rule("quick", "SELECT 1 AS quick"))

    def run(sql, params, max_rows):
        sql_world.clock.seconds += 3 if "slow" in sql else 0
        return database.run(sql, params, max_rows)

    sql_world.engine._runner._run_sql = run
    sql_world.run_until(60)
    sql_world.run_until(120)
    assert [sql.split()[-1] for sql, _, _ in database.asked] == ["slow", "quick", "quick", "slow"]


# Rows and keys


def keys(columns, *rows, key=()):
    return list(rows_by_key(Answer(list(rows), columns), key))


def test_the_key_is_made_of_all_that_is_no_number():
    columns = [
        ("b", "VARCHAR"),
        ("n", "DECIMAL(18,3)"),
        ("a", "VARCHAR"),
        ("up", "BOOLEAN"),
        ("h", "UHUGEINT"),
    ]
    assert keys(columns, ["x", "1.5", "c", True, 1], ["x", "1.5", None, False, 1]) == [
        "c, true, x",
        "false, null, x",
    ]
    assert keys(columns, ["x", "1.5", "c", True, 1], key=("h", "b")) == ["1, x"]
    assert keys([("n", "BIGINT")], [3]) == [""]
    assert keys(
        [("ts", "TIMESTAMP"), ("severity", "VARCHAR"), ("message", "VARCHAR")], ["t", "warn", "m"]
    ) == [""]


def test_the_value_is_the_column_of_that_name_or_the_first_number():
    row = rows_by_key(
        Answer([["a", 1, "2.50"]], [("s", "VARCHAR"), ("n", "BIGINT"), ("value", "DECIMAL(9,2)")]), ()
    )
    assert row["a"].value == 2.5
    assert rows_by_key(Answer([["a", 1]], [("s", "VARCHAR"), ("n", "BIGINT")]), ())["a"].value == 1
    assert rows_by_key(Answer([["a", None]], [("s", "VARCHAR"), ("n", "DOUBLE")]), ())["a"].value is None


@pytest.mark.parametrize(
    ("answer", "key", "said"),
    [
        (Answer([btc("bad")]), (), "severity is 'bad'; it must be info, warn, error or critical"),
        (Answer([btc()]), ("host",), "key names 'host', which is none of the columns symbol"),
    ],
)  # fmt: skip
def test_rows_that_cannot_be_understood_are_refused_in_words(answer, key, said):
    with pytest.raises(RowsError, match=said):
        rows_by_key(answer, key)


def test_the_places_of_a_statement_are_found_outside_of_texts_and_comments():
    sql = "SELECT $a, '$b', /* $c */ x FROM t -- $d\nWHERE y = $e_1"
    assert Statement(sql).places() == {"a", "e_1"}


def test_a_changed_statement_does_not_run_beside_the_one_before(world):
    ran, waiting = [], []

    def run(sql, params, max_rows):
        ran.append(sql)
        if sql == "old":
            runner.replace([sql_rule("r", "new")])
            world.clock.seconds += 60
            runner.plan()
            waiting.append(runner._due.qsize())
        return Answer([])

    runner = Runner(run, lambda outcome: None, world.clock, Counters())
    runner.replace([sql_rule("r", "old")])
    for _ in range(2):
        world.clock.seconds += 60
        runner.plan()
        runner.run_one(*runner._due.get_nowait())
    assert (ran, waiting) == (["old", "new"], [0])
    assert runner.status("r").missed == 1


# The threads


def test_a_run_never_overlaps_itself_and_one_that_hangs_holds_up_no_other(eventually):
    may_end, running, most, lock = threading.Event(), {}, {}, threading.Lock()
    others = threading.Event()

    def run(sql, params, max_rows):
        with lock:
            running[sql] = running.get(sql, 0) + 1
            most[sql] = max(most.get(sql, 0), running[sql])
        if sql == "hangs":
            may_end.wait(60)
        with lock:
            running[sql] -= 1
        return Answer([])

    outcomes = []

    def done(outcome):
        outcomes.append(outcome)
        if sum(each.rule == "quick" for each in outcomes) >= 2:
            others.set()

    counters = Counters()
    runner = Runner(run, done, SystemClock(), counters)
    runner.replace([sql_rule("h", "hangs", "* * * * * *"), sql_rule("quick", "quick", "* * * * * *")])
    runner.start()
    assert others.wait(30)
    eventually(lambda: counters.get("rules.sql_missed"))
    assert most == {"hangs": 1, "quick": 1}
    assert runner.status("h").missed >= 1
    may_end.set()
    assert runner.stop(30)
