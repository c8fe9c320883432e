from oculus.cli.doctor import report
from oculus.cli.status import state_word
from oculus.cli.table import table, width_of
from oculus.doctor.finding import ok


def test_numbers_stand_to_the_right_and_words_to_the_left():
    assert table(["symbol", "value"], [["net.tcp.a", 1.5], ["b", 20]]) == (
        "symbol     value\n---------  -----\nnet.tcp.a    1.5\nb             20"
    )


def test_wide_characters_keep_the_columns_straight():
    lines = table(["a", "b"], [["東京", "x"], ["oslo", "y"]]).splitlines()
    assert lines[2] == "東京  x"
    assert lines[3] == "oslo  y"


def test_a_collector_that_was_not_asked_yet_is_waiting_and_not_ok():
    assert state_word({"state": "ok", "last_run": None}) == "waiting"
    assert state_word({"state": "ok", "last_run": "2026-01-31T08:00:00Z"}) == "ok"
    assert state_word({"state": "paused", "last_run": None}) == "paused"


def test_a_value_cannot_steer_the_terminal():
    assert "\x1b" not in table(["a"], [["\x1b[31mred"]])


def test_a_long_value_is_cut_where_one_sees_it():
    assert table(["a", "b"], [["x" * 61, 1]]).splitlines()[2] == f"{'x' * 59}…  1"
    assert table(["a"], [["x" * 500]]).splitlines()[2].endswith("x…")


def test_the_last_column_says_why_and_is_not_cut_short_for_that():
    why = "https://api.example.com cannot be found: no such host, or this machine is offline"
    assert table(["a", "last error"], [["x", why]]).splitlines()[2] == f"x  {why}"


def test_no_rows_are_shown_as_the_names_alone():
    assert table(["a", "bc"], []) == "a  bc\n-  --"


def test_the_doctor_stands_in_line_whatever_names_look_like_and_one_long_one_moves_only_its_own_line():
    long = "source " + "x" * 60
    lines = report(
        [ok("clock", "right"), ok("source 温度計 (push)", "asked"), ok(long, "asked")]
    ).splitlines()
    begins = [line[: line.rindex("  ") + 2] for line in lines[:3]]
    assert width_of(begins[0]) == width_of(begins[1]) == 46
    assert begins[2] == f"ok  {long}  "
