import io
import logging
import os
import stat
import threading

import pytest

from oculus.core.errors import ConfigError
from oculus.core.loglines import printable
from oculus.core.logqueue import Background
from oculus.core.logs import TRACE, hide, parse_levels, set_levels
from oculus.core.secret import Secret


def boom():
    raise OSError("the disk said no")


def test_a_line_in_the_file_is_a_json_object_with_time_level_logger_and_words(log_of, lines):
    log_of()
    logging.getLogger("oculus.rules.engine").warning("%s: %d ms", "gw", 7, extra={"rule": "gw", "value": 7.5})
    (line,) = lines()
    assert line.pop("ts").endswith("Z")
    assert line == {
        "level": "warn",
        "logger": "oculus.rules.engine",
        "message": "gw: 7 ms",
        "rule": "gw",
        "value": 7.5,
    }


def test_the_file_is_for_its_owner_only(log_of, lines, tmp_path):
    (tmp_path / "oculus.log").touch(mode=0o644)
    log_of()
    logging.getLogger("oculus").info("hello")
    assert len(lines()) == 1
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / "oculus.log").stat().st_mode) == 0o600


def test_people_get_a_short_line_and_no_traceback(log_of):
    stream = io.StringIO()
    logs = log_of("debug", stream=stream)
    try:
        boom()
    except OSError:
        logging.getLogger("oculus.storage.writing.writer").exception("the batch waits")
    logs.stop()
    assert stream.getvalue()[9:] == "error storage: the batch waits\n"


def test_a_calm_terminal_hears_of_alerts_and_trouble_only_and_the_file_of_everything(log_of, lines):
    stream = io.StringIO()
    logs = log_of(stream=stream, calm=True)
    logging.getLogger("oculus.collectors").info("asks every 30s")
    logging.getLogger("oculus.alerts").info("FIRED")
    logging.getLogger("oculus.settings.reload").info("taken on")
    logging.getLogger("oculus.storage").warning("the disk is full")
    logs.stop()
    assert [line[9:] for line in stream.getvalue().splitlines()] == [
        "info  alerts: FIRED",
        "info  settings: taken on",
        "warn  storage: the disk is full",
    ]
    assert len(lines()) == 4


def test_a_line_for_people_is_not_turned_around_by_what_it_quotes():
    assert printable("a\u202eb\u2066c\u2028d") == "a?b?c?d"
    assert printable("שלום") == "שלום"


def test_a_line_for_people_cannot_steer_the_terminal_or_pretend_to_be_another_line(log_of):
    stream = io.StringIO()
    logs = log_of(stream=stream)
    logging.getLogger("oculus.rules").info("a\x1b[2Jb\n12:00:00 info  rules: forged")
    logs.stop()
    assert stream.getvalue()[9:] == "info  rules: a?[2Jb\n    12:00:00 info  rules: forged\n"


def test_the_file_can_be_plain_text_too(log_of, tmp_path):
    logs = log_of("debug", form="text")
    try:
        boom()
    except OSError:
        logging.getLogger("oculus.web.serving.server").exception("no answer")
    logs.stop()
    first, *rest = (tmp_path / "oculus.log").read_text().splitlines()
    assert first.endswith("error web: no answer")
    assert "OSError: the disk said no" in rest[-1]


def test_the_file_names_the_error_and_holds_its_traceback_only_at_debug(log_of, lines):
    log_of("info,rules=debug")
    for name in ("oculus.storage", "oculus.rules"):
        try:
            boom()
        except OSError:
            logging.getLogger(name).warning("it failed", exc_info=True)
    plain, deep = lines()
    assert plain["error"] == deep["error"] == "OSError: the disk said no"
    assert "traceback" not in plain
    assert "in boom" in deep["traceback"]


def test_a_part_can_speak_louder_than_the_whole(log_of, lines):
    log_of("warn,rules=trace")
    logging.getLogger("oculus.rules.engine").log(TRACE, "step")
    logging.getLogger("oculus.storage").info("committed")
    logging.getLogger("oculus.storage").warning("slow")
    assert [(line["level"], line["message"]) for line in lines()] == [("trace", "step"), ("warn", "slow")]


def test_levels_change_while_running(log_of, lines):
    log_of("info,rules=debug")
    set_levels(parse_levels("info"))
    logging.getLogger("oculus.rules").debug("no longer")
    logging.getLogger("oculus.rules").info("still")
    assert [line["message"] for line in lines()] == ["still"]


def test_an_alert_is_written_whatever_the_level_unless_alerts_are_named(log_of, lines):
    log_of("error")
    logging.getLogger("oculus.alerts").info("BTC crossed")
    assert len(lines()) == 1
    set_levels(parse_levels("error,alerts=critical"))
    logging.getLogger("oculus.alerts").info("BTC crossed again")
    assert len(lines()) == 1


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("inof", ["'inof' is no level; did you mean info?"]),
        ("info,ruels=debug", ["'ruels' is no part of Oculus; did you mean rules?"]),
        ("info,rules=loud", ["'loud' is no level; write one of trace, debug"]),
        ("loud,xyzzy=loud", ["'loud' is no level", "'xyzzy' is no part of Oculus", "'loud' is no level"]),
    ],
)
def test_a_mistake_in_oculus_log_is_told_with_the_nearest_name(spec, words):
    with pytest.raises(ConfigError) as caught:
        parse_levels(spec)
    assert len(caught.value.problems) == len(words)
    for problem, word in zip(caught.value.problems, words, strict=True):
        assert problem.startswith("OCULUS_LOG: ")
        assert word in problem


def test_oculus_log_forgives_case_and_spaces():
    assert parse_levels(" WARN , rules = Debug ,") == {"": logging.WARNING, "rules": logging.DEBUG}
    assert parse_levels("") == {"": logging.INFO}


def test_a_secret_is_masked_in_words_arguments_extras_and_tracebacks(log_of, lines):
    hide(Secret("hunter2/+"))
    logs = log_of("debug", stream=(stream := io.StringIO()))
    log = logging.getLogger("oculus.notify")
    log.info("token %s of %r", "hunter2/+", {"key": "hunter2/+"}, extra={"url": ["https://x/hunter2%2F%2B"]})
    try:
        raise ValueError("hunter2/+ is refused")
    except ValueError:
        log.exception("no entry")
    lines()
    logs.stop()
    written = "\n".join(map(str, lines())) + stream.getvalue()
    assert "hunter2" not in written
    assert written.count("••••••") >= 6


def test_a_very_short_secret_does_not_turn_every_word_into_dots(log_of, lines):
    hide(Secret("a1"))
    hide(Secret(""))
    log_of()
    logging.getLogger("oculus").info("a1 in ba1k")
    assert lines()[0]["message"] == "•••••• in ba1k"


def test_a_header_that_is_a_small_number_does_not_hide_the_parts_of_an_address(log_of, lines):
    for value in ("1", "10", "0", "x"):
        hide(Secret(value))
    log_of()
    logging.getLogger("oculus").info("10.0.0.1 x")
    assert lines()[0]["message"] == "10.0.0.1 x"


def test_a_secret_that_is_a_common_word_does_not_hide_where_a_line_comes_from(log_of, lines):
    hide("rules")
    log_of()
    logging.getLogger("oculus.rules").info("the rules", extra={"logger": "somebody else"})
    (line,) = lines()
    assert (line["logger"], line["message"]) == ("oculus.rules", "the ••••••")


def test_a_full_disk_is_told_once_and_nobody_who_logs_notices(log_of, tmp_path, capsys):
    (tmp_path / "oculus.log").symlink_to("/dev/full")
    log_of()
    log = logging.getLogger("oculus")
    for number in range(3):
        log.info("line %d", number)
    with pytest.raises(OSError, match="No space left"):
        logging.root.handlers[-1].flush()
    assert capsys.readouterr().err.count("The log cannot be written (No space left on device)") == 1


def test_the_log_goes_on_when_there_is_room_again(log_of, lines, tmp_path):
    (tmp_path / "oculus.log").symlink_to("/dev/full")
    logs = log_of()
    logging.getLogger("oculus").info("lost")
    logs.stop()
    (tmp_path / "oculus.log").unlink()
    log_of()
    logging.getLogger("oculus").info("kept")
    assert [line["message"] for line in lines()] == ["kept"]


def test_a_folder_that_cannot_be_made_does_not_keep_anything_from_running(log_of, tmp_path, capsys):
    (tmp_path / "oculus.log").mkdir()
    log_of()
    logging.getLogger("oculus").info("hello")
    with pytest.raises(OSError, match="directory"):
        logging.root.handlers[-1].flush()
    assert "The log cannot be written" in capsys.readouterr().err


def test_arguments_that_do_not_fit_are_a_strange_line_not_an_error(log_of, lines):
    log_of()
    logging.getLogger("oculus").info("%d ms", "seven")
    assert "%d ms (its details could not be put in" in lines()[0]["message"]


class Stuck(logging.Handler):
    """A terminal that somebody stopped with Ctrl-S."""

    def __init__(self):
        super().__init__()
        self.go_on = threading.Event()
        self.seen = []

    def emit(self, record):
        self.go_on.wait(60)
        self.seen.append(record.getMessage())


def test_a_log_that_hangs_makes_nobody_wait_and_says_what_is_missing():
    stuck = Stuck()
    behind = Background(stuck, limit=10)
    for number in range(30):
        behind.handle(logging.makeLogRecord({"msg": f"line {number}"}))
    assert behind.dropped >= 19  # ten wait, one is in the terminal's hands
    stuck.go_on.set()
    behind.flush()
    behind.handle(logging.makeLogRecord({"msg": "after"}))
    behind.flush()
    behind.close()
    assert stuck.seen[-1] == "after"
    assert (
        stuck.seen[-2]
        == f"{behind.dropped} lines are missing here: they came faster than the log could be written"
    )


def test_what_was_logged_before_the_end_is_written(log_of, lines):
    logs = log_of()
    for number in range(500):
        logging.getLogger("oculus").info("line %d", number)
    logs.stop()
    assert len(lines()) == 500
    assert not [thread for thread in threading.enumerate() if thread.name == "log"]


def test_setting_up_again_takes_the_place_of_the_first(log_of, lines):
    log_of()
    log_of()
    logging.getLogger("oculus").info("once")
    assert len(lines()) == 1
