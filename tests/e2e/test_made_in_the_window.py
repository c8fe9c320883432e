"""What is made in the window: by keyboard, on a phone, without scripts; and brought back after a mistake."""

import pytest

from fakes.browser import follow

expect = pytest.importorskip("playwright.sync_api", reason="install the extra: pip install -e .[test]").expect
pytestmark = pytest.mark.browser

BY_HAND = """\
collectors:
  - {type: push, name: backup, secret: "s3cr3t-of-backup"}
channels:
  hook: {type: webhook, url: "http://127.0.0.1:9/h3dden"}
rules:
  - {name: old, condition: "custom.backup.value > 1", channels: [log]}
"""

at_hand = pytest.mark.parametrize("office", [BY_HAND], indirect=True)


def names(things):
    return [each.name for each in things]


@at_hand
def test_what_was_deleted_by_mistake_is_undone(office):
    page = office("/settings/new?section=rules")
    page.get_by_label("Name").fill("hot & <b>humid</b>")
    page.get_by_label("Condition").fill("custom.backup.value > 5")
    page.get_by_role("button", name="Save").click()
    page.locator("summary", has_text="Delete").click()
    page.get_by_role("button", name="Really delete").click()
    expect(page.locator("#gone")).to_contain_text("Deleted. The rule hot & <b>humid</b> can be brought back")
    assert names(office.oculus.settings.rules) == ["old"]
    page.get_by_role("button", name="Undo").press("Enter")
    expect(page.get_by_text("It is back as it was.")).to_be_visible()
    expect(page.locator("#rules bdi", has_text="hot & <b>humid</b>")).to_be_visible()
    expect(page.locator("#gone")).to_have_count(0)
    assert names(office.oculus.settings.rules) == ["old", "hot & <b>humid</b>"]
    assert page.complaints == []


@at_hand
def test_channels_are_ticked_by_keyboard_on_a_phone_without_scripts(office):
    page = office("/settings/new?section=rules", width=390, java_script_enabled=False)
    page.get_by_label("Name").fill("hot")
    page.get_by_label("Condition").fill("custom.backup.value > 5")
    channels = page.get_by_role("group", name="Channels")
    boxes = {name: channels.get_by_role("checkbox", name=name) for name in ("log", "desktop", "hook")}
    expect(boxes["log"]).to_be_checked()
    boxes["log"].focus()
    for key in ("Space", "Tab", "Tab", "Space"):
        page.keyboard.press(key)
    expect(boxes["hook"]).to_be_checked()
    page.get_by_text("More settings").press("Enter")
    page.get_by_role("group", name="Depends on").get_by_label("old").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Added. It runs now.")).to_be_visible()
    rule = office.oculus.settings.rules[-1]
    assert (rule.channels, rule.depends_on) == (("hook",), ("old",))


@at_hand
def test_a_maintenance_is_made_on_a_phone_and_ended_early(office):
    page = office("/settings", width=390, timezone_id="Europe/Paris")
    follow(page, page.get_by_role("link", name="Add a quiet time"))
    expect(page.get_by_label("Timezone")).to_have_value("Europe/Paris")
    page.get_by_label("Name").fill("move")
    page.get_by_label("Begins").fill("2001-01-01T22:00")
    page.get_by_label("Ends").fill("2091-01-02T04:00")
    page.get_by_role("group", name="Rules").get_by_label("old").check()
    page.get_by_role("button", name="Test now").click()
    expect(page.locator("#tried")).to_contain_text("Tuesday, 2091-01-02 04:00 (Europe/Paris)")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Quiet time move: nobody is told of old.")).to_be_visible()
    page.get_by_role("button", name="Switch off move").click()
    expect(page.get_by_text("Quiet time move:")).to_have_count(0)
    assert names(office.oculus.settings.mute) == ["move"]
    assert page.complaints == []
