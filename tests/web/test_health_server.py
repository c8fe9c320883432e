"""Alive, ready, and what Prometheus gets, from the running server."""

import re

import requests

from oculus.core.errors import StorageError
from oculus.web.serving import health

LINE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(\{.*\})? (NaN|[+-]?Inf|-?[0-9.e+-]+)")


def test_alive_needs_no_token(shared):
    answer = requests.get(shared.url + "/healthz", timeout=30)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_ready_says_how_each_part_is(shared, monkeypatch):
    monkeypatch.setattr(health, "DATABASE_S", 30.0)
    answer = requests.get(shared.url + "/readyz", timeout=30)
    assert answer.status_code == 200
    parts = ("database", "writer", "scheduler", "rules", "notifier")
    assert answer.json() == {"ready": True, "checks": dict.fromkeys(parts, "ok")}


def test_a_database_that_does_not_answer_is_not_ready(house, monkeypatch):
    def broken():
        raise StorageError("The database cannot be read: disk gone")

    monkeypatch.setattr(house.oculus.reader, "ping", broken)
    answer = requests.get(house.url + "/readyz", timeout=30)
    assert answer.status_code == 503
    assert answer.json()["ready"] is False
    assert answer.json()["checks"]["database"] == "The database cannot be read: disk gone"
    assert requests.get(house.url + "/healthz", timeout=30).status_code == 200


def test_a_database_that_hangs_is_not_ready_and_holds_up_nobody(house, monkeypatch, gate):
    monkeypatch.setattr(house.oculus.reader, "ping", lambda: gate.wait(60))
    answer = requests.get(house.url + "/readyz", timeout=30)
    assert answer.json()["checks"]["database"] == "no answer within 1 s"
    assert requests.get(house.url + "/healthz", timeout=30).status_code == 200


def test_a_part_that_has_stopped_is_not_ready(house):
    house.oculus.engine.stop()
    answer = requests.get(house.url + "/readyz", timeout=30)
    assert answer.status_code == 503
    assert answer.json()["checks"]["rules"] == "is not running"
    assert house.get("/api/status").json()["ready"] is False


def test_prometheus_gets_a_page_it_can_read(shared):
    shared.store(shared.metric("net.ping.gw", 1))
    shared.query("SELECT 1")
    answer = shared.get("/metrics")
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    typed, names = {}, set()
    for line in answer.text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name not in typed
            typed[name] = kind
        elif not line.startswith("# HELP "):
            match = LINE.fullmatch(line)
            assert match, line
            names.add(match[1])
    for name in names:
        family = re.sub(r"_(bucket|sum|count)$", "", name)
        assert name in typed or typed.get(family) == "histogram", name
    assert {
        "oculus_queue_length",
        "oculus_rows_written_total",
        "oculus_insert_failures_total",
        "oculus_query_seconds_bucket",
        "oculus_query_seconds_p95",
        "oculus_query_seconds_p99",
        "oculus_queries_active",
        "oculus_deliveries_waiting",
    } <= names
    assert answer.text.endswith("\n")
    assert re.search(r"^oculus_rows_written_total [1-9]", answer.text, re.MULTILINE)
    assert re.search(r"^oculus_query_seconds_count [1-9]", answer.text, re.MULTILINE)


def test_prometheus_needs_the_token(shared):
    assert requests.get(shared.url + "/metrics", timeout=30).status_code == 401
