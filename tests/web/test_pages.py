"""The pages as they come from the server."""

import re

import pytest

from oculus.web.frame import RecentLoss, broken_settings
from oculus.web.templates import render

PLACES = ("/", "/alerts", "/rules", "/collectors", "/settings", "/query", "/about")


def board(html):
    """The part that a refresh replaces, without what counts on by itself."""
    inner = html[html.index('<div id="board"') :]
    inner = inner[: inner.index('id="no-match"')]
    return re.sub(r'data-now="\d+"|>\d+ [smhd]</time>', "", inner)


@pytest.mark.parametrize("place", PLACES)
def test_every_page_answers_and_none_leads_nowhere(shared, place):
    answer = shared.get(place)
    assert answer.status_code == 200
    links = {link for link in re.findall(r'href="(/[^"#]*)"', answer.text) if not link.startswith("/static/")}
    assert set(PLACES) <= links | {"/"}
    for link in links:
        assert shared.get(link).status_code == 200, link


@pytest.mark.parametrize("place", PLACES)
def test_every_file_that_a_page_loads_is_there(shared, place):
    files = re.findall(r'(?:src|href)="(/static/[^"]+)"', shared.get(place).text)
    assert len(files) >= 5
    for file in files:
        assert shared.get(file, token=None).status_code == 200, file


def test_the_page_holds_exactly_what_the_refresh_brings(house):
    house.store(house.metric("net.ping.gw", 11.8), house.metric("net.ping.gw.up", 1))
    page, fragment = house.get("/").text, house.get("/partials/metrics").text
    assert "11.8" in fragment
    assert board(page) == board(fragment)


def test_whoever_has_the_newest_fragment_gets_none(house, monkeypatch):
    monkeypatch.setattr("oculus.web.dashboard.shared.LASTS_S", 0.0)
    house.store(house.metric("net.ping.gw", 11.8))
    first = house.get("/partials/metrics")
    assert first.headers["Cache-Control"] == "no-store"
    again = house.get("/partials/metrics", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.text) == (304, "")
    house.store(house.metric("net.ping.gw", 12.9))
    changed = house.get("/partials/metrics", headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200
    assert "12.9" in changed.text


def test_the_fragment_brings_the_title_and_the_count_for_the_frame_around_it(shared):
    fragment = shared.get("/partials/metrics").text
    assert "<title>Oculus</title>" in fragment
    assert 'id="firing-count" class="badge" hx-swap-oob="true" hidden' in fragment


def test_names_from_outside_are_escaped_everywhere(house):
    house.store(house.metric("pred.poly.x", 0.5, question="<script>alert(1)</script>"))
    house.oculus.problems = ["oculus.yaml:1: <script>alert(2)</script>"]
    for place in (*PLACES, "/partials/metrics"):
        assert "<script>alert" not in house.get(place).text


def test_an_empty_dashboard_teaches_how_to_fill_it(house):
    text = house.get("/").text
    assert "Nothing to show yet" in text
    assert "type: ping" in text


def test_the_login_keeps_where_to_go_and_says_what_was_wrong():
    page = render("pages/login.html", back="/rules?<", mistake="That is not the token.")
    assert 'name="next" value="/rules?&lt;"' in page
    assert 'role="alert"' in page
    assert 'role="alert"' not in render("pages/login.html", back="/", mistake="")


def test_an_error_page_needs_no_running_oculus():
    page = render(
        "pages/error.html", status=404, what="There is nothing at /<x>", hint="The dashboard is at /."
    )
    assert "There is nothing at /&lt;x&gt;" in page
    assert "404" in page


def test_mistakes_in_the_settings_are_all_listed():
    [notice] = broken_settings(["a.yaml:1: one", "a.yaml:2: two"])
    assert notice.what == "The changed settings have 2 mistakes."
    assert notice.lines == ("a.yaml:1: one", "a.yaml:2: two")
    assert broken_settings([]) == []


def test_lost_numbers_are_told_for_ten_minutes_and_not_for_ever():
    loss = RecentLoss()
    assert loss.lost(0, now=0.0) == 0
    assert loss.lost(7, now=10.0) == 7
    assert loss.lost(7, now=500.0) == 7
    assert loss.lost(7, now=620.0) == 0
    assert loss.lost(9, now=700.0) == 9
