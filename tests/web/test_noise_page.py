"""The noise report as a page: what was too loud, what would have helped, and where that leads."""

import html
import re

import pytest

from oculus.core.metric import Metric
from oculus.core.secret import Secret
from oculus.noise import Noise, event
from oculus.runtime import Oculus
from oculus.settings.load import load
from oculus.web.serving.server import WebServer

TOKEN = Secret("a-token-for-tests-of-43-characters-in-length")
SETTINGS = """\
server: {port: 0, rate_limit: {per_second: 10000, burst: 10000}}
rules:
  - {name: "jumpy <b>", condition: "net.x > 5"}
"""
MINUTE = 60_000


class Reader:
    def __init__(self, oculus, server):
        self.oculus, self.server = oculus, server

    def ask(self, method, path, **more):
        import requests

        headers = {"Authorization": f"Bearer {TOKEN.reveal()}"}
        url = self.server.url + path
        return requests.request(method, url, headers=headers, timeout=30, allow_redirects=False, **more)

    def words(self, method="GET", path="/noise", **more):
        text = self.ask(method, path, **more).text
        return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text)))

    def tell(self, *noises):
        self.oculus.writer.tell(event(list(noises), self.oculus.clock.now_ms()))
        self.oculus.writer.change(lambda cursor: None).result(30)


@pytest.fixture
def reader(tmp_path):
    config = tmp_path / "oculus.yaml"
    config.write_text(SETTINGS)
    with (
        Oculus(load(config, environment={}), tmp_path / "data", config) as oculus,
        WebServer(oculus, "127.0.0.1", 0, TOKEN) as server,
    ):
        yield Reader(oculus, server)


def test_before_the_first_report_the_page_says_when_it_comes_and_makes_one_now(reader):
    said = reader.words()
    assert "No report yet" in said
    assert "The first one comes on" in said
    assert reader.ask("POST", "/partials/noise/now").headers["Location"] == "/noise"
    assert "No rule fired in that week" in reader.words()


def test_each_rule_has_its_numbers_and_what_would_have_kept_it_quiet(reader):
    reader.tell(
        Noise(rule="jumpy <b>", count=23, seconds=6020.0, short=17, for_="5m", clear="net.x < 4"),
        Noise(rule="gone", count=9, seconds=400.0, short=8, for_="2m"),
    )
    page = reader.ask("GET", "/noise").text
    said = reader.words()
    assert "jumpy <b> 23 1 h 40 m 17 for: 5m" in said
    assert "gone no longer there" in said
    assert page.count(">Use it<") == 2
    assert 'href="/backtest/jumpy%20%3Cb%3E?b.for=5m"' in page
    assert "<b>" not in page


def test_a_suggestion_leads_into_the_form(reader):
    reader.tell(Noise(rule="jumpy <b>", count=23, seconds=6020.0, short=17, for_="5m"))
    page = reader.ask("GET", "/noise").text
    (where,) = re.findall(r'action="(/settings/fill[^"]*)"', page)
    (changes,) = re.findall(r'name="with" value="([^"]*)"', page)
    form = reader.ask("POST", html.unescape(where), data={"with": html.unescape(changes)}).text
    assert 'name="for" type="text" value="5m"' in form


def test_the_effect_of_a_suggestion_is_played_over_the_week_of_the_report(reader):
    now_ms = reader.oculus.clock.now_ms()
    values = [9 if minute % 10 == 0 else 0 for minute in range(100)]
    reader.oculus.writer.put(
        [
            Metric(now_ms - (200 - at) * MINUTE, "net.x", "net.x", float(value), {})
            for at, value in enumerate(values)
        ]
    )
    reader.oculus.writer.change(lambda cursor: None).result(30)
    asked = {"rule": "jumpy <b>", "name": "for", "text": "5m", "until": now_ms}
    assert "0 instead of 10 times" in reader.words("POST", "/partials/noise", data=asked)
    wrong = asked | {"text": "soon"}
    assert "is not a length of time" in reader.words("POST", "/partials/noise", data=wrong)
    assert reader.ask("POST", "/partials/noise", data=asked | {"until": "x"}).status_code == 400
