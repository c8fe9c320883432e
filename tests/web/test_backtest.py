"""POST /api/rules/<name>/backtest."""

import pytest

from oculus.core.durations import Duration
from oculus.rules.settings import RuleSettings

RULES = [
    RuleSettings(name="high", condition="net.x > 5", for_=Duration(minutes=1)),
    RuleSettings(name="sql", sql="SELECT 1 AS x", schedule="* * * * *"),
]
MINUTE = 60_000


@pytest.fixture(scope="module")
def house(tmp_path_factory, open_house):
    with open_house(tmp_path_factory.mktemp("house"), rules=RULES) as made:
        values = [0, 9, 9, 9, 0, 9, 0]
        made.store(*[made.metric("net.x", v, (60 - n) * MINUTE) for n, v in enumerate(values)])
        yield made


def ask(house, **body):
    return house.post("/api/rules/high/backtest", json=body)


def test_it_says_how_often_the_rule_would_have_fired(house):
    found = ask(house, since="2h").json()
    assert (found["rule"], found["count"], found["short"], found["total_seconds"]) == ("high", 1, 0, 120.0)
    (fired,) = found["fired"]
    assert fired["worst"] == 9.0
    assert fired["started_at"] < fired["fired_at"] < fired["ended_at"]
    assert found["told"] == {"log": 2}
    assert (found["source"], found["samples"]) == ("raw", 7)


@pytest.mark.parametrize(
    ("tried", "count"), [({"for": "0s"}, 2), ({"condition": "net.x > 10"}, 0), ({"for": "10m"}, 0)]
)
def test_another_setting_can_be_tried(house, tried, count):
    assert ask(house, since="2h", **tried).json()["count"] == count


def test_what_cannot_be_tried_is_refused_in_words(house):
    assert "column" in ask(house, condition="net.x >").json()["error"]["message"]
    assert "'soon' is not a length of time" in ask(house, **{"for": "soon"}).json()["error"]["message"]
    assert ask(house, since="1h", until="2h").status_code == 400
    assert ask(house, speed=2).status_code == 400


def test_a_rule_in_sql_is_played_by_its_runs(house):
    found = house.post("/api/rules/sql/backtest", json={"since": "10m"}).json()
    assert (found["source"], found["count"], len(found["fired"])) == ("runs of its SQL", 1, 1)
    assert found["samples"] in (9, 10)


def test_what_is_tried_comes_with_the_present_setting_beside_it(house):
    found = ask(house, since="2h", **{"for": "10m"}).json()
    assert (found["count"], found["present"]["count"], found["present"]["present"]) == (0, 1, None)
    assert ask(house, since="2h").json()["present"] is None


def test_how_far_it_is_can_be_asked(house):
    assert house.get("/api/backtest").json() == {"rule": "", "done": 0.0}


def test_a_rule_that_nobody_has_is_not_found(house):
    assert house.post("/api/rules/nobody/backtest", json={}).status_code == 404


ROLLED = """
    INSERT INTO metrics_1m_stored (ts, category, symbol, "count", "first", "last")
    SELECT date_trunc('minute', now()) - INTERVAL 5 DAY + to_minutes(n), 'net', 'net.x', 2, v, v
    FROM (SELECT unnest([0, 1, 2, 3, 4]) AS n, unnest([0, 9, 9, 9, 0]) AS v);
    UPDATE rollup_marks SET kept_from_at = date_trunc('minute', now()) - INTERVAL 1 DAY,
        rolled_until_at = date_trunc('minute', now()) - INTERVAL 2 MINUTE WHERE name = 'metrics'
"""


def test_before_the_raw_samples_rollups_are_played_and_that_is_said(tmp_path, open_house):
    with open_house(tmp_path, rules=RULES) as house:
        house.store(*[house.metric("net.x", v, (60 - n) * MINUTE) for n, v in enumerate([0, 9, 9, 9, 0])])
        house.oculus.writer.change(lambda cursor: cursor.execute(ROLLED) and None).result(30)
        found = ask(house, since="7d").json()
        assert (found["count"], found["samples"], found["source"]) == (2, 10, "rollups, then raw")
        assert ask(house, since="2h").json()["source"] == "raw"
