"""Maintenance and quiet times, made in the window; and what can be set in a file only."""

import html
import re
from datetime import UTC, datetime, timedelta

import pytest

from oculus.settings.load import load
from oculus.settings.schema import ServerSettings
from oculus.web.forms.by_hand import EXAMPLES

LATER = datetime.now(UTC) + timedelta(days=3)  # a night that has not begun


def words(text):
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text)))


def moment(hours):
    return f"{datetime.now(UTC) + timedelta(hours=hours):%Y-%m-%dT%H:%M}"


def test_a_maintenance_made_in_the_window_holds_and_every_page_says_so(office):
    answer = office.save("section=mute", name="move", begins=moment(-1), ends=moment(2), rules=["", "old"])
    assert answer.status_code == 303, answer.text
    assert office.made() == ["mute-move.yaml"]
    [mute] = office.oculus.settings.mute
    assert (mute.name, mute.rules) == ("move", ("old",))
    for place in ("/", "/alerts"):
        assert "Quiet time move: nobody is told of old." in words(office.get(place).text)
    office.post(f"/settings/switch?at={office.key('move')}")
    assert "Quiet time move" not in office.get("/").text
    office.post(f"/settings/delete?at={office.key('move')}")
    assert office.oculus.settings.mute == []
    office.post("/settings/undo")
    assert [mute.name for mute in office.oculus.settings.mute] == ["move"]


def test_a_rule_fires_in_silence_while_it_lasts(office, eventually):
    office.save("section=mute", name="move", begins=moment(-1), ends=moment(2))
    office.store(office.metric("custom.backup.value", 5))
    eventually(lambda: office.get("/api/alerts?state=firing").json()["alerts"])
    events = office.query("SELECT message FROM events").json()["rows"]
    [delivery] = office.query("SELECT count(*) FROM deliveries").json()["rows"]
    assert delivery == [0], events


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"begins": moment(24), "ends": moment(26)}, r"Nobody is told of anything .* to "),
        ({"begins": moment(-1), "below": "error"}, "Nobody is told of anything below error"),
        ({"begins": moment(-5), "ends": moment(-4)}, "It is over"),
        (
            {"days": f"{LATER:%a}".lower(), "from": "22:00", "to": "02:00"},
            rf"from {LATER:%A}.*22:00 .* to {LATER + timedelta(days=1):%A}.*02:00",
        ),
        ({"days": "sat", "begins": "2091-01-01", "ends": "2091-01-02"}, "It never comes"),
    ],
)
def test_test_now_says_when_it_holds_next(office, fields, told):
    answer = office.save("section=mute", do="try", name="move", **fields)
    assert re.search(told, words(re.search(r'id="tried".*?</section>', answer.text, re.DOTALL)[0]))
    assert office.made() == []


@pytest.mark.parametrize(
    ("fields", "beside"),
    [
        ({"begins": "tomorrow"}, {"begins"}),
        ({"begins": moment(2), "ends": moment(1)}, {"ends"}),
        ({"rules": ["", "nobody"]}, {"rules"}),
        ({"days": "someday", "timezone": "Mars"}, {"days", "timezone"}),
    ],
)
def test_a_mistake_stands_beside_its_field(office, fields, beside):
    answer = office.save("section=mute", name="move", **fields)
    assert answer.status_code == 400
    assert set(re.findall(r'id="field-([\w.]+)-mistake"', answer.text)) == beside


def test_a_rule_that_a_quiet_time_names_is_not_deleted_under_it(office):
    office.save("section=rules", name="hot", condition="custom.backup.value > 5")
    office.save("section=mute", name="move", rules=["", "hot"])
    assert office.post(f"/settings/delete?at={office.key('hot')}").status_code == 409
    assert "rule-hot.yaml" in office.made()


def test_what_has_no_form_is_told_where_to_write_it_and_how(office):
    said = words(office.get("/settings").text)
    assert str(office.folder / "oculus.yaml") in said
    assert re.search(r"server Where the pages .*? oculus.yaml:2 Example", said)
    assert re.search(r"storage .*? not written: the usual counts Example", said)
    for example in EXAMPLES.values():
        assert words(example) in said


def test_the_example_of_the_server_shows_all_that_can_be_set():
    assert all(f" {name}: " in EXAMPLES["server"] for name in ServerSettings.__struct_encode_fields__)


@pytest.mark.parametrize("section", EXAMPLES)
def test_each_example_is_taken_as_it_stands(section, tmp_path):
    path = tmp_path / "oculus.yaml"
    path.write_text(EXAMPLES[section])
    assert load(path).files == [path]
