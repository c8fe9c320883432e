"""SQL from outside, through the running server: what it gives and refuses, and that nothing waits for it."""

import csv
import io
import threading
import time

import pytest
import requests

from oculus.reruns import LONGEST_S
from oculus.web.serving.asgi import SLOW_S

DEAF = "SELECT levenshtein(repeat('a', 60000), repeat('b', 60000))"
SLOW = "SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE (a.range * b.range) % 7 = 3"


def test_two_settings_of_a_rule_over_the_past_are_waited_for():
    assert SLOW_S > 2 * LONGEST_S


def test_a_query_answers_columns_rows_and_how_long_it_took(shared):
    answer = shared.query("SELECT 1 AS a, 'x' AS b, NULL AS c")
    found = answer.json()
    assert answer.status_code == 200
    assert found["columns"] == [
        {"name": "a", "type": "INTEGER"},
        {"name": "b", "type": "VARCHAR"},
        {"name": "c", "type": found["columns"][2]["type"]},
    ]
    assert found["rows"] == [[1, "x", None]]
    assert (found["row_count"], found["truncated"]) == (1, False)
    assert found["elapsed_ms"] >= 0


def test_parameters_are_by_place_or_by_name(shared):
    assert shared.query("SELECT ? + ?", [1, 2]).json()["rows"] == [[3]]
    assert shared.query("SELECT $a || $b", {"a": "x", "b": "y"}).json()["rows"] == [["xy"]]


def test_what_json_cannot_say_comes_out_as_something_it_can(shared):
    row = shared.query(
        "SELECT 'nan'::DOUBLE, 'inf'::DOUBLE, TIMESTAMPTZ '2026-01-31 08:00:00+01', "
        "170141183460469231731687303715884105727::HUGEINT, 1.10::DECIMAL(10,2), [1, 2], {'k': 'v'}"
    ).json()["rows"][0]
    assert row[0] is None
    assert row[1] is None
    assert row[2].startswith("2026-01-31T07:00:00")
    assert str(row[3]) == "170141183460469231731687303715884105727"
    assert str(row[4]) == "1.10"
    assert row[5:] == [[1, 2], {"k": "v"}]


def test_more_than_a_thousand_rows_are_cut_and_said_so(shared):
    found = shared.query("SELECT * FROM range(1001)").json()
    assert (found["row_count"], found["truncated"], len(found["rows"])) == (1000, True, 1000)
    assert shared.query("SELECT * FROM range(1000)").json()["truncated"] is False


def test_a_query_can_be_had_as_csv(shared):
    answer = shared.query("SELECT 'a,b' AS x, NULL AS y, [1, 2] AS z", path="/api/query?format=csv")
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert list(csv.reader(io.StringIO(answer.text))) == [["x", "y", "z"], ["a,b", "", "[1,2]"]]


@pytest.mark.parametrize(
    ("sql", "status", "code"),
    [
        ("", 400, "bad_request"),
        ("SELECT", 400, "bad_request"),
        ("SELECT nothing FROM nowhere", 422, "not_read_only"),
        ("INSERT INTO metrics VALUES (now(), 'a', 'b', 1, NULL)", 422, "not_read_only"),
        ("SELECT 1; SELECT 2", 422, "not_read_only"),
        ("DROP TABLE metrics", 422, "not_read_only"),
        ("COPY metrics TO '/tmp/x'", 422, "not_read_only"),
        ("ATTACH '/tmp/x.db'", 422, "not_read_only"),
        ("SET memory_limit='100GB'", 422, "not_read_only"),
        ("PRAGMA database_list", 422, "not_read_only"),
        (
            "WITH x AS (INSERT INTO events VALUES (1) RETURNING *) SELECT * FROM x",
            422,
            "not_read_only",
        ),
        ("SELECT * FROM read_text('/etc/passwd')", 422, "not_read_only"),
        ("SELECT * FROM '/etc/passwd'", 422, "not_read_only"),
        ("COMMIT; DROP TABLE metrics", 422, "not_read_only"),
    ],
)
def test_whatever_could_change_or_leave_the_database_is_refused(shared, sql, status, code):
    answer = shared.query(sql)
    error = answer.json()["error"]
    assert answer.status_code in (status, 400 if status == 422 else status), error
    assert error["code"] in (code, "bad_request")
    assert error["message"]
    assert "Traceback" not in answer.text
    assert "root:" not in answer.text
    assert shared.query("SELECT count(*) FROM metrics WHERE symbol = 'b'").json()["rows"] == [[0]]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "{}",
        '{"sql": 5}',
        '{"sql": "SELECT 1", "format": "csv"}',
        '{"sql": "SELECT ?", "params": 1}',
    ],
)
def test_a_body_that_is_no_query_is_a_bad_request(shared, body):
    answer = shared.post("/api/query", data=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_request")


def test_a_format_that_is_not_known_is_named(shared):
    answer = shared.query("SELECT 1", path="/api/query?format=xml")
    assert answer.status_code == 400
    assert "format" in answer.json()["error"]["message"]


def test_a_query_without_end_is_answered_in_time_and_the_pages_go_on_meanwhile(house):
    answers = []

    def ask(sql):
        begun = time.monotonic()
        answer = house.query(sql)
        answers.append((answer.status_code, answer.json()["error"]["code"], time.monotonic() - begun))

    askers = [threading.Thread(target=ask, args=(sql,)) for sql in (SLOW, SLOW, SLOW, DEAF, SLOW, SLOW)]
    for asker in askers:
        asker.start()
    waits = []
    while any(asker.is_alive() for asker in askers):
        begun = time.monotonic()
        assert requests.get(house.url + "/healthz", timeout=30).status_code == 200
        assert house.get("/api/status").status_code == 200
        waits.append(time.monotonic() - begun)
        time.sleep(0.2)
    assert len(waits) > 5
    assert max(waits) < max(took for *_, took in answers)
    assert len(answers) == 6
    for status, code, took in answers:
        assert (status, code) in ((408, "query_timeout"), (413, "too_large"))
        assert took < 60  # aimed at 5 s and a turn; the machine may be busy


def test_whoever_still_waits_when_oculus_stops_is_told_so(house, monkeypatch, gate, eventually):
    monkeypatch.setattr(house.oculus.reader, "query", lambda *a, **k: gate.wait(60))
    answers = []
    asker = threading.Thread(target=lambda: answers.append(house.query("SELECT 1")))
    asker.start()
    eventually(house.server._front.slow.pool.busy)
    assert house.server.stop(30)
    asker.join(30)
    assert answers[0].status_code == 503
    assert answers[0].json()["error"] == {
        "code": "not_ready",
        "message": "Oculus is stopping",
        "hint": "Try again when it runs.",
    }


def test_what_finds_no_place_among_the_waiting_is_told_at_once(house, monkeypatch, gate, eventually):
    monkeypatch.setattr("oculus.web.serving.health.DATABASE_S", 30.0)
    monkeypatch.setattr(house.oculus.reader, "query", lambda *a, **k: gate.wait(60))
    askers = [threading.Thread(target=house.query, args=("SELECT 1",)) for _ in range(16)]
    for asker in askers:
        asker.start()
    eventually(lambda: house.server._front.slow.pool.busy() == 16)
    answer = house.query("SELECT 1")
    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "rate_limited")
    assert answer.headers["Retry-After"] == "1"
    assert house.get("/readyz").status_code == 200
    assert house.get("/api/status").status_code == 200
    gate.set()
    for asker in askers:
        asker.join(30)
