"""What was deleted in the window can be brought back, as it was."""

import re

from oculus.web.forms import editor

RULE = {"name": "hot", "condition": "custom.backup.value > 5", "message": "שלום 🚀\r\nagain"}


def delete(office, name):
    return office.post(f"/settings/delete?at={office.key(name)}")


def undo(office):
    return office.post("/settings/undo")


def offered(office):
    found = re.search(r'id="gone".*?</section>', office.get("/settings").text, re.DOTALL)
    return found and found[0]


def test_what_was_deleted_comes_back_as_it_was_and_runs(office):
    office.save("section=rules", **RULE)
    path = office.folder / "conf.d" / "rule-hot.yaml"
    before = path.read_bytes()
    delete(office, "hot")
    assert not path.exists()
    assert "The rule hot can be brought back" in offered(office)
    assert undo(office).headers["Location"] == "/settings?said=back"
    assert path.read_bytes() == before
    assert path.stat().st_mode & 0o077 == 0
    assert "hot" in [rule.name for rule in office.oculus.settings.rules]
    assert offered(office) is None


def test_a_collector_and_a_channel_come_back_with_their_secrets(office):
    office.save("section=collectors&type=push", name="disk", secret="s3cr3t-of-the-disk")
    office.save(
        "section=channels&type=webhook", **{"oculus.name": "pager", "url": "http://127.0.0.1:9/h1dden"}
    )
    for name in ("disk", "pager"):
        delete(office, name)
        assert "h1dden" not in offered(office)
        undo(office)
    assert office.oculus.settings.collectors[-1].secret.reveal() == "s3cr3t-of-the-disk"
    assert office.oculus.settings.channels["pager"].url.reveal() == "http://127.0.0.1:9/h1dden"


def test_only_the_last_one_comes_back_and_only_once(office):
    for name in ("one", "two"):
        office.save("section=rules", name=name, condition=RULE["condition"])
        delete(office, name)
    undo(office)
    assert office.made() == ["rule-two.yaml"]
    assert undo(office).status_code == 409


def test_after_some_minutes_it_is_gone(office, monkeypatch):
    office.save("section=rules", **RULE)
    delete(office, "hot")
    monkeypatch.setattr(editor, "UNDO_S", 0.0)
    assert offered(office) is None
    assert undo(office).status_code == 409
    assert office.made() == []


def test_one_that_no_longer_fits_is_told_why_and_nothing_is_written(office):
    office.save("section=rules", **RULE)
    delete(office, "hot")
    office.save("section=rules", name="hot", condition="custom.backup.value > 9")
    answer = undo(office)
    assert answer.status_code == 409
    assert "hot" in answer.text
    assert office.made() == ["rule-hot.yaml"]


def test_what_took_its_file_meanwhile_is_left_alone(office):
    office.save("section=rules", **RULE)
    delete(office, "hot")
    (office.folder / "conf.d" / "rule-hot.yaml").write_text("# mine\n")
    undo(office)
    assert office.made() == ["rule-hot-2.yaml", "rule-hot.yaml"]
    assert (office.folder / "conf.d" / "rule-hot.yaml").read_text() == "# mine\n"
