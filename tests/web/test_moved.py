"""GET /api/alerts/<id>: one firing, and what else moved."""

from oculus.rules.settings import RuleSettings

DAY, MINUTE = 86_400_000, 60_000


def test_one_alert_says_what_else_moved_when_it_fired(tmp_path, open_house, eventually):
    with open_house(tmp_path, rules=[RuleSettings(name="me", condition="net.me > 10")]) as house:
        week = [(day, minute) for day in range(1, 8) for minute in (5, 15, 25)]
        house.store(*[house.metric("crypto.a", 100, day * DAY + minute * MINUTE) for day, minute in week])
        house.store(house.metric("crypto.a", 50), house.metric("net.me", 99))
        alert = eventually(lambda: house.get("/api/alerts").json()["alerts"])[0]
        found = eventually(lambda: house.get(f"/api/alerts/{alert['id']}").json()["moved"])
        assert found == [{"symbol": "crypto.a", "value": 50.0, "usual": 100.0, "score": -50.0}]
        assert house.get("/api/alerts/1").status_code == 404
