"""What the settings page has beside its lists: colours of markets, the size of the file, signing out."""

import html
import re

import pytest
import requests


def words(text):
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text)))


@pytest.mark.parametrize("market", ["green-red", "red-green", "blue-red", "grey"])
def test_the_colours_of_markets_are_kept_for_every_page(shared, market):
    answer = shared.post("/settings/look", data={"market": market})
    assert answer.headers["Location"] == "/settings?said=look"
    for place in ("/", "/alerts", "/settings"):
        assert f'<html lang="en" data-market="{market}">' in shared.get(place).text


def test_colours_that_are_none_are_refused(shared):
    assert shared.post("/settings/look", data={"market": "pink"}).status_code == 400
    assert "pink" not in shared.get("/").text


def test_colours_outlive_a_restart(open_house, tmp_path):
    with open_house(tmp_path) as house:
        house.post("/settings/look", data={"market": "red-green"})
    with open_house(tmp_path) as house:
        assert 'data-market="red-green"' in house.get("/").text


def test_only_prices_are_coloured_and_never_by_colour_alone(house):
    for symbol, values in {"crypto.price.btc_usd": (100, 90), "net.ping.gw": (9, 99)}.items():
        for minutes, value in zip((1, 0), values, strict=True):
            house.store(house.metric(symbol, value, minutes * 60_000, currency="usd"))
    page = house.get("/").text
    (price,) = re.findall(r'<span class="trend went-down"[^>]*>(.*?)</span> 10 %', page)
    assert "▼" in price
    (ping,) = re.findall(r'<span class="trend[^"]*"[^>]*aria-label="up [^"]*"', page)
    assert "went" not in ping


def test_the_file_and_its_tables_have_their_sizes(shared):
    shared.store(*[shared.metric("net.x", n, n) for n in range(500)])
    said = words(shared.get("/partials/sizes").text)
    assert "oculus.db" in said
    assert re.search(r"metrics 5\d\d in the log", said)
    assert 'hx-get="/partials/sizes"' in shared.get("/settings").text


def test_signing_out_takes_the_cookie_away(house):
    visitor = requests.Session()
    visitor.post(house.url + "/login", data={"token": house.token}, timeout=30)
    assert visitor.get(house.url + "/settings", allow_redirects=False, timeout=30).status_code == 200
    assert 'action="/logout"' in visitor.get(house.url + "/settings", timeout=30).text
    answer = visitor.post(house.url + "/logout", allow_redirects=False, timeout=30)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/login")
    assert visitor.get(house.url + "/settings", allow_redirects=False, timeout=30).status_code == 303


def entered(house):
    """The cookies of a browser that was let in."""
    answer = house.post("/login", token="", data={"token": house.token})
    return answer.cookies


def test_signing_out_ends_the_session_for_whoever_copied_the_cookie_and_no_other(house):
    mine, other = entered(house), entered(house)
    house.post("/logout", token="", cookies=mine)
    assert house.get("/api/status", token="", cookies=mine).status_code == 401
    assert house.get("/settings", token="", cookies=mine).status_code == 303
    assert house.get("/api/status", token="", cookies=other).status_code == 200


def test_a_session_that_was_ended_stays_so_after_a_restart(open_house, tmp_path):
    with open_house(tmp_path) as house:
        mine, other = ({each.name: each.value for each in entered(house)} for _ in range(2))
        house.post("/logout", token="", cookies=mine)
    with open_house(tmp_path) as house:
        # It may have another port now, and cookies are named after it.
        name = f"oculus_{house.server.port}"
        asked = [
            house.get("/", token="", cookies={name: next(iter(each.values()))}) for each in (mine, other)
        ]
        assert [answer.status_code for answer in asked] == [303, 200]


def test_nobody_can_be_signed_out_from_another_site(house):
    cookie = requests.post(
        house.url + "/login", data={"token": house.token}, allow_redirects=False, timeout=30
    ).cookies
    answer = requests.post(
        house.url + "/logout",
        cookies=cookie,
        headers={"Origin": "https://evil.example"},
        allow_redirects=False,
        timeout=30,
    )
    assert answer.status_code == 403
