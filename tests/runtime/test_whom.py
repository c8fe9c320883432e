"""Who is called by name, who is told, and when nobody is: from a number to what a real service gets."""

import pytest

from fakes.messengers import AnyServer, DiscordServer, SlackServer, TelegramServer
from oculus.core.durations import Duration
from oculus.core.metric import Metric
from oculus.notify.channels.apprise import Apprise
from oculus.notify.channels.chat import Chat
from oculus.settings.load import load


@pytest.fixture
def square(monkeypatch):
    """The services, each a real server; what comes together goes as one message after a moment."""
    for kind in (Chat, Apprise):
        monkeypatch.setattr(kind, "group_for", Duration(milliseconds=30))
    kinds = {"chat": TelegramServer, "team": DiscordServer, "ops": SlackServer, "bot": SlackServer}
    servers = {name: kind() for name, kind in (kinds | {"other": AnyServer}).items()}
    yield servers
    for server in servers.values():
        server.end()


def channels(square, more=""):
    """Settings of all of them; `more` holds for each."""
    chat, team, ops, bot, other = square.values()
    return f"""
channels:
  chat: {{type: telegram, telegram_bot_token: "{chat.token}", chat_id: "-100000001", api_url: "{chat.url}",
         mention: ["@alice"]{more}}}
  team: {{type: discord, discord_webhook: "{team.webhook}", mention: ["@here"]{more}}}
  ops: {{type: slack, slack_webhook: "{ops.webhook}", mention: ["@channel"]{more}}}
  bot: {{type: slack, slack_bot_token: "{bot.token}", slack_channel: "#alerts", api_url: "{bot.url}/api",
        mention: [U012ABCDEF]{more}}}
  other: {{type: apprise, url: "json://127.0.0.1:{other.server_port}", mention: ["@all"]{more}}}
"""


def rule(name, severity, more=""):
    told = "channels: [chat, team, ops, bot, other]"
    return f"  - {{name: {name}, condition: custom.a.{name} > 5, severity: {severity}, {told}{more}}}\n"


def fire(oculus, name, value=9.0):
    oculus.writer.put([Metric(oculus.clock.now_ms(), "custom.a", f"custom.a.{name}", value, {})])


CALLS = {
    "chat": lambda message: "@alice" in message["text"],
    "team": lambda message: (
        message.get("content", "") == "@here" and message["allowed_mentions"]["parse"] == ["everyone"]
    ),
    "ops": lambda message: message["text"].startswith("<!channel> "),
    "bot": lambda message: message["text"].startswith("<@U012ABCDEF> "),
    "other": lambda message: message["message"].startswith("@all"),
}


def called(square):
    """Of each channel's messages, which call whom its settings name."""
    return {name: [CALLS[name](message) for message in each.messages] for name, each in square.items()}


def count(square, number):
    return lambda: all(len(server.messages) == number for server in square.values())


def everywhere(*answers):
    return {name: list(answers) for name in CALLS}


def ledger(oculus):
    return {
        (each.news.alert.rule, str(each.state), each.last_error) for each in oculus.reader.deliveries(100)
    }


def test_people_are_called_by_name_at_critical_where_nothing_else_is_set(house, square, eventually):
    text = channels(square) + "rules:\n" + rule("bad", "error") + rule("worse", "critical")
    with house(text) as oculus:
        fire(oculus, "bad")
        eventually(count(square, 1))
        fire(oculus, "worse")
        eventually(count(square, 2))
    assert called(square) == everywhere(False, True)


def test_each_channel_says_from_which_severity_on(house, square, eventually):
    text = channels(square, ", mention_from: warn") + "rules:\n" + rule("mild", "info") + rule("bad", "warn")
    with house(text) as oculus:
        fire(oculus, "mild")
        eventually(count(square, 1))
        fire(oculus, "bad")
        eventually(count(square, 2))
    assert called(square) == everywhere(False, True)


def test_a_rule_that_names_people_calls_those_and_nobody_else_at_any_severity(house, square, eventually):
    text = channels(square) + "rules:\n" + rule("own", "info", ', mention: ["@here", "@bob"]')
    with house(text) as oculus:
        fire(oculus, "own")
        eventually(count(square, 1))
    chat, team, ops, bot, other = (server.messages[0] for server in square.values())
    assert chat["text"].endswith("\n\n@here @bob")
    assert team["content"] == "@here @bob"
    assert team["allowed_mentions"] == {"parse": ["everyone"], "users": [], "roles": []}
    assert ops["text"].startswith("<!here> @⁠bob *")
    assert bot["text"].startswith("<!here> @⁠bob *")
    assert other["message"].startswith("@here @bob")


def test_the_end_of_a_trouble_calls_nobody(house, square, eventually):
    with house(channels(square) + "rules:\n" + rule("worse", "critical")) as oculus:
        fire(oculus, "worse")
        eventually(count(square, 1))
        fire(oculus, "worse", 1.0)
        eventually(count(square, 2))
    assert called(square) == everywhere(True, False)


def test_what_is_below_a_channels_min_severity_goes_only_where_it_is_not(house, square, eventually):
    text = channels(square, ", min_severity: error").replace("min_severity: error", "min_severity: warn", 1)
    with house(text + "rules:\n" + rule("mild", "warn") + rule("bad", "error")) as oculus:
        fire(oculus, "mild")
        eventually(lambda: len(square["chat"].messages) == 1)
        fire(oculus, "bad")
        eventually(lambda: len(square["other"].messages) == 1 and len(square["chat"].messages) == 2)
        eventually(lambda: all(len(square[name].messages) == 1 for name in ("team", "ops", "bot")))
        said = ledger(oculus)
    assert {name: len(server.messages) for name, server in square.items()} == {
        "chat": 2, "team": 1, "ops": 1, "bot": 1, "other": 1,
    }  # fmt: skip
    assert ("mild", "skipped", "warn is below the channel's min_severity, error") in said


def test_in_muted_hours_only_what_is_worse_gets_through_and_the_rest_when_they_end(
    house, square, eventually, tmp_path
):
    rules = "rules:\n" + rule("mild", "error") + rule("worse", "critical") + rule("short", "error")
    muted = "mute:\n  - {name: night, below: critical}\n"
    with house(channels(square) + rules + muted) as oculus:
        fire(oculus, "mild")
        fire(oculus, "short")
        eventually(lambda: len(oculus.engine.rule("short").instances) == 1)
        eventually(lambda: oculus.engine.rule("short").state == "firing")
        fire(oculus, "short", 1.0)
        fire(oculus, "worse")
        eventually(count(square, 1))
        assert all("worse" in str(server.messages) for server in square.values())
        assert not any("mild" in str(server.messages) for server in square.values())
        held = oculus.reader.query("SELECT payload->>'held' FROM events WHERE source = 'rule.mild'").rows
        assert held == [["muted: night"]]
        (tmp_path / "later.yaml").write_text(channels(square) + rules, "utf-8")
        oculus.apply(load(tmp_path / "later.yaml"))
        eventually(count(square, 2))
        assert all("mild" in str(server.messages[1]) for server in square.values())
        assert not any("short" in str(server.messages) for server in square.values())
