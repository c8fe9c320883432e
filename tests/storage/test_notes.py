from oculus.core.clock import SystemClock
from oculus.storage.file.database import open_database
from oculus.storage.memory import notes
from oculus.storage.settings import StorageSettings

DAY_MS = 86_400_000


def test_a_note_is_found_after_a_restart(tmp_path, clock):
    database = open_database(tmp_path, StorageSettings(), SystemClock())
    notes.keep(database.writing, "chat", {7: '{"message":20}', 8: "more"}, clock.ms)
    database.close()
    database = open_database(tmp_path, StorageSettings(), SystemClock())
    assert notes.recall(database.cursor(), "chat", [7, 9]) == {7: '{"message":20}'}
    assert notes.recall(database.cursor(), "mail", [7]) == {}
    database.close()


def test_the_newer_note_takes_the_place_of_the_older(database, clock):
    notes.keep(database.writing, "chat", {7: "first"}, clock.ms)
    notes.keep(database.writing, "chat", {7: "second"}, clock.ms)
    assert notes.recall(database.cursor(), "chat", [7]) == {7: "second"}


def test_old_notes_are_let_go_of(database, clock):
    notes.keep(database.writing, "chat", {1: "old"}, clock.ms)
    notes.keep(database.writing, "chat", {2: "new"}, clock.ms + 91 * DAY_MS)
    assert notes.recall(database.cursor(), "chat", [1, 2]) == {2: "new"}


def test_a_note_is_committed_when_remember_returns(database, writer, clock):
    writer.start()
    kept = notes.Notes(database, writer, clock)
    kept.remember("chat", {7: "here"})
    assert kept.recall("chat", [7]) == {7: "here"}
