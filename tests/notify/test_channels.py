import msgspec
import pytest

from oculus.core.fields import read_special, write_special
from oculus.core.secret import Secret
from oculus.notify import CHANNELS, build
from oculus.notify.channels.webhook import Webhook, WebhookSettings


@pytest.mark.parametrize("kind", CHANNELS)
def test_every_setting_of_a_channel_says_what_it_means(kind):
    fields = msgspec.inspect.type_info(CHANNELS[kind].settings_class).fields
    described = {field.name: getattr(field.type, "extra_json_schema", None) or {} for field in fields}
    assert [name for name, schema in described.items() if not schema.get("description")] == []


@pytest.mark.parametrize("kind", CHANNELS)
def test_a_channels_settings_carry_its_kind(kind):
    assert CHANNELS[kind].settings_class.__struct_config__.tag == kind


def test_settings_are_read_from_what_a_person_writes():
    given = {
        "type": "webhook",
        "url": "https://hook.example/abc",
        "headers": {"X-Key": "k"},
        "timeout": "3s",
        "min_severity": "error",
        "mention": ["@here"],
    }
    settings = msgspec.convert(given, WebhookSettings, dec_hook=read_special)
    assert settings.url == Secret("https://hook.example/abc")
    assert settings.headers["X-Key"].reveal() == "k"
    assert settings.timeout.total_seconds() == 3
    shown = msgspec.json.encode(settings, enc_hook=write_special).decode()
    assert "abc" not in shown
    assert '"k"' not in shown


@pytest.mark.parametrize(
    "wrong", [{"urll": "x"}, {"min_severity": "loud"}, {"timeout": 3}, {"mention": "@here"}]
)
def test_a_mistake_in_the_settings_is_refused(wrong):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(
            {"type": "webhook", "url": "https://h"} | wrong, WebhookSettings, dec_hook=read_special
        )


WRONG = [
    ({"type": "discord", "discord_webhook": "hello"}, "discord_webhook is no address"),
    ({"type": "slack", "slack_webhook": "xoxb-1"}, "slack_webhook is no address"),
    (
        {"type": "slack", "slack_bot_token": "x", "slack_channel": "#a", "api_url": "slack.com"},
        "api_url is no",
    ),
    ({"type": "telegram", "telegram_bot_token": "", "chat_id": 1}, "telegram_bot_token is empty"),
    ({"type": "telegram", "telegram_bot_token": "1:x", "chat_id": ""}, "chat_id is empty"),
    (
        {"type": "telegram", "telegram_bot_token": "1:x", "chat_id": 1, "api_url": "x"},
        "api_url is no address",
    ),
    ({"type": "apprise", "url": "nonsense"}, "url is no address"),
]


@pytest.mark.parametrize(("given", "told"), WRONG)
def test_what_can_never_be_sent_to_is_told_with_the_settings_unless_it_is_off(given, told):
    settings = CHANNELS[given["type"]].settings_class
    with pytest.raises(msgspec.ValidationError, match=told):
        msgspec.convert(given, settings, dec_hook=read_special)
    assert msgspec.convert(given | {"enabled": False}, settings, dec_hook=read_special)


def test_a_channel_is_built_from_its_settings(clock):
    channel = build("mine", WebhookSettings(url=Secret("http://h")), clock)
    assert isinstance(channel, Webhook)
    assert channel.name == "mine"


GATHER_S = {
    "email": 60,
    "telegram": 5,
    "discord": 5,
    "slack": 5,
    "apprise": 5,
    "desktop": 0,
    "log": 0,
    "webhook": 0,
}


def test_how_long_a_channel_gathers_is_as_promised():
    assert GATHER_S.keys() == set(CHANNELS)
    for name, kind in CHANNELS.items():
        told = {field.name: field for field in msgspec.structs.fields(kind.settings_class)}.get("group_for")
        gathers = told.default if told else kind.group_for
        assert gathers.total_seconds() == GATHER_S[name], name
