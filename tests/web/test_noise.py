"""GET /api/noise."""

from oculus.noise import Noise, event


def test_the_last_report_is_answered_and_before_it_there_is_none(house):
    assert house.get("/api/noise").json() == {"ts": None, "message": "", "rules": []}
    noise = Noise(rule="slow", count=7, seconds=600.0, short=6, for_="1m")
    house.oculus.writer.tell(event([noise], house.oculus.clock.now_ms()))
    house.oculus.writer.change(lambda cursor: None).result(30)
    answer = house.get("/api/noise").json()
    assert answer["message"].startswith("Noise of the last 7 days: 1 rule fired 7 times")
    assert answer["rules"] == [
        {"rule": "slow", "count": 7, "seconds": 600.0, "short": 6, "for": "1m", "clear": ""}
    ]
