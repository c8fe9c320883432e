"""What icon, tooltip and menu say."""

from datetime import datetime
from types import SimpleNamespace

import pytest
from PIL import ImageChops

from oculus.core.clock import SystemClock
from oculus.core.durations import Duration
from oculus.core.event import Severity
from oculus.core.metric import Metric
from oculus.desktop.icons import State, draw, emblem, size_here
from oculus.desktop.menu import LINE, menu, until_tomorrow
from oculus.desktop.outlook import outlook
from oculus.desktop.words import TOOLTIP

NASTY = "-x <b>&"
NOW_MS = 1_800_000_000_000


def instance(number, where, acknowledged, **more):
    given = {"no_data_alert_id": None, "no_data_acknowledged": False, "severity": None, **more}
    return SimpleNamespace(
        alert_id=number, instance=where, state="firing", acknowledged=acknowledged, **given
    )


def house(
    *firing,
    collectors=("ok",),
    pinned=(),
    kept=(),
    alive=True,
    values=(),
    snoozed=(),
    offline=False,
    asked_ms=NOW_MS,
    **more,
):
    """As much of a running Oculus as the icon asks. `firing`: alert, rule, severity, where, acknowledged."""
    rules = [
        SimpleNamespace(
            name=rule,
            severity=severity,
            instances=[instance(number, where, acknowledged, **more)],
        )
        for number, rule, severity, where, acknowledged in firing
    ]
    well = SimpleNamespace(alive=lambda: alive, healthy=lambda: True)
    return SimpleNamespace(
        engine=SimpleNamespace(status=lambda: rules, alive=lambda: True),
        scheduler=SimpleNamespace(
            status=lambda: [
                SimpleNamespace(state=state, interval_s=30, last_run_ms=asked_ms) for state in collectors
            ],
            alive=lambda: True,
        ),
        clock=SimpleNamespace(now_ms=lambda: NOW_MS),
        writer=well,
        settings=SimpleNamespace(desktop=SimpleNamespace(pinned=pinned)),
        memory=SimpleNamespace(load={"web.pins": kept}.get),
        live=SimpleNamespace(latest=dict(values).get),
        snoozes=SimpleNamespace(until=dict(snoozed).get),
        outage=SimpleNamespace(offline=lambda: offline),
    )


def fires(number=1, rule="shop_down", severity=Severity.CRITICAL, where="", acknowledged=False):
    return number, rule, severity, where, acknowledged


class Actions:
    """Notes what the menu sets going."""

    def __init__(self):
        self.done = []

    def __getattr__(self, name):
        return lambda *more: self.done.append((name, *more))


def texts(entries):
    return [entry.text for entry in entries]


@pytest.mark.parametrize(
    ("given", "state"),
    [
        (house(), State.OK),
        (house(fires(severity=Severity.INFO)), State.OK),
        (house(fires(severity=Severity.WARN), fires(severity=Severity.ERROR)), State.ERROR),
        (house(fires(), collectors=("paused",)), State.CRITICAL),
        (house(collectors=("paused", "off")), State.PAUSED),
        (house(collectors=("paused", "failing")), State.OK),
        (house(collectors=()), State.BLIND),
        (house(collectors=("off",)), State.BLIND),
        (house(fires(), alive=False), State.BLIND),
        (house(offline=True), State.BLIND),
        (house(fires(), offline=True), State.CRITICAL),
        (house(collectors=("ok", "failing", "paused"), asked_ms=NOW_MS - 91_000), State.BLIND),
        (house(asked_ms=NOW_MS - 89_000), State.OK),
        (house(asked_ms=None), State.OK),
    ],
)
def test_the_icon_is_the_worst_state(given, state):
    assert outlook(given).state is state


def test_the_tooltip_names_what_fires_worst_first():
    now = outlook(house(fires(1, "slow", Severity.WARN), fires(2, "down", where="shop.example")))
    assert now.tooltip == "Oculus: 2 firing · critical: down (shop.example) · warn: slow"


def test_the_tooltip_shows_pinned_values_while_nothing_fires():
    btc = Metric(0, "crypto.price", "crypto.price.btc_usd", 97412.5, {"currency": "usd"})
    now = outlook(house(pinned=("crypto.price.btc_usd", "net.ping.gw"), values={btc.symbol: btc}))
    assert now.tooltip == "Oculus: btc_usd 97,412 $ · gw no value yet"
    assert outlook(house()).tooltip == "Oculus: all is well, 1 collector"


def test_what_is_pinned_on_the_dashboard_comes_after_the_settings_and_once():
    now = outlook(house(pinned=("net.ping.gw", "net.ping.dns"), kept=["net.tcp.shop", "net.ping.gw"]))
    assert [each.partition(" ")[0] for each in now.pinned] == ["gw", "dns", "shop"]
    assert "shop no value yet" in now.tooltip
    assert len(outlook(house(kept=[f"net.ping.host{number}" for number in range(100)])).pinned) == 12


def test_a_row_of_sql_that_is_worse_than_its_rule_is_what_the_icon_shows():
    now = outlook(house(fires(severity=Severity.WARN), severity=Severity.CRITICAL))
    assert now.state is State.CRITICAL
    assert now.troubles[0].label == "critical: shop_down"


def test_silence_is_an_alert_of_its_own_beside_that_of_the_condition():
    now = outlook(house(fires(1), no_data_alert_id=2, no_data_acknowledged=True))
    assert [(each.alert_id, each.acknowledged) for each in now.troubles] == [(1, False), (2, True)]
    only = outlook(house(fires(None), no_data_alert_id=2))
    assert [each.alert_id for each in only.troubles] == [2]
    assert only.state is State.CRITICAL


def test_the_tooltip_says_why_nothing_is_watched():
    slept = outlook(house(asked_ms=NOW_MS - 3_600_000))
    assert slept.tooltip == "Oculus: not watching · nothing was asked for 1 h"
    assert outlook(house(offline=True)).tooltip == "Oculus: not watching · this machine is offline"
    assert outlook(house(collectors=())).tooltip == "Oculus: not watching · no collectors"


def test_a_pinned_host_that_is_down_shows_no_old_number():
    values = {
        name: Metric(0, "net.tcp", name, value, {}) for name, value in (("net.tcp.a", 3), ("net.tcp.a.up", 0))
    }
    assert outlook(house(pinned=("net.tcp.a",), values=values)).pinned == ("a  down",)


def test_a_tooltip_is_one_line_that_every_system_takes():
    now = outlook(house(fires(rule=NASTY + "y" * 5000 + "\n\x1b[31m")))
    assert len(now.tooltip) == TOOLTIP
    assert now.tooltip.isprintable()
    assert NASTY in now.tooltip


def test_the_menu_opens_acknowledges_pauses_and_quits():
    actions = Actions()
    entries = menu(outlook(house(fires(7, NASTY))), False, actions)
    assert texts(entries) == [
        "Open Oculus", "-", f"critical: {NASTY}", "-", "Snooze all",
        "Pause collecting", "Start at login", "-", "Quit Oculus",
    ]  # fmt: skip
    assert entries[1] is LINE
    assert entries[0].default
    for entry in (entries[0], *entries[2].inside, *entries[4].inside[:2], entries[5], entries[6], entries[8]):
        entry.act()
    assert actions.done == [
        ("open_window",), ("open_window", "/alerts#alert-7"), ("acknowledge", 7),
        ("snooze", NASTY, Duration(hours=1)), ("snooze", "", Duration(minutes=15)),
        ("snooze", "", Duration(hours=1)), ("pause", True),
        ("set_login", True), ("quit",),
    ]  # fmt: skip


def test_what_is_acknowledged_is_not_acknowledged_again():
    (_, _, alert, *_) = menu(outlook(house(fires(acknowledged=True))), False, Actions())
    assert texts(alert.inside) == ["Open", "Acknowledged", "Snooze 1 h"]
    assert alert.inside[1].act is None


def test_what_is_snoozed_says_so_and_can_be_woken():
    soon_ms = SystemClock().now_ms() + 60_000
    actions = Actions()
    now = outlook(house(fires(rule="a"), snoozed={"a": soon_ms, "": soon_ms}))
    entries = menu(now, False, actions)
    assert texts(entries[2].inside)[-1] == "Snoozed"
    assert entries[4].text == f"Snoozed until {now.snoozed}"
    entries[4].inside[0].act()
    assert actions.done == [("wake_all",)]
    assert now.tooltip.startswith(f"Oculus: snoozed until {now.snoozed} · 1 firing")


@pytest.mark.parametrize(("hour", "hours"), [(20, 12), (0, 32), (9, 23)])
def test_until_tomorrow_is_until_the_morning(hour, hours):
    now = datetime(2026, 1, 15, hour).astimezone()
    assert until_tomorrow(now) == Duration(hours=hours)


def test_a_thousand_alerts_are_ten_lines_and_a_number():
    entries = menu(outlook(house(*(fires(number) for number in range(1000)))), False, Actions())
    assert sum(entry.text.startswith("critical") for entry in entries) == 10
    assert "and 990 more" in texts(entries)


def test_a_menu_whose_numbers_alone_changed_has_the_same_shape():
    def entries(value):
        metric = Metric(0, "net.ping", "net.ping.gw", value, {})
        return menu(outlook(house(pinned=("net.ping.gw",), values={"net.ping.gw": metric})), False, Actions())

    before, after = entries(1.0), entries(2.0)
    assert before != after
    assert [each.shape for each in before] == [each.shape for each in after]


@pytest.mark.parametrize(("system", "size"), [("linux", 64), ("win32", 64), ("darwin", 44)])
def test_each_system_gets_the_size_that_it_scales_from(monkeypatch, system, size):
    monkeypatch.setattr("sys.platform", system)
    assert draw(State.OK, size_here()).size == (size, size)


@pytest.mark.parametrize("size", [16, 22, 32, 64])
def test_every_state_has_a_picture_of_its_own_without_colour_too(size):
    grey = [draw(state, size).convert("LA").convert("RGBA") for state in State]
    for place, one in enumerate(grey):
        for other in grey[place + 1 :]:
            apart = ImageChops.difference(one, other).convert("L").histogram()
            assert sum(apart[64:]) > size * size * 0.05, "too alike"


@pytest.mark.parametrize("ground", ["#ffffff", "#11161d"])
@pytest.mark.parametrize("state", State)
def test_every_picture_stands_out_on_light_and_dark(state, ground):
    from PIL import Image

    image = draw(state, 22)
    panel = Image.new("RGBA", image.size, ground)
    seen = ImageChops.difference(Image.alpha_composite(panel, image).convert("L"), panel.convert("L"))
    assert sum(seen.histogram()[60:]) > 22 * 22 * 0.15


def test_the_pictures_in_assets_are_those_that_are_drawn():
    from PIL import Image

    from oculus.core.paths import bundled

    for state in State:
        kept = Image.open(bundled("assets", "icons", f"{state}.png")).convert("RGBA")
        assert max(ImageChops.difference(kept, draw(state, 64)).getextrema(), key=max)[1] <= 2
    assert Image.open(bundled("assets", "icons", "oculus.png")).size == emblem(256).size
