"""Keys and quotas of providers in the window: tried, kept to themselves, and in force at once."""

import html
import re

import pytest

from fakes.internet import Internet
from oculus.collectors.sources.hello import QUESTIONS
from oculus.collectors.sources.providers import PROVIDERS
from oculus.core.secret import MASK
from oculus.web.forms.providers import KINDS, takes_key

KEY = "k3y-of-mine"
GECKO = "section=sources&type=coingecko"


@pytest.fixture
def internet():
    playing = Internet()
    playing.say("coingecko", "/simple/price", {"bitcoin": {"usd": 1}})
    yield playing
    playing.close()


def edit(office):
    """Where what stands in the first row of a provider is edited."""
    return re.search(r"/settings/edit\?(at=conf\.d[^\"]+source-[^\"]+)", office.get("/settings").text)[1]


def test_a_key_that_is_entered_counts_at_once_and_is_shown_nowhere(office, internet):
    answer = office.save(GECKO, api_key=KEY, base_url=internet.url("coingecko"), per_month="500")
    assert answer.status_code == 303, answer.text
    assert office.made() == ["source-coingecko.yaml"]
    office.oculus.sources.get("coingecko").get_json("/simple/price")
    assert internet.asked[0].headers["x-cg-demo-api-key"] == KEY
    for page in ("/settings", f"/settings/edit?{edit(office)}"):
        assert KEY not in office.get(page).text
    assert MASK in office.get(f"/settings/edit?{edit(office)}").text


def test_the_key_stays_where_its_dots_are_left_and_goes_where_they_are_not(office):
    office.save(GECKO, api_key=KEY)
    where = edit(office)
    assert office.save(where, api_key=MASK, per_day="9").status_code == 303
    set_for = office.oculus.settings.sources.coingecko
    assert (set_for.api_key.reveal(), set_for.per_day) == (KEY, 9)
    assert office.save(where, api_key="").status_code == 303
    assert not office.oculus.settings.sources.coingecko.api_key
    assert office.post(f"/settings/switch?{where}").status_code == 409
    assert office.post(f"/settings/delete?{where}").status_code == 303
    assert office.made() == []


def test_a_key_is_tried_before_it_is_saved(office, internet):
    fields = {"api_key": KEY, "base_url": internet.url("coingecko")}
    answer = office.save(GECKO, do="try", **fields)
    assert "It answers with your key" in answer.text
    assert internet.asked[0].headers["x-cg-demo-api-key"] == KEY
    internet.say("coingecko", "/simple/price", {"status": {"error_message": "API Key Missing"}}, status=401)
    answer = office.save(GECKO, do="try", **fields)
    said = html.unescape(answer.text)
    assert "API Key Missing" in said
    assert "Check sources.coingecko.api_key." in said
    assert office.made() == []


def test_a_mistake_stands_beside_its_field_and_nothing_is_kept(office):
    answer = office.save(GECKO, base_url="nowhere", per_day="-1")
    assert answer.status_code == 400
    assert set(re.findall(r'id="field-([\w.]+)-mistake"', answer.text)) == {"base_url", "per_day"}
    assert office.made() == []


def test_each_provider_is_there_once(office):
    office.save(GECKO, api_key=KEY)
    choice = office.get("/settings/new?section=sources").text
    assert "type=finnhub" in choice
    assert "type=coingecko" not in choice
    again = office.save(GECKO, api_key=KEY)
    assert again.status_code == 400
    assert "is set in conf.d/source-coingecko.yaml" in again.text


def test_what_is_written_by_hand_is_shown_and_left_alone(office):
    config = office.folder / "oculus.yaml"
    config.write_text(f'{office.by_hand}sources:\n  finnhub: {{api_key: "{KEY}"}}\n')
    page = office.get("/settings").text
    assert "oculus.yaml:10" in page
    assert KEY not in page
    assert office.get("/settings/edit?at=oculus.yaml:sources.finnhub").status_code == 409


@pytest.mark.parametrize("name", KINDS)
def test_each_provider_has_a_form_with_a_key_where_it_takes_one(shared, name):
    form = shared.get(f"/settings/new?section=sources&type={name}")
    assert form.status_code == 200
    assert ('name="api_key"' in form.text) == takes_key(name)


def test_each_provider_has_a_question_by_which_it_is_tried():
    assert QUESTIONS.keys() == PROVIDERS.keys()
