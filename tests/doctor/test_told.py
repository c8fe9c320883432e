"""Channels and sources: reached from here, or as the running copy tells of them."""

import socket

import pytest

from oculus.collectors.network.tcp import TcpSettings
from oculus.core.secret import Secret
from oculus.doctor import told, watched
from oculus.doctor.finding import State
from oculus.notify.channels.discord import DiscordSettings
from oculus.notify.channels.email import EmailSettings
from oculus.notify.channels.log import LogSettings
from oculus.notify.channels.slack import SlackSettings
from oculus.notify.channels.telegram import TelegramSettings
from oculus.notify.channels.webhook import WebhookSettings
from oculus.settings.schema import Settings

MAIL = {"from_address": "a@b.example", "to_addresses": ("a@b.example",)}


@pytest.fixture
def no_proxy(monkeypatch):
    monkeypatch.setattr(told.urllib.request, "getproxies", dict)


@pytest.mark.parametrize(
    ("settings", "place"),
    [
        (WebhookSettings(url=Secret("https://u:p@hooks.example/x?key=1")), ("hooks.example", 443)),
        (WebhookSettings(url=Secret("http://hooks.example:8080/")), ("hooks.example", 8080)),
        (DiscordSettings(discord_webhook=Secret("https://discord.com/api/x")), ("discord.com", 443)),
        (SlackSettings(slack_webhook=Secret("https://hooks.slack.com/services/x")), ("hooks.slack.com", 443)),
        (SlackSettings(slack_bot_token=Secret("xoxb-1"), slack_channel="C1"), ("slack.com", 443)),
        (TelegramSettings(telegram_bot_token=Secret("1:x"), chat_id=1), ("api.telegram.org", 443)),
        (EmailSettings(smtp_host="mail.example", smtp_port=465, **MAIL), ("mail.example", 465)),
        (LogSettings(), None),
    ],
)  # fmt: skip
def test_of_an_address_that_holds_a_secret_only_the_host_is_taken(settings, place):
    assert told.service(settings) == place


def test_a_channel_is_reached_but_nothing_is_sent(no_proxy):
    with socket.create_server(("127.0.0.1", 0)) as service:
        port = service.getsockname()[1]
        found = told.reach("hook", WebhookSettings(url=Secret(f"http://127.0.0.1:{port}/secret")))
        taken, _ = service.accept()
        with taken:
            assert taken.recv(10) == b""
    assert found.state is State.OK
    assert "oculus send-test hook" in found.says
    gone = told.reach("hook", WebhookSettings(url=Secret(f"http://127.0.0.1:{port}/secret")))
    assert gone.state is State.BAD
    assert "secret" not in gone.says + gone.remedy


def test_a_channel_that_cannot_work_here_says_why():
    off = {
        "name": "desktop",
        "state": "off",
        "last_error": "Oculus runs without a desktop",
        "last_sent": None,
    }
    assert told.of_channel(off).says == "Oculus runs without a desktop"


def test_a_channel_that_is_off_is_left_alone():
    off = WebhookSettings(url=Secret("http://127.0.0.1:1"), enabled=False)
    assert told.reach("hook", off).state is State.SKIPPED


COLLECTOR = {
    "name": "btc", "type": "crypto.price", "state": "ok", "last_error": "", "last_success": "then", "runs": 3,
    "source": "coingecko", "cool_down": "", "cool_down_until": None,
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({}, State.OK),
        ({"state": "failing", "last_error": "no such name"}, State.BAD),
        ({"last_error": "it is down"}, State.ODD),
        ({"state": "paused"}, State.SKIPPED),
    ],
)
def test_a_running_copy_tells_how_its_sources_fare(change, state):
    (found,) = watched.as_told([COLLECTOR | change])
    assert found.state is state
    assert change.get("last_error", "") in found.says
    assert bool(found.remedy) is (state in (State.BAD, State.ODD))


def test_of_numbers_that_no_longer_come_the_sender_is_looked_at():
    late = {"name": "backup", "type": "push", "state": "failing", "last_error": "nothing came for 2 d"}
    [finding] = watched.as_told([COLLECTOR | late])
    assert finding.remedy.startswith("See whether what should send still runs, and reaches POST /in/backup")


def test_without_an_internet_what_is_outside_has_that_for_a_reason_and_what_is_here_has_not():
    settings = Settings(
        collectors=[
            TcpSettings(target="127.0.0.1:1", name="here"),
            TcpSettings(target="a.example:1", name="far"),
        ]
    )
    failing = {"state": "failing", "last_error": "it is down"}
    told = [COLLECTOR | failing | {"name": name} for name in ("here", "far")]
    here, far = watched.as_told(told, watched.outside(settings, "no internet"))
    assert far.remedy == "no internet"
    assert "oculus collect here" in here.remedy


def test_a_provider_that_is_left_alone_is_told_once_for_all_who_ask_it():
    resting = COLLECTOR | {"cool_down": "too many requests", "cool_down_until": "2026-01-01T12:00:00Z"}
    found = watched.as_told([resting, resting | {"name": "eth"}])
    assert [each.check for each in found][2:] == ["provider coingecko"]
    assert "too many requests" in found[2].says


CHANNEL = {"name": "hook", "state": "ok", "last_error": "", "last_sent": None}


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({}, State.OK),
        ({"state": "broken", "last_error": "404"}, State.BAD),
        ({"last_error": "503"}, State.ODD),
        ({"state": "off"}, State.SKIPPED),
    ],
)
def test_a_running_copy_tells_how_its_channels_fare(change, state):
    (found,) = told.as_told([CHANNEL | change])
    assert found.state is state
    assert change.get("last_error", "") in found.says
