"""GET /api/gaps."""

from oculus.core.clock import to_iso
from oculus.core.gap import Gap, GapReason

HOUR_MS = 3_600_000


def test_gaps_are_listed_newest_first_and_by_time(house):
    now = house.oculus.clock.now_ms()
    house.oculus.gap_log.over(Gap(now - 9 * HOUR_MS, now - 8 * HOUR_MS, GapReason.SLEEP), 0.0)
    house.oculus.gap_log.lost(Gap(now - HOUR_MS, None, GapReason.OFFLINE))
    house.oculus.writer.change(lambda cursor: None).result(30)
    newest, oldest = house.get("/api/gaps").json()["gaps"]
    assert newest == {"from": to_iso(now - HOUR_MS), "to": None, "reason": "offline"}
    assert oldest["reason"] == "sleep"
    assert [gap["reason"] for gap in house.get("/api/gaps?since=2h").json()["gaps"]] == ["offline"]
    assert house.get("/api/gaps?limit=1").json()["gaps"] == [newest]
