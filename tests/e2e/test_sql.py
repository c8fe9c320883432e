"""The SQL page in a real browser: asking, seeing, keeping."""

from urllib.parse import quote

import pytest

expect = pytest.importorskip("playwright.sync_api", reason="install the extra: pip install -e .[test]").expect
pytestmark = pytest.mark.browser

NASTY = "<b>bold</b><img src=x onerror=alert(1)>🚀 " + "x" * 300


def ask(page, sql):
    page.locator("#sql").fill(sql)
    page.locator("#sql").press("Control+Enter")


def rows(page):
    return page.locator("[data-table] tbody tr")


def test_an_answer_is_a_table_that_sorts_and_says_how_long_it_took(house, visit):
    page = visit("/query")
    ask(page, "SELECT * FROM (VALUES (2, 'b'), (10, 'a'), (1, NULL)) AS t(n, word)")
    expect(page.locator("[data-facts]")).to_contain_text("3 rows in")
    page.locator("th", has_text="n").first.get_by_role("button").click()
    assert [each.split()[0] for each in rows(page).all_inner_texts()] == ["1", "2", "10"]
    assert "null" in rows(page).first.inner_text()
    assert page.complaints == []


def test_rows_are_searched_without_asking_again(house, visit):
    page = visit("/query")
    ask(page, "SELECT 'name ' || range AS who FROM range(12)")
    expect(rows(page)).to_have_count(12)
    page.locator("h1").click()
    page.keyboard.press("/")
    page.keyboard.type("name 1")
    expect(rows(page).filter(visible=True)).to_have_count(3)
    page.keyboard.press("Escape")
    expect(rows(page).filter(visible=True)).to_have_count(12)


def test_more_rows_than_are_shown_are_told(house, visit):
    page = visit("/query")
    ask(page, "SELECT * FROM range(5000)")
    expect(page.locator("[data-facts]")).to_contain_text("only the first 1,000 are shown")
    assert rows(page).count() == 1000


def test_a_mistake_is_told_with_what_to_do(house, visit):
    page = visit("/query")
    ask(page, "SELECT nonsense FROM metrics")
    expect(page.locator("[data-mistake]")).to_contain_text("nonsense")
    ask(page, "DELETE FROM metrics")
    expect(page.locator("[data-mistake]")).not_to_contain_text("nonsense")
    expect(page.locator("[data-mistake]")).to_be_visible()
    assert page.locator("[data-answer]").is_hidden()
    ask(page, "SELECT 1")
    expect(page.locator("[data-answer]")).to_be_visible()
    assert page.locator("[data-mistake]").is_hidden()


@pytest.mark.parametrize("press", ["Run", "CSV"])
def test_a_statement_without_end_is_told_though_the_browser_asks_again_by_itself(house, visit, press):
    page = visit("/query")
    page.clock.install()
    page.route("**/api/query*", lambda route: None)  # as long as Chromium repeats what was answered 408
    page.locator("#sql").fill("SELECT 1")
    page.get_by_role("button", name=press).click()
    expect(page.locator("[data-said]")).to_have_text("Asking…")
    page.clock.fast_forward(6_000)
    expect(page.locator("[data-mistake]")).to_contain_text("took too long")
    expect(page.locator("[data-said]")).to_have_text("")


def test_text_in_an_answer_is_text(house, visit):
    page = visit("/query", width=390)
    ask(page, f"SELECT '{NASTY}' AS \"<i>column</i>\"")
    expect(rows(page)).to_have_count(1)
    assert page.locator("main img, main b, main i").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_a_link_holds_the_query(house, visit):
    sql = "SELECT 40 + 2 AS answer -- ünïcödé & 100 %"
    page = visit(f"/query#sql={quote(sql)}")
    expect(rows(page)).to_have_text(["42"])
    assert page.locator("#sql").input_value() == sql
    ask(page, "SELECT 43 AS answer")
    expect(rows(page)).to_have_text(["43"])
    page.reload()
    expect(rows(page)).to_have_text(["43"])


@pytest.mark.parametrize(
    ("sql", "drawn"),
    [
        ("SELECT now() - to_minutes(CAST(range AS INTEGER)) AS t, range * 1.5 AS v FROM range(10)", "canvas"),
        ("SELECT 'name ' || range AS who, range AS n FROM range(4)", ".bar"),
    ],
)
def test_times_become_lines_and_names_become_bars(house, visit, sql, drawn):
    page = visit("/query")
    ask(page, sql)
    page.get_by_role("button", name="Chart").click()
    page.locator(f"[data-chart-canvas] {drawn}").first.wait_for()
    assert page.locator("[data-table]").is_hidden()
    assert page.complaints == []


def test_what_cannot_be_drawn_is_only_a_table(house, visit):
    page = visit("/query")
    ask(page, "SELECT 'only words' AS word")
    expect(page.get_by_role("button", name="Chart")).to_be_disabled()


def test_a_query_is_saved_for_every_browser_and_can_be_deleted(house, visit):
    page = visit("/query")
    page.locator("#sql").fill("SELECT 7 AS seven")
    page.get_by_role("button", name="Save…").click()
    page.locator("#save-name").fill("lucky <b>")
    page.locator("#save-name").press("Enter")
    page.locator("[data-saved] li").wait_for()
    other = visit("/query")
    other.get_by_role("button", name="lucky <b>", exact=True).click()
    expect(rows(other)).to_have_text(["7"])
    other.get_by_role("button", name="Delete lucky <b>").click()
    expect(other.locator("[data-saved] li")).to_have_count(0)
    assert other.locator("[data-none-saved]").is_visible()


def test_a_column_is_written_where_the_cursor_stands(house, visit):
    page = visit("/query")
    page.locator("#sql").fill("SELECT ")
    page.locator("[data-insert=symbol]").first.click()
    assert page.locator("#sql").input_value() == "SELECT symbol"


def test_an_answer_can_be_taken_away_as_csv(house, visit):
    page = visit("/query")
    page.locator("#sql").fill("SELECT 1 AS one, 'a,b' AS two")
    with page.expect_download() as taken:
        page.get_by_role("button", name="CSV").click()
    assert taken.value.suggested_filename == "query.csv"
    assert taken.value.path().read_text("utf-8").splitlines() == ["one,two", '1,"a,b"']


def test_a_query_can_become_a_rule(office):
    page = office("/query")
    page.locator("#sql").fill("SELECT symbol\nFROM metrics")
    page.get_by_role("button", name="Make a rule of this").click()
    expect(page.locator("#field-sql")).to_have_value("SELECT symbol\nFROM metrics")
    expect(page.locator("#field-message")).to_have_value("")  # a row says itself, if nobody writes better
    page.get_by_label("Name").fill("lots")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Added. It runs now.")).to_be_visible()
    assert page.complaints == []


def test_a_moment_is_never_broken_in_two(house, visit):
    page = visit("/query", width=390, timezone_id="UTC")
    ask(
        page, "SELECT TIMESTAMPTZ '2026-11-25 21:38:09.25+00' AS t, TIMESTAMPTZ '2026-11-25 21:38:09+00' AS u"
    )
    moments = page.locator("[data-table] time")
    expect(moments).to_have_count(2)
    assert moments.all_inner_texts() == ["2026-11-25 21:38:09.25", "2026-11-25 21:38:09"]
    assert all(each.bounding_box()["height"] < 24 for each in moments.all())


def test_a_long_text_leaves_its_neighbours_in_one_line(house, visit):
    page = visit("/query", width=1440)
    ask(
        page, f"SELECT now() AS ts, 'net.http.shop.example.first_byte' AS symbol, '{'a word, ' * 60}' AS tags"
    )
    expect(rows(page)).to_have_count(1)
    neighbours = rows(page).locator("time, td:nth-child(2) bdi")
    assert [each.bounding_box()["height"] < 24 for each in neighbours.all()] == [True, True]
