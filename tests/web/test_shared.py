"""Twenty open pages are no twenty times the work of one, and nobody waits to see what they changed."""

import re
import threading
from types import SimpleNamespace

import pytest

from oculus.storage.live import Trail
from oculus.web.dashboard.cards import Cards
from oculus.web.dashboard.drawn import Drawer, write
from oculus.web.dashboard.shared import Shared
from oculus.web.dashboard.state import Facts

NOW = 1_790_000_000_000


class Making:
    """Counts what is made, by a clock that stands still."""

    def __init__(self):
        self.now, self.made = 100.0, 0
        self.shared = Shared(lambda: self.make(), SimpleNamespace(monotonic=lambda: self.now))

    def make(self):
        self.made += 1
        return self.made


def test_who_asks_within_half_a_second_gets_the_same():
    making = Making()
    assert making.shared.get() == 1
    making.now += 0.4
    assert making.shared.get() == 1
    making.now += 0.2
    assert making.shared.get() == 2


def test_after_a_change_nobody_gets_what_was_made_before_it():
    making = Making()
    making.shared.get()
    making.shared.forget()
    assert making.shared.get() == 2


def test_what_was_begun_before_a_change_is_not_given_after_it():
    making = Making()

    def change_meanwhile():
        making.shared.forget()
        making.made += 1
        return making.made

    making.make = change_meanwhile
    assert [making.shared.get(), making.shared.get()] == [1, 2]


def test_many_who_ask_at_once_wait_for_one(gate):
    making, asked = Making(), threading.Barrier(9)
    made = []

    def slow():
        gate.wait(60)
        made.append(1)

    def ask():
        asked.wait(30)
        making.shared.get()

    making.make = slow
    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    asked.wait(30)
    gate.set()
    for thread in threads:
        thread.join(30)
    assert made == [1]


@pytest.mark.parametrize(("before", "after"), [(5, 70), (70, 7300), (5, 5)])
def test_a_card_written_once_tells_its_age_as_it_is(before, after):
    trail = Trail(symbol="net.tcp.db", category="net.tcp", tags={}, points=[(NOW, 5.0), (NOW + 1, 6.0)])
    facts = Facts(trails=[trail], collectors=[], firing={}, freshness=lambda _: None, now_ms=NOW)
    [card] = Cards().panels(facts)[0].cards
    draw = Drawer()
    for seconds in (before, after):
        now_ms = NOW + seconds * 1000
        assert draw(card, False, now_ms) == write(card, False, now_ms, False)
    assert 'aria-label="Unpin' in draw(card, True, NOW)
    assert "hx-swap-oob" in draw(card, False, NOW, again=True)
    assert "hx-swap-oob" not in draw(card, False, NOW)


def test_pages_of_the_same_moment_are_made_once_each_in_its_view(house, monkeypatch):
    house.store(house.metric("net.tcp.db", 1), house.metric("crypto.price.btc_usd", 2))
    monkeypatch.setattr("oculus.web.dashboard.shared.LASTS_S", 3600.0)
    first = house.get("/partials/metrics")
    house.store(house.metric("net.tcp.db", 42))
    again = house.get("/partials/metrics", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    other = house.get("/partials/metrics?category=net")
    assert "net.tcp.db" in other.text
    assert "crypto.price.btc_usd" not in other.text
    assert other.headers["ETag"] != first.headers["ETag"]
    monkeypatch.setattr("oculus.web.dashboard.shared.LASTS_S", 0.0)
    assert "42.0" in house.get("/partials/metrics?category=net").text


def test_whoever_pins_sees_it_at_once(house, monkeypatch):
    house.store(house.metric("net.tcp.db", 1))
    monkeypatch.setattr("oculus.web.dashboard.shared.LASTS_S", 3600.0)
    assert 'id="panel-pinned"' not in house.get("/").text
    house.post("/api/pins", json={"symbol": "net.tcp.db"})
    for place in ("/", "/partials/metrics"):
        assert 'id="panel-pinned"' in house.get(place).text
    house.ask("DELETE", "/api/pins/net.tcp.db")
    assert not re.search('id="panel-pinned"', house.get("/").text)
