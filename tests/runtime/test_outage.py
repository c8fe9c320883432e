"""Ten minutes without a network, and a SIGKILL in the middle of them and of the first message after them."""

import re
import signal
import subprocess
import sys
from collections import Counter

import pytest
from aiosmtpd.controller import Controller

from fakes import outage_child
from fakes.messengers import AnyServer, DiscordServer, SlackServer, TelegramServer, free_port
from fakes.outage_child import BEFORE, DURING, OUTAGE, ends
from oculus.core.clock import SystemClock
from oculus.storage.file.database import open_database
from oculus.storage.settings import StorageSettings

KILL_AT = 333


class Mailbox:
    def __init__(self):
        self.messages = []

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802
        self.messages.append(envelope.content.decode())
        return "250 taken"


class Internet:
    """All the services; `go` makes them unreachable, `come` brings them back at the same addresses."""

    def __init__(self):
        self.second = 0
        kinds = {"telegram": TelegramServer, "discord": DiscordServer, "slack": SlackServer}
        kinds |= {"bot": SlackServer, "webhook": AnyServer, "team": AnyServer}
        self.servers = {name: kind() for name, kind in kinds.items()}
        for server in self.servers.values():
            server.now = lambda: self.second
        self.mailbox = Mailbox()
        self.smtp_port = free_port()
        self._open_mail()

    def go(self):
        self.mail.stop()
        self.mail = None
        for server in self.servers.values():
            server.go()

    def come(self):
        for server in self.servers.values():
            server.come()
        self._open_mail()

    def end(self):
        if self.mail is None:
            self.come()
        self.mail.stop()
        for server in self.servers.values():
            server.end()

    def _open_mail(self):
        self.mail = Controller(self.mailbox, "127.0.0.1", self.smtp_port)
        self.mail.start()

    def messages(self):
        return {name: server.messages for name, server in self.servers.items()} | {
            "email": self.mailbox.messages
        }

    def settings(self):
        telegram, discord, slack, bot, hook, team = self.servers.values()
        return f"""
channels:
  email: {{smtp_host: 127.0.0.1, smtp_port: {self.smtp_port}, tls: none, from_address: a@b.example,
          to_addresses: [c@d.example], group_for: 5s, chart: "off"}}
  telegram: {{telegram_bot_token: "{telegram.token}", chat_id: "-100000001", api_url: "{telegram.url}",
             chart: "off"}}
  discord: {{discord_webhook: "{discord.webhook}", chart: "off"}}
  slack: {{slack_webhook: "{slack.webhook}", chart: "off"}}
  bot: {{type: slack, slack_bot_token: "{bot.token}", slack_channel: "#alerts", api_url: "{bot.url}/api",
        chart: "off"}}
  webhook: {{url: "{hook.url}/in"}}
  team: {{type: apprise, url: "json://127.0.0.1:{team.server_port}"}}
"""


@pytest.fixture
def internet():
    made = Internet()
    yield made
    made.end()


def live(internet, folder, second, until=None):
    """Run from `second` on; kill it as `until` begins. The second it came to."""
    child = subprocess.Popen(
        [sys.executable, outage_child.__file__, str(folder), str(second)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    internet.child = child
    for line in child.stdout:
        internet.second = int(line)
        if internet.second == until:
            child.send_signal(signal.SIGKILL)
            break
        if internet.second in OUTAGE and internet.second != second:
            (internet.go if internet.second == OUTAGE[0] else internet.come)()
            child.stdin.write("\n")
            child.stdin.flush()
    child.stdout.close()
    child.stdin.close()
    child.wait(30)
    return internet.second


def rows(folder):
    database = open_database(folder / "data", StorageSettings(), SystemClock())
    try:
        asked = "SELECT channel, alert_id, news, state, last_error FROM deliveries"
        return database.cursor().execute(asked).fetchall()
    finally:
        database.close()


def told(message):
    """The pieces of news in what a webhook got."""
    return message.get("alerts", [message])


def told_count(message):
    """How many alerts a message says it is about."""
    if isinstance(message, dict) and "alerts" in message:
        return len({each["id"] for each in message["alerts"]})
    found = re.search(r"(\d+) alerts\b", str(message).replace("=\n", ""))
    return int(found[1]) if found else 1


def test_nothing_is_lost_to_an_outage_and_two_kills(internet, tmp_path):
    (tmp_path / "oculus.yaml").write_text(internet.settings(), "utf-8")
    assert live(internet, tmp_path, 0, until=KILL_AT) == KILL_AT
    before = {name: len(messages) for name, messages in internet.messages().items()}
    assert before["webhook"] == len(BEFORE)
    assert before["team"] == 1

    def pull_the_plug(handler):
        """The service has taken it; the answer never arrives."""
        internet.child.send_signal(signal.SIGKILL)
        internet.child.wait(30)
        handler.reply(*handler.server.take(internet.servers["telegram"].got[-1]))

    internet.servers["telegram"].answers.append(pull_the_plug)
    stopped = live(internet, tmp_path, KILL_AT)
    assert OUTAGE[1] <= stopped < outage_child.END - 1  # it was killed on the way
    internet.servers["telegram"].answers.clear()
    assert live(internet, tmp_path, stopped) == outage_child.END - 1

    ledger = rows(tmp_path)
    still = {alert for alert in DURING if ends(alert) is None}
    over = {alert for alert in (*BEFORE, *DURING) if ends(alert) is not None}
    for channel in outage_child.CHANNELS:
        sent = {(alert, kind) for name, alert, kind, state, _ in ledger if (name, state) == (channel, "sent")}
        assert {(alert, "FIRED") for alert in still} <= sent, channel
        assert {(alert, "RESOLVED") for alert in over} <= sent, channel
    assert len(ledger) == (55 + 15) * len(outage_child.CHANNELS)
    assert {state for *_, state, _ in ledger} == {"sent"}

    # Really taken, as one digest by everybody, and nobody was pressed.
    got = [each for message in internet.servers["webhook"].messages for each in told(message)]
    posts = Counter((each["id"], each["news"]) for each in got)
    assert set(posts) == {(alert, "FIRED") for alert in (*BEFORE, *DURING)} | {(a, "RESOLVED") for a in over}
    after = {name: messages[before[name] :] for name, messages in internet.messages().items()}
    expected = len(DURING) + len(BEFORE)  # of what began and ended the end alone is told
    assert [told_count(message) for message in after["telegram"]] == [expected, expected]  # in flight
    for name in ("discord", "slack", "bot", "email", "webhook", "team"):
        assert [told_count(message) for message in after[name]] in ([expected], [expected] * 2), name
    for server in internet.servers.values():
        assert len(server.got) == len(server.messages)  # none was refused for being too fast
