"""What a form lets a person choose from, and that no box that nobody touched changes anything."""

import html
import re

import pytest

from oculus.rules.settings import RuleSettings
from oculus.web.forms.fields import filled
from oculus.web.forms.submission import read_form, sent

RULE = {"name": "hot", "condition": "custom.backup.value > 5"}


def boxes(page, name):
    """The names beside the boxes, and whether each is ticked."""
    found = re.findall(rf'<input type="checkbox" name="{name}" value="([^"]*)" (checked)?>', page)
    return {html.unescape(value): ticked == "checked" for value, ticked in found}


def form(office, where="section=rules"):
    return office.get(f"/settings/new?{where}").text


def test_the_channels_there_are_can_be_ticked(office):
    assert boxes(form(office), "channels") == {"log": True, "desktop": False, "hook": False}
    office.save("section=rules", **RULE, channels=["", "log", "hook"])
    assert office.oculus.settings.rules[-1].channels == ("log", "hook")
    edit = office.get(f"/settings/edit?at={office.key('hot')}").text
    assert boxes(edit, "channels") == {"log": True, "desktop": False, "hook": True}


def test_a_rule_can_wait_for_any_other_and_not_for_itself(office):
    assert boxes(form(office), "depends_on") == {"old": False}
    office.save("section=rules", **RULE, depends_on=["", "old"])
    assert office.oculus.settings.rules[-1].depends_on == ("old",)
    assert boxes(office.get(f"/settings/edit?at={office.key('hot')}").text, "depends_on") == {"old": True}


def test_to_tick_nothing_is_a_choice_and_to_leave_it_alone_is_none(office):
    office.save("section=rules", **RULE, channels=[""])
    assert office.oculus.settings.rules[-1].channels == ()
    assert boxes(office.get(f"/settings/edit?at={office.key('hot')}").text, "channels")["log"] is False
    office.save("section=rules", name="usual", condition=RULE["condition"], channels=["", "log"])
    assert "channels" not in (office.folder / "conf.d" / "rule-usual.yaml").read_text()


def test_a_name_that_is_gone_keeps_its_box_until_it_is_unticked(office):
    answer = office.save("section=rules", **RULE, channels=["", "hook", "gone"])
    assert answer.status_code == 400
    assert "there is no channel &#39;gone&#39;" in answer.text
    assert boxes(answer.text, "channels") == {"log": False, "desktop": False, "hook": True, "gone": True}


def test_what_can_only_be_some_of_a_few_is_ticked_too_but_where_the_order_counts(office):
    assert all(boxes(form(office, "section=collectors&type=stock.sector"), "sectors").values())
    assert '<textarea class="field entry-area" id="field-fallback"' in form(
        office, "section=collectors&type=crypto.price"
    )


def test_names_of_any_letters_come_through(office):
    name = "<b>\"'& שלום 🚀"
    office.save("section=channels&type=webhook", **{"oculus.name": name, "url": "http://127.0.0.1:9/"})
    assert name in boxes(form(office), "channels")
    office.save("section=rules", **RULE, channels=["", name])
    assert office.oculus.settings.rules[-1].channels == (name,)


def test_what_a_group_holds_has_fields_of_its_own(office):
    page = form(office)
    assert boxes(page, "escalate.channels") == {"log": False, "desktop": False, "hook": False}
    assert boxes(page, "active.days")["sat"] is False
    more = {"escalate.after": "10m", "escalate.channels": ["", "hook"], "active.from": "08:00"}
    assert (
        office.save("section=rules", **RULE, **more, **{"active.days": ["", "sat", "sun"]}).status_code == 303
    )
    rule = office.oculus.settings.rules[-1]
    assert rule.escalate.channels == ("hook",)
    assert (rule.active.days, rule.active.from_, rule.active.to) == (("sat", "sun"), "08:00", "24:00")
    edit = office.get(f"/settings/edit?at={office.key('hot')}").text
    assert boxes(edit, "escalate.channels")["hook"]
    assert 'name="escalate.after" type="text" value="10m"' in edit
    again = office.save(f"at={office.key('hot')}", **RULE)
    assert again.status_code == 303
    assert (office.oculus.settings.rules[-1].escalate, office.oculus.settings.rules[-1].active) == (
        None,
        None,
    )


@pytest.mark.parametrize(
    ("fields", "beside"),
    [
        ({"escalate.after": "soon", "escalate.channels": ["", "hook"]}, {"escalate.after"}),
        ({"escalate.after": "5m"}, {"escalate.channels"}),
        ({"escalate.after": "5m", "escalate.channels": ["", "nobody"]}, {"escalate.channels"}),
        ({"active.from": "8"}, {"active.from"}),
    ],
)
def test_a_mistake_in_a_group_stands_beside_its_field(office, fields, beside):
    answer = office.save("section=rules", **RULE, **fields)
    assert answer.status_code == 400
    assert set(re.findall(r'id="field-([\w.]+)-mistake"', answer.text)) == beside, answer.text


@pytest.mark.parametrize("body", [b"", b"channels=&channels=log", b"enabled=off&enabled=on"])
def test_what_is_sent_untouched_is_what_counts_anyway(body):
    assert read_form(RuleSettings, sent(body), {}).data == {}


def test_more_boxes_than_a_person_ticks_are_read():
    body = "&".join(f"depends_on=rule{n}" for n in range(900))
    assert len(read_form(RuleSettings, sent(body.encode()), {}).data["depends_on"]) == 900


def test_without_any_other_rule_the_form_says_so():
    [field] = [each for each in filled(RuleSettings, {}, {}, {}) if each.name == "depends_on"]
    assert (field.kind, field.choices) == ("ticks", ())
