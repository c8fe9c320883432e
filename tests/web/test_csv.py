"""What leaves as CSV: numbers stay numbers, and no spreadsheet runs what came from outside."""

import csv
import io

import pytest

from oculus.web.words import cell


@pytest.mark.parametrize(
    "text", ['=HYPERLINK("http://evil")', "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\tx", "\rx", "-", "=1"]
)
def test_what_a_spreadsheet_would_run_gets_a_quote(text):
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["-1", "+1.5", "-1.5e-7", "-.5", "plain", "a=b", "", "'quoted", "🚀", "1-2"])
def test_numbers_and_plain_text_stay_as_they_are(text):
    assert cell(text) == text


def test_numbers_are_written_as_they_are():
    assert [cell(value) for value in (-5, -0.25, None, True, {"a": "=1"})] == [
        -5,
        -0.25,
        "",
        "true",
        '{"a":"=1"}',
    ]


def test_an_answer_of_the_database_is_harmless_too(shared):
    sql = """
        SELECT '=1+1' AS "=a", -5 AS n, '-7.5' AS m, ['=x'] AS list, -12345678901234567890::HUGEINT AS h
    """
    answer = shared.query(sql, path="/api/query?format=csv")
    assert answer.status_code == 200
    rows = list(csv.reader(io.StringIO(answer.text)))
    assert rows == [
        ["'=a", "n", "m", "list", "h"],
        ["'=1+1", "-5", "-7.5", '["=x"]', "-12345678901234567890"],
    ]


def test_stored_metrics_are_harmless_too(shared):
    shared.store(shared.metric("net.x", -3, note="=1+1"))
    rows = list(csv.DictReader(io.StringIO(shared.get("/api/metrics?format=csv&symbol=net.x").text)))
    assert (rows[0]["value"], rows[0]["tags"]) == ("-3.0", '{"note":"=1+1"}')
