"""Stored metrics through the API, from the real writer into the real file and out again."""

import csv
import io
import math
from datetime import datetime

import pytest

MINUTE_MS = 60_000


@pytest.fixture(scope="module")
def filled(shared):
    """Sixty minutes of two pings, and one of something else."""
    for ago in reversed(range(60)):
        shared.store(
            shared.metric("net.ping.gw", 10 + ago % 3, ago * MINUTE_MS, probe="ping", target="gw"),
            shared.metric("net.ping.far", 100, ago * MINUTE_MS, probe="ping", target="far"),
        )
    shared.store(shared.metric("custom.shop.orders", 7, 0))
    return shared


def symbols_of(answer):
    return {metric["symbol"] for metric in answer.json()["metrics"]}


def test_metrics_come_newest_first_with_all_their_fields(filled):
    answer = filled.get("/api/metrics?symbol=net.ping.gw&limit=3")
    page = answer.json()
    assert answer.headers["Content-Type"] == "application/json"
    assert (page["count"], page["truncated"]) == (3, True)
    first = page["metrics"][0]
    assert (first["category"], first["symbol"], first["value"]) == ("net.ping", "net.ping.gw", 10)
    assert first["tags"] == {"probe": "ping", "target": "gw"}
    assert first["ts"].endswith("Z")
    times = [datetime.fromisoformat(metric["ts"]) for metric in page["metrics"]]
    assert times == sorted(times, reverse=True)


def test_the_cursor_leads_through_all_pages_and_repeats_nothing(filled):
    seen, cursor = [], ""
    while True:
        page = filled.get(f"/api/metrics?category=net.ping&limit=25&cursor={cursor}").json()
        seen += [(metric["ts"], metric["symbol"]) for metric in page["metrics"]]
        if not page["cursor"]:
            break
        cursor = page["cursor"]
    assert len(seen) == len(set(seen)) == 120
    assert page["truncated"] is False


def test_a_download_that_nobody_takes_any_more_ends_and_leaves_nothing_behind(house, monkeypatch, eventually):
    def endless(path):
        with path.open("wb") as file:
            file.truncate(50 * 2**30)

    monkeypatch.setattr(house.oculus.reader, "backup", endless)
    answer = house.get("/api/backup", stream=True)
    assert answer.raw.read(1000)
    folder = house.oculus.database.path.parent / "outgoing"
    assert list(folder.iterdir())
    answer.close()
    eventually(lambda: not list(folder.iterdir()))


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("symbol=net.ping.*", {"net.ping.gw", "net.ping.far"}),
        ("category=custom.shop", {"custom.shop.orders"}),
        ("tags.target=far", {"net.ping.far"}),
        ("tags.target=nowhere", set()),
        ("symbol=net.ping.gw&since=1ms", set()),
        ("symbol=net.ping.gw&until=30d", set()),
    ],
)
def test_metrics_are_chosen_by_symbol_category_tags_and_time(filled, asked, expected):
    assert symbols_of(filled.get(f"/api/metrics?limit=1000&{asked}")) == expected


def test_metrics_can_come_oldest_first(filled):
    page = filled.get("/api/metrics?symbol=net.ping.far&order=asc&limit=5").json()
    times = [metric["ts"] for metric in page["metrics"]]
    assert times == sorted(times)


def test_metrics_can_be_had_as_csv(filled):
    answer = filled.get("/api/metrics?symbol=net.ping.gw&limit=2&format=csv")
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert "metrics.csv" in answer.headers["Content-Disposition"]
    rows = list(csv.reader(io.StringIO(answer.text)))
    assert rows[0] == ["ts", "category", "symbol", "value", "tags"]
    assert rows[1][1:] == ["net.ping", "net.ping.gw", "10.0", '{"probe":"ping","target":"gw"}']


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("limit=5000", "limit"),
        ("limit=-1", "limit"),
        ("order=sideways", "order"),
        ("since=yesterday", "since"),
        ("until=99999999999999999d", "until"),
        ("format=xml", "format"),
        ("symbl=x", "symbl"),
        ("cursor=made-up", "cursor"),
    ],
)
def test_a_bad_parameter_is_named(filled, asked, name):
    answer = filled.get(f"/api/metrics?{asked}")
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (400, "bad_request")
    assert name in error["message"]


def test_one_symbol_comes_with_its_history(filled):
    answer = filled.get("/api/metrics/net.ping.gw?range=2h").json()
    assert (answer["symbol"], answer["category"], answer["unit"]) == ("net.ping.gw", "net.ping", "ms")
    assert answer["latest"]["value"] == 10
    assert answer["stats"]["count"] == 60
    assert (answer["stats"]["min"], answer["stats"]["max"]) == (10, 12)
    assert answer["trend"]["direction"] in ("up", "down", "flat")
    assert answer["step_s"] == 30
    assert len(answer["series"]) == 60
    for ms, value, low, high in answer["series"]:
        assert ms % 30_000 == 0
        assert low <= value <= high


def test_the_steps_of_a_history_grow_with_its_length(filled):
    for length, step_s in (("5m", 1), ("24h", 300), ("7d", 1800), ("1y", 86400)):
        assert filled.get(f"/api/metrics/net.ping.gw?range={length}").json()["step_s"] == step_s
    assert filled.get("/api/metrics/net.ping.gw?range=1h&step=10m").json()["step_s"] == 600


@pytest.mark.parametrize(
    "asked", ["range=long", "range=1h&step=0s", "range=1y&step=1s", "range=1h&step=never"]
)
def test_a_history_that_cannot_be_drawn_is_refused(filled, asked):
    assert filled.get(f"/api/metrics/net.ping.gw?{asked}").status_code == 400


def test_an_unknown_symbol_is_not_found(filled):
    answer = filled.get("/api/metrics/net.ping.nowhere")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


def test_all_symbols_at_a_glance(filled):
    known = {each["symbol"]: each for each in filled.get("/api/symbols").json()["symbols"]}
    assert {"net.ping.gw", "net.ping.far", "custom.shop.orders"} <= set(known)
    orders = known["custom.shop.orders"]
    assert (orders["value"], orders["unit"], orders["trend"], orders["collector"]) == (7, "", None, None)
    assert orders["age_s"] >= 0


def test_nothing_that_is_no_number_comes_out(filled):
    filled.store(filled.metric("custom.odd.nan", math.nan), filled.metric("custom.odd.inf", math.inf))
    assert filled.get("/api/metrics?symbol=custom.odd.*").json()["metrics"] == []


def test_a_backup_and_an_export_arrive_whole_and_leave_nothing_behind(filled, tmp_path, eventually):
    copy = tmp_path / "copy.db"
    answer = filled.get("/api/backup")
    assert answer.status_code == 200
    assert "oculus-backup.db" in answer.headers["Content-Disposition"]
    copy.write_bytes(answer.content)
    assert len(answer.content) == int(answer.headers["Content-Length"]) > 4096

    table = filled.get("/api/export?symbol=net.ping.gw&since=1h")
    assert len(table.text.splitlines()) in (60, 61)
    parquet = filled.get("/api/export?format=parquet").content
    assert parquet[:4] == parquet[-4:] == b"PAR1"
    folder = filled.oculus.database.path.parent / "outgoing"
    eventually(lambda: not list(folder.iterdir()))
