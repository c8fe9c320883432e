"""Popups against a real notification service, one that is gone, one that hangs, and none at all."""

import queue
import sys
import threading
import time

import pytest

from fakes.waiting import eventually
from oculus.core.desk import Popup
from oculus.core.errors import ChannelError
from oculus.core.event import Severity
from oculus.desktop.popup import Popups
from oculus.desktop.popup_plyer import Plyer
from oculus.desktop.way import Unavailable

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the session bus is Linux' way")
NASTY = "-x <b>&"


def popup(title="shop_down fired", text="The shop is down", **more):
    return Popup(title=title, text=text, **{"severity": Severity.WARN, **more})


@pytest.fixture
def service(screen, tmp_path):
    """A screen with a bus and a notification service."""
    screen.start_bus(tmp_path)
    screen.start_popups()
    return screen


@pytest.fixture
def bus(screen, monkeypatch):
    """The way over the bus of that screen, and the pages that its clicks asked for."""
    from oculus.desktop.popup_bus import Bus

    opened = queue.Queue()
    made = Bus(opened.put)
    made.opened = opened
    monkeypatch.setattr("oculus.desktop.popup_bus.ANSWER_S", 30.0)  # the machine may be busy

    def show(what):
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", screen.environment.get("DBUS_SESSION_BUS_ADDRESS", ""))
        Bus.show(made, what)

    made.show = show
    yield made
    made.close()


def test_text_that_looks_like_markup_or_an_option_is_shown_as_text(service, bus):
    bus.show(popup(NASTY, "-y <i>it</i> & 'so' \n <script>"))
    (shown,) = service.popups()
    assert shown["summary"] == NASTY
    assert shown["body"] == "-y &lt;i&gt;it&lt;/i&gt; &amp; 'so'\n&lt;script&gt;"


def test_a_message_of_5000_characters_is_cut(service, bus):
    bus.show(popup("t" * 5000, "x" * 5000))
    (shown,) = service.popups()
    assert (len(shown["summary"]), len(shown["body"])) == (100, 300)
    assert shown["body"].endswith("…")


def test_a_click_opens_the_page_of_its_popup(service, bus):
    bus.show(popup(path="/alerts#alert-1"))
    bus.show(popup(path="/alerts#alert-2"))
    service.call("NotificationAction", "org.dunstproject.cmd0", "u", (0,))
    assert bus.opened.get(timeout=30).startswith("/alerts#alert-")


def test_how_urgent_it_is_follows_the_severity_and_an_end_is_calm():
    from oculus.desktop.popup_bus import urgency

    urgent = [urgency(popup(severity=each)) for each in Severity]
    assert urgent == [1, 1, 1, 2]
    assert urgency(popup(severity=Severity.CRITICAL, over=True)) == 0


def test_a_service_that_was_killed_is_noticed_and_found_again(service, bus):
    bus.show(popup())
    service.programs.stop("dunst")
    with pytest.raises(Unavailable, match="no notification service answers"):
        bus.show(popup())
    service.start_popups()
    bus.show(popup("again"))
    assert service.popups()[0]["summary"] == "again"


def test_a_bus_that_was_restarted_is_found_again(service, bus, tmp_path):
    bus.show(popup())
    service.programs.stop("dunst", "dbus-daemon")
    with pytest.raises(Unavailable, match="the session bus cannot be used"):
        bus.show(popup())
    service.start_bus(tmp_path)
    service.start_popups()
    bus.show(popup("again"))
    assert service.popups()[0]["summary"] == "again"


def test_a_service_that_hangs_costs_its_time_limit_and_no_more(screen, bus, tmp_path, monkeypatch):
    from jeepney import message_bus
    from jeepney.io.blocking import open_dbus_connection

    screen.start_bus(tmp_path)
    monkeypatch.setattr("oculus.desktop.popup_bus.ANSWER_S", 3.0)
    with open_dbus_connection(screen.environment["DBUS_SESSION_BUS_ADDRESS"]) as deaf:
        deaf.send_and_get_reply(message_bus.RequestName("org.freedesktop.Notifications"))
        begun = time.monotonic()
        with pytest.raises(Unavailable, match="does not answer"):
            bus.show(popup())
        assert time.monotonic() - begun < 30


def test_without_a_bus_it_says_so(bus, monkeypatch):
    monkeypatch.setattr("oculus.desktop.popup_bus.Path", lambda _: tmp_nowhere())
    with pytest.raises(Unavailable, match="there is no session bus"):
        bus.show(popup())


def tmp_nowhere():
    from pathlib import Path

    return Path("/nowhere/bus")


class Way:
    def __init__(self, name, failure=None):
        self.name, self.failure, self.shown = name, failure, []

    def show(self, popup):
        if self.failure:
            raise Unavailable(self.failure)
        self.shown.append(popup)

    def close(self):
        self.shown = None


def test_the_next_way_is_tried_and_every_failure_is_named():
    first, second = Way("first", "asleep"), Way("second")
    popups = Popups([first, second])
    popups.show(popup())
    assert (popups.last_way, popups.trouble, len(second.shown)) == ("second", "", 1)
    second.failure = "broken"
    with pytest.raises(ChannelError, match=r"No popup could be shown \(first: asleep; second: broken\)"):
        popups.show(popup())
    assert popups.trouble == "first: asleep; second: broken"


def test_plyer_gets_no_option_for_a_title_no_long_text_and_only_so_much_time(monkeypatch):
    import plyer

    given, go = [], threading.Event()
    monkeypatch.setattr(plyer.notification, "notify", lambda **words: (given.append(words), go.wait(60)))
    monkeypatch.setattr("oculus.desktop.popup_plyer.LIMIT_S", 0.05)
    way = Plyer()
    with pytest.raises(Unavailable, match="does not return"):
        way.show(popup("-5 % it's", "x" * 5000))
    with pytest.raises(Unavailable, match="still hangs"):
        way.show(popup())
    go.set()
    eventually(lambda: not way._busy.is_alive())
    monkeypatch.setattr("oculus.desktop.popup_plyer.LIMIT_S", 60)
    way.show(popup())
    assert not given[0]["title"].startswith("-")
    assert len(given[0]["message"]) == 300


def test_what_plyer_raises_is_passed_on(monkeypatch):
    import plyer

    def broken(**_):
        raise NotImplementedError("No usable implementation found!")

    monkeypatch.setattr(plyer.notification, "notify", broken)
    with pytest.raises(Unavailable, match="NotImplementedError: No usable implementation"):
        Plyer().show(popup())
