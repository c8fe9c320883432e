"""Apprise itself, sending JSON to a local server."""

import json
import sys

import pytest

from oculus.core.alert import NewsKind
from oculus.core.errors import ChannelError
from oculus.core.secret import Secret
from oculus.notify.channels.apprise import Apprise, AppriseSettings


@pytest.fixture
def channel(service, clock, facts):
    def make(url=None):
        url = url or service.url.replace("http://", "json://") + "/secret-path"
        return Apprise("team", AppriseSettings(url=Secret(url)), clock, facts)

    return make


def test_a_message_goes_out_as_plain_text(channel, service, news):
    pytest.importorskip("apprise")
    channel().send([news()])
    (body,) = service.bodies()
    assert body["title"] == "🟡 api_down fired (warn)"
    assert body["message"].splitlines()[0] == "API unreachable"
    assert body["type"] == "warning"


def test_the_end_is_a_success(channel, service, news):
    pytest.importorskip("apprise")
    channel().send([news(NewsKind.RESOLVED)])
    assert service.bodies()[0]["type"] == "success"


def test_text_from_elsewhere_calls_nobody(channel, service, news, nasty):
    pytest.importorskip("apprise")
    channel().send([news(message=nasty, rule=nasty), news()])
    assert "@everyone" not in json.dumps(service.bodies(), ensure_ascii=False)


def test_a_failure_is_worth_another_try(channel, service, news):
    pytest.importorskip("apprise")
    service.answers.append(500)
    with pytest.raises(ChannelError) as caught:
        channel().send([news()])
    assert not caught.value.permanent
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "final", "about_message"),
    [(401, True, False), (404, True, False), (400, False, True), (500, False, True), (503, False, False)],
)
def test_what_the_service_answered_counts_as_on_any_channel(
    channel, service, news, status, final, about_message
):
    pytest.importorskip("apprise")
    service.answers.append(status)
    with pytest.raises(ChannelError, match=f"error={status}") as caught:
        channel().send([news()])
    assert (caught.value.permanent, caught.value.answered) == (final, about_message)


def test_a_service_that_is_not_there_is_not_the_messages_fault(channel, news):
    pytest.importorskip("apprise")
    with pytest.raises(ChannelError, match="Connection error") as caught:
        channel("json://127.0.0.1:9/x").send([news()])
    assert (caught.value.permanent, caught.value.answered) == (False, False)


def test_an_address_of_an_unknown_kind_is_final(channel, news):
    pytest.importorskip("apprise")
    with pytest.raises(ChannelError) as caught:
        channel("carrierpigeon://secret").send([news()])
    assert caught.value.permanent
    assert "secret" not in str(caught.value)


def test_without_the_extra_it_says_how_to_get_it(channel, news, monkeypatch):
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(ChannelError, match=r'pip install "oculus-monitor\[apprise\]"') as caught:
        channel().send([news()])
    assert caught.value.permanent
