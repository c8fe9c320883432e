"""A changed file is taken on within three seconds; a broken one changes nothing."""

import logging
import os
import time

import pytest

from oculus.core.clock import SystemClock
from oculus.settings.load import load
from oculus.settings.reload import Reloader

GOOD = "server: {port: 1}\n"
BETTER = "server: {port: 2}\n"
BROKEN = "server: {port: many}\n"


@pytest.fixture
def main(write):
    return write("oculus.yaml", GOOD)


class Heard:
    def __init__(self):
        self.ports, self.broken, self.fails = [], [], 0

    def apply(self, settings):
        if self.fails:
            self.fails -= 1
            raise RuntimeError("no room")
        self.ports.append(settings.server.port)


@pytest.fixture
def heard():
    return Heard()


@pytest.fixture
def reloader(main, heard):
    reloader = Reloader(main, heard.apply, heard.broken.append, SystemClock(), current=load(main))
    look(reloader)
    return reloader


def look(reloader, times=2):
    for _ in range(times):
        reloader.step()


def test_a_change_is_taken_on_within_three_seconds(main, heard, eventually):
    reloader = Reloader(main, heard.apply, heard.broken.append, SystemClock(), current=load(main))
    reloader.start()
    try:
        time.sleep(0.1)  # somewhere between two looks
        main.write_text(BETTER)
        eventually(lambda: heard.ports)
        assert heard.ports == [2]
        assert 2 * reloader.pause_s < 3, "it is seen once and, if it stands still, again"
    finally:
        assert reloader.stop()


def test_nothing_is_applied_while_nothing_changes(reloader, heard, main):
    look(reloader, 5)
    os.utime(main)
    look(reloader, 5)
    main.write_text(f"# a comment\n{GOOD}")
    look(reloader, 5)
    assert heard.ports == []
    assert heard.broken == []


def test_what_changed_between_loading_and_the_first_look_is_not_missed(main, heard):
    settings = load(main)
    main.write_text(BETTER)
    reloader = Reloader(main, heard.apply, heard.broken.append, SystemClock(), current=settings)
    look(reloader)
    assert heard.ports == [2]


def test_a_file_that_is_still_being_written_is_not_read(reloader, heard, main):
    main.write_text(BROKEN)
    reloader.step()
    main.write_text(BETTER)
    look(reloader)
    assert heard.ports == [2]
    assert heard.broken == []


def test_a_change_that_keeps_size_and_time_is_seen(reloader, heard, main):
    before = main.stat()
    main.write_text(BETTER)
    os.utime(main, ns=(before.st_atime_ns, before.st_mtime_ns))
    look(reloader)
    assert heard.ports == [2]


def test_an_editor_that_replaces_the_file_is_followed(reloader, heard, main):
    spare = main.with_name("spare")
    spare.write_text(BETTER)
    spare.replace(main)
    look(reloader)
    assert heard.ports == [2]


def test_new_changed_and_removed_files_in_conf_d_count(reloader, heard, main, write):
    main.write_text("# elsewhere\n")
    extra = write("conf.d/server.yaml", BETTER)
    look(reloader)
    extra.write_text("server: {port: 3}\n")
    look(reloader)
    extra.unlink()
    look(reloader)
    assert heard.ports == [2, 3, 8420]


def test_the_log_names_the_files_that_changed(reloader, main, caplog):
    reloader.reload()
    caplog.set_level(logging.INFO)
    folder = main.parent / "conf.d"
    folder.mkdir()
    (folder / "rule-a.yaml").write_text("rules: [{name: a, condition: a.b > 1}]\n")
    assert reloader.reload() == []
    assert [record.getMessage() for record in caplog.records] == ["taken on; changed: rule-a.yaml"]


def test_a_broken_file_changes_nothing_and_is_told_once(reloader, heard, main, caplog):
    caplog.set_level(logging.INFO)
    main.write_text(BROKEN)
    look(reloader, 5)
    main.write_text(f"{BROKEN}# another comment\n")
    look(reloader, 5)
    expected = (
        "oculus.yaml:1: server.port: 'many' is not a whole number; write a whole number from 0 to 65535"
    )
    assert heard.ports == []
    assert heard.broken == [[expected]]
    assert reloader.problems == [expected]
    assert [record.getMessage() for record in caplog.records] == [expected]


def test_mended_by_going_back_needs_no_new_start(reloader, heard, main):
    main.write_text(BROKEN)
    look(reloader)
    main.write_text(GOOD)
    look(reloader)
    assert heard.ports == []
    assert [len(problems) for problems in heard.broken] == [1, 0]
    assert reloader.problems == []


def test_a_file_that_vanishes_or_is_emptied_keeps_the_old_settings(reloader, heard, main):
    main.unlink()
    look(reloader)
    main.write_text("")
    look(reloader)
    assert heard.ports == []
    assert ["does not exist" in heard.broken[0][0], "is empty" in heard.broken[1][0]] == [True, True]


def test_settings_that_a_stage_refuses_are_told_and_the_old_ones_put_back(reloader, heard, main):
    heard.fails = 1
    main.write_text(BETTER)
    look(reloader, 4)
    assert heard.ports == [1]
    assert heard.broken == [
        ["oculus.yaml: the new settings are right but could not be taken on: RuntimeError: no room"]
    ]
    main.write_text(f"# again\n{BETTER}")
    look(reloader)
    assert heard.ports == [1, 2]
    assert reloader.problems == []


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (RecursionError("secret"), "reading the settings failed (RecursionError)"),
        (PermissionError(13, "Permission denied"), "cannot be read (Permission denied)"),
    ],
)
def test_whatever_reading_raises_is_told_like_a_mistake_and_the_old_settings_stay(
    reloader, heard, main, monkeypatch, error, told
):
    def fails(*_given):
        raise error

    with monkeypatch.context() as broken:
        broken.setattr("oculus.settings.reload.load", fails)
        main.write_text(BETTER)
        look(reloader, 4)
        assert heard.ports == []
        assert [told in problems[0] for problems in heard.broken] == [True]
        assert reloader.problems == heard.broken[0]
        assert "secret" not in str(heard.broken)
        assert reloader.reload() == reloader.problems
    main.write_text(f"# mended\n{BETTER}")
    look(reloader)
    assert heard.ports == [2]
    assert reloader.problems == []


def test_a_folder_that_cannot_be_listed_is_told_and_read_again_when_it_can(
    reloader, heard, main, monkeypatch
):
    def fails(*_given):
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as closed:
        for there in ("reload", "merge"):
            closed.setattr(f"oculus.settings.{there}.files_of", fails)
        look(reloader, 4)
        assert [len(problems) for problems in heard.broken] == [1]
        assert "cannot be read (Permission denied)" in heard.broken[0][0]
    look(reloader)
    assert reloader.problems == []
    assert heard.ports == []


def test_when_not_even_the_old_ones_go_back_the_next_good_ones_are_applied(reloader, heard, main):
    heard.fails = 2
    main.write_text(BETTER)
    look(reloader)
    main.write_text(GOOD)
    look(reloader)
    assert heard.ports == [1]


def test_asked_to_read_now_it_does_and_says_what_is_wrong(reloader, heard, main):
    main.write_text(BETTER)
    assert reloader.reload() == []
    main.write_text(BROKEN)
    assert len(reloader.reload()) == 1
    assert heard.ports == [2]


def test_what_the_command_line_said_holds_after_a_reload(main, heard):
    overrides = {"server": {"port": 7}}
    reloader = Reloader(main, heard.apply, heard.broken.append, SystemClock(), overrides=overrides)
    look(reloader)
    main.write_text(BETTER)
    look(reloader)
    assert heard.ports == [7]
