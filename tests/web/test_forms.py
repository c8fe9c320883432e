"""Making and changing things in the window: what is written, what is refused, and what nobody may see."""

import html
import os
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oculus.core.secret import MASK
from oculus.settings.read_yaml import read_yaml
from oculus.settings.write import MARK, file_text
from oculus.web.forms.editor import TYPES
from oculus.web.forms.fields import filled, spoken
from oculus.web.forms.submission import read_form

NASTY = "<b>x</b>\"'&{{7*7}}🚀שלום"


def test_a_collector_made_in_the_window_runs_at_once_and_stands_in_a_file_of_its_own(office):
    answer = office.save("section=collectors&type=tcp", target="127.0.0.1:9", interval="7s")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/settings?said=added")
    assert office.made() == ["collector-127.0.0.1-9.yaml"]
    path = office.folder / "conf.d" / office.made()[0]
    assert path.read_text().startswith(MARK)
    assert path.stat().st_mode & 0o077 == 0
    assert "127.0.0.1:9" in [status.name for status in office.oculus.scheduler.status()]


@pytest.mark.parametrize(
    ("where", "fields", "beside"),
    [
        ("section=collectors&type=tcp", {"target": ""}, {"target"}),
        ("section=collectors&type=tcp", {"target": "db:1", "interval": "soon"}, {"interval"}),
        ("section=collectors&type=http", {"target": "http://x/", "headers": "a: [1"}, {"headers"}),
        ("section=collectors&type=ping", {"target": "x", "count": "many"}, {"count"}),
        ("section=rules", {"name": "r", "condition": "a >"}, {"condition"}),
        ("section=rules", {"name": "r", "condition": "a.b > 1", "channels": "nobody"}, {"channels"}),
        ("section=channels&type=telegram", {"oculus.name": "t", "chat_id": "1"}, {"telegram_bot_token"}),
        ("section=channels&type=webhook", {"oculus.name": "", "url": "http://x/"}, {"oculus.name"}),
        ("section=channels&type=webhook", {"oculus.name": "", "url": ""}, {"oculus.name", "url"}),
        (
            "section=collectors&type=ping",
            {"target": "", "timeout": "soon", "headers": ""},
            {"target", "timeout"},
        ),
        ("section=channels&type=webhook", {"oculus.name": "hook", "url": "http://x/"}, {"oculus.name"}),
        ("section=channels&type=discord", {"oculus.name": "d", "discord_webhook": MASK}, {"discord_webhook"}),
    ],
)
def test_a_mistake_stands_beside_its_field_and_nothing_is_written(office, where, fields, beside):
    answer = office.save(where, **fields)
    assert answer.status_code == 400
    assert set(re.findall(r'id="field-([\w.]+)-mistake"', answer.text)) == beside
    assert office.made() == []
    for name, value in fields.items():
        if value not in ("", MASK) and name not in beside:
            assert value.splitlines()[0] in html.unescape(answer.text), "what was typed is still there"


def test_what_is_written_by_hand_is_shown_with_its_line_and_never_changed(office):
    page = office.ask("GET", "/settings").text
    assert "oculus.yaml:4" in page
    key = office.key("backup")
    assert office.ask("GET", f"/settings/edit?at={key}").status_code == 409
    for what in ("switch", "delete"):
        assert office.ask("POST", f"/settings/{what}?at={key}").status_code == 409
    assert office.save(f"at={key}", name="other").status_code == 409
    assert (office.folder / "oculus.yaml").read_text() == office.by_hand


def test_a_clone_of_what_is_written_by_hand_takes_its_secrets_along_unseen(office):
    key = office.key("hook")
    form = office.ask("GET", f"/settings/new?like={key}").text
    assert "h3dden" not in form
    assert "t0ken" not in form
    assert MASK in form
    headers = f"Authorization: {MASK}"
    answer = office.save(f"like={key}", **{"oculus.name": "copy", "url": MASK, "headers": headers})
    assert answer.status_code == 303, answer.text
    channel = office.oculus.settings.channels["copy"]
    assert channel.url.reveal() == "http://127.0.0.1:9/h3dden"
    assert channel.headers["Authorization"].reveal() == "Bearer t0ken"


def test_no_page_shows_a_secret(office):
    office.save(
        "section=channels&type=discord",
        **{"oculus.name": "d", "discord_webhook": "https://discord.com/api/webhooks/1/p4ss"},
    )
    keys = [office.key(name) for name in ("backup", "hook", "d")]
    pages = ["/settings", *(f"/settings/new?like={key}" for key in keys), f"/settings/edit?at={keys[2]}"]
    for page in pages:
        answer = office.ask("GET", page)
        assert answer.status_code == 200
        for secret in ("s3cr3t-of-backup", "h3dden", "t0ken", "p4ss"):
            assert secret not in answer.text


def test_what_was_made_is_changed_switched_off_and_on_and_deleted(office, eventually):
    office.save("section=rules", name="hot", condition="custom.backup.value > 5")
    key = office.key("hot")
    assert office.save(f"at={key}", name="hot", condition="custom.backup.value > 7").status_code == 303
    assert office.made() == ["rule-hot.yaml"]
    eventually(lambda: office.oculus.engine.rule("hot").condition == "custom.backup.value > 7")
    answer = office.ask("POST", f"/settings/switch?at={key}")
    assert answer.headers["Location"] == "/settings?said=off", answer.text
    eventually(lambda: not office.oculus.engine.rule("hot").enabled)
    assert '<span class="word">off</span>' in office.get("/settings").text  # the word of every other page
    assert office.get("/api/rules/hot").json()["state"] == "off"
    office.ask("POST", f"/settings/switch?at={key}")
    eventually(lambda: office.oculus.engine.rule("hot").enabled)
    assert office.ask("POST", f"/settings/delete?at={key}").status_code == 303
    eventually(lambda: office.oculus.engine.rule("hot") is None)
    assert office.made() == []


def test_who_did_what_is_an_event(office):
    office.save("section=rules", name="hot", condition="custom.backup.value > 5")
    office.oculus.writer.change(lambda cursor: None).result(30)
    events = office.ask("GET", "/api/events?type=audit").json()["events"]
    assert [event["message"] for event in events] == ["The rule hot was added on the page Settings"]


def test_a_channel_that_rules_need_is_not_deleted(office):
    office.save("section=channels&type=log", **{"oculus.name": "diary"})
    office.save("section=rules", name="hot", condition="custom.backup.value > 5", channels="diary")
    answer = office.ask("POST", f"/settings/delete?at={office.key('diary')}")
    assert answer.status_code == 409
    assert "diary" in office.oculus.settings.channels


def test_a_try_shows_what_came_and_saves_nothing(office):
    port = office.server.port
    answer = office.save("section=collectors&type=tcp", do="try", target=f"127.0.0.1:{port}")
    assert answer.status_code == 200
    assert f"net.tcp.127.0.0.1:{port}" in answer.text
    assert "Nothing is saved yet" in answer.text
    assert office.made() == []


def test_a_try_of_a_rule_plays_it_over_the_last_day(office):
    answer = office.save("section=rules", do="try", name="hot", condition="custom.backup.value > 5")
    assert "In the last 24 hours it would not have fired" in answer.text


def test_a_label_spells_what_is_spelt(office):
    assert "URL" in office.ask("GET", "/settings/new?section=channels&type=webhook").text
    assert [spoken(name) for name in ("sql", "chat_id", "expect_json")] == ["SQL", "Chat ID", "Expect JSON"]


def test_an_address_without_http_is_refused_with_what_to_write(office):
    answer = office.save("section=collectors&type=http", do="try", target="127.0.0.1:80")
    assert "does not have the right form; write the address, with http:// or https://" in html.unescape(
        answer.text
    )


def test_a_try_of_a_rule_says_what_looks_odd_in_it(office):
    answer = office.save("section=rules", do="try", name="hot", condition="custom.bakcup.value > 5")
    assert "What looks odd" in answer.text
    assert "no collector writes custom.bakcup.value" in answer.text


def test_a_try_of_a_select_counts_one_row_as_one(office):
    answer = office.save("section=rules", do="try", name="one", sql="SELECT 1 AS a", schedule="* * * * *")
    assert "The SELECT has 1 row now" in answer.text


def test_a_try_of_a_channel_tells_what_the_service_said(office):
    where = "section=channels&type=webhook"
    answer = office.save(where, do="try", **{"oculus.name": "w", "url": "http://127.0.0.1:9/"})
    assert 'id="tried"' in answer.text
    assert "tone-error" in answer.text
    assert office.made() == []


def test_hostile_text_is_written_shown_and_read_back_as_text(office):
    answer = office.save(
        "section=rules", name=NASTY, condition="custom.backup.value > 5", message="a\nb: |\n- *x"
    )
    assert answer.status_code == 303, answer.text
    [rule] = [rule for rule in office.oculus.settings.rules if rule.name == NASTY]
    assert rule.message == "a\nb: |\n- *x"
    page = office.ask("GET", "/settings").text
    assert "<b>x</b>" not in page
    assert office.ask("GET", f"/settings/edit?at={office.key(NASTY)}").status_code == 200


def test_a_name_cannot_lead_out_of_the_folder(office):
    office.save("section=rules", name="../../etc/passwd", condition="custom.backup.value > 5")
    assert office.made() == ["rule-etc-passwd.yaml"]
    assert office.ask("POST", "/settings/delete?at=../../x").status_code == 404


def test_a_plugin_cannot_be_made_in_a_page(office):
    assert office.ask("GET", "/settings/new?section=collectors&type=plugin").status_code == 404
    assert office.save("section=collectors&type=plugin", module="os").status_code == 404
    assert "type=plugin" not in office.ask("GET", "/settings/new?section=collectors").text


def test_a_file_that_somebody_claimed_is_no_longer_changed(office):
    office.save("section=rules", name="hot", condition="custom.backup.value > 5")
    path = office.folder / "conf.d" / "rule-hot.yaml"
    path.write_text(path.read_text().replace(MARK, "# mine"))
    assert office.ask("GET", f"/settings/edit?at={office.key('hot')}").status_code == 409


@pytest.mark.parametrize("more", ["- {name: cold, condition: a.b < 5}\n", "logging: {keep_days: 7}\n"])
def test_a_file_to_which_somebody_has_added_more_is_no_longer_changed(office, more):
    office.save("section=rules", name="hot", condition="custom.backup.value > 5")
    path = office.folder / "conf.d" / "rule-hot.yaml"
    path.write_text(path.read_text() + more)
    for deed in ("switch", "delete"):
        answer = office.ask("POST", f"/settings/{deed}?at={office.key('hot')}")
        assert answer.status_code == 409
    assert path.read_text().endswith(more)


def test_what_somebody_changed_while_a_form_was_open_is_not_lost_unseen(office):
    office.save("section=rules", name="hot", condition="custom.backup.value > 5")
    path = office.folder / "conf.d" / "rule-hot.yaml"
    page = office.ask("GET", f"/settings/edit?at={office.key('hot')}").text
    where = html.unescape(re.search(r'action="/settings/save\?([^"]+)"', page)[1])
    path.write_text(path.read_text().replace("> 5", "> 6"))
    os.utime(path, ns=(1, 1))  # two writes may come within one tick of its clock
    answer = office.save(where, name="hot", condition="custom.backup.value > 7")
    assert answer.status_code == 400
    assert "changed elsewhere while you wrote" in answer.text
    assert "conf.d/rule-hot.yaml" in answer.text
    assert "custom.backup.value &gt; 7" in answer.text, "what was typed is still there"
    assert "> 6" in path.read_text()
    where = html.unescape(re.search(r'action="/settings/save\?([^"]+)"', answer.text)[1])
    assert office.save(where, name="hot", condition="custom.backup.value > 7").status_code == 303
    assert "> 7" in path.read_text()


def test_while_a_file_is_broken_nothing_is_saved_and_every_page_says_why(office):
    (office.folder / "rules.yaml").write_text("rules: [{name: 5")
    office.oculus.reload()
    page = office.ask("GET", "/settings")
    assert page.status_code == 200
    assert "notice-" in page.text
    assert "rules.yaml" in page.text
    answer = office.save("section=rules", name="hot", condition="custom.backup.value > 5")
    assert answer.status_code == 400
    assert "rules.yaml" in answer.text
    assert office.made() == []


@pytest.mark.parametrize("section", TYPES)
def test_every_type_has_a_form_whose_fields_say_what_they_mean(section):
    for kind in TYPES[section].values():
        fields = filled(kind, {}, {}, {})
        assert all(field.help for field in fields)
        assert read_form(kind, {}, {}).data == {}


@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    st.dictionaries(st.text("ab:# -'\"é", max_size=5), st.text(max_size=9), max_size=3),
)
def test_what_is_written_is_read_back_as_it_was(text, group):
    entry = {
        "name": text,
        "on": "on",
        "number": "1e5",
        "octal": "0o17",
        "tags": group,
        "list": [text, True, 3],
    }
    draft = read_yaml(file_text("rules", "", entry), "x.yaml")
    assert draft.problems == []
    assert draft.data == {"rules": [entry]}


def test_what_is_written_but_not_taken_on_is_not_called_running(office, monkeypatch):
    monkeypatch.setattr(office.oculus.reloader, "reload", lambda: ["something"])
    answer = office.save("section=rules", name="hot", condition="custom.backup.value > 5")
    assert answer.headers["Location"] == "/settings?said=written"
