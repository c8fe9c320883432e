"""Every secret of every channel, and services that repeat all they were told: nobody finds one anywhere."""

import io
import logging
import re

import pytest
import requests
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from fakes.messengers import AnyServer, DiscordServer, SlackServer, TelegramServer, free_port
from oculus.core.durations import Duration
from oculus.core.logs import setup_logging
from oculus.core.metric import Metric
from oculus.core.secret import Secret
from oculus.notify.channels.apprise import Apprise
from oculus.notify.channels.chat import Chat
from oculus.runtime import Oculus
from oculus.settings.load import load
from oculus.web.serving.server import WebServer

TOKEN = Secret("a-token-for-tests-of-43-characters-in-length")
NAMES = ("mail", "chat", "team", "ops", "bot", "hook", "other")
PAGES = (
    "/", "/alerts", "/rules", "/rules/bad", "/collectors", "/channels", "/settings", "/about", "/query",
    "/noise", "/api/alerts", "/api/events", "/api/channels", "/api/rules", "/api/rules/bad", "/api/status",
    "/api/gaps", "/metrics", "/metric/custom.a.bad", "/api/openapi.json", "/healthz", "/readyz",
    *(f"/settings/find?section=channels&name={name}" for name in NAMES),
)  # fmt: skip


def echo(status):
    """An answer that repeats all that was sent, as careless services do."""

    def answer(handler):
        text = f"bad request: {handler.path} {dict(handler.headers)}"
        handler.reply(status, {"ok": False, "description": text, "message": text, "error": text})

    return answer


class Gossip:
    """A mail server that says the password back."""

    async def handle_DATA(self, _server, session, _envelope):  # noqa: N802
        return f"451 come again with {session.auth_data.password.decode()}"


@pytest.fixture
def square(monkeypatch):
    for kind in (Chat, Apprise):
        monkeypatch.setattr(kind, "group_for", Duration(milliseconds=30))
    monkeypatch.setattr("oculus.web.serving.health.DATABASE_S", 30.0)  # ready, however busy the machine is
    kinds = {"chat": TelegramServer, "team": DiscordServer, "ops": SlackServer, "bot": SlackServer}
    servers = {name: kind() for name, kind in (kinds | {"hook": AnyServer, "other": AnyServer}).items()}
    for server in servers.values():
        server.answers.extend(map(echo, (500, 429, 400, 403)))
    servers["mail"] = Controller(
        Gossip(), "127.0.0.1", free_port(), auth_require_tls=False,
        authenticator=lambda *rest: AuthResult(success=True, auth_data=rest[-1]),
    )  # fmt: skip
    servers["mail"].start()
    yield servers
    servers.pop("mail").stop()
    for server in servers.values():
        server.end()


def settings(square):
    chat, team, ops, bot, hook, other, mail = square.values()
    return f"""
server: {{rate_limit: {{per_second: 1000, burst: 1000}}}}
channels:
  mail: {{type: email, smtp_host: 127.0.0.1, smtp_port: {mail.port}, tls: none, group_for: 50ms,
         smtp_user: me, smtp_pass: smtp-s3cret-pass, from_address: a@b.example, to_addresses: [c@d.example]}}
  chat: {{type: telegram, telegram_bot_token: "{chat.token}", chat_id: "-100000001", api_url: "{chat.url}"}}
  team: {{type: discord, discord_webhook: "{team.webhook}"}}
  ops: {{type: slack, slack_webhook: "{ops.webhook}"}}
  bot: {{type: slack, slack_bot_token: "{bot.token}", slack_channel: "#alerts", api_url: "{bot.url}/api"}}
  hook: {{type: webhook, url: "{hook.url}/hook-s3cret-path", secret: hmac-s3cret-key,
         headers: {{X-Key: header-s3cret}}}}
  other: {{type: apprise, url: "json://someone:apprise-s3cret@127.0.0.1:{other.server_port}/x"}}
rules:
  - {{name: bad, condition: custom.a.bad > 5, severity: critical, channels: [{", ".join(NAMES)}]}}
"""


SECRETS = (
    "smtp-s3cret-pass", TelegramServer.token, "AAsecretTelegramToken", DiscordServer.token, "secretSlackPath",
    SlackServer.token, "hook-s3cret-path", "hmac-s3cret-key", "header-s3cret", "apprise-s3cret",
    TOKEN.reveal(),
)  # fmt: skip


def rows(oculus):
    """All that is in the file, table by table, as text."""
    cursor = oculus.database.cursor()
    tables = cursor.execute("SELECT table_name FROM information_schema.tables").fetchall()
    return {name: str(cursor.execute(f'SELECT * FROM "{name}"').fetchall()) for (name,) in tables}


def test_no_secret_is_in_the_file_the_log_the_pages_or_the_api(square, tmp_path, eventually):
    (tmp_path / "oculus.yaml").write_text(settings(square), "utf-8")
    terminal = io.StringIO()
    logs = setup_logging(tmp_path / "logs", "debug", stream=terminal)
    seen = {}
    try:
        with (
            Oculus(load(tmp_path / "oculus.yaml"), tmp_path / "data", tmp_path / "oculus.yaml") as oculus,
            WebServer(oculus, "127.0.0.1", 0, TOKEN) as web,
        ):
            bad = Metric(oculus.clock.now_ms(), "custom.a", "custom.a.bad", 9.0, {})
            oculus.writer.put([bad])
            failed = "SELECT count(*) FROM deliveries WHERE last_error <> ''"
            eventually(lambda: oculus.reader.query(failed).rows == [[len(NAMES)]])
            asked = {"headers": {"Authorization": f"Bearer {TOKEN.reveal()}"}, "timeout": 60}
            for _ in range(4):  # one for each thing that the services say
                for name in NAMES:
                    seen[f"test {name}"] = requests.post(f"{web.url}/partials/test/{name}", **asked).text
                    seen[f"api test {name}"] = requests.post(
                        f"{web.url}/api/channels/{name}/test", **asked
                    ).text
            for page in PAGES:
                answer = requests.get(web.url + page, **asked)
                assert answer.status_code == 200, page
                seen[page] = answer.text + str(answer.headers)
            seen |= rows(oculus)
    finally:
        logs.stop()
        for name in logging.root.manager.loggerDict:
            if name.startswith("oculus"):
                logging.getLogger(name).setLevel(logging.NOTSET)
    seen["terminal"] = terminal.getvalue()
    seen["log"] = (tmp_path / "logs" / "oculus.log").read_text("utf-8")
    assert len(re.findall("not sent|not_delivered", "".join(seen.values()))) > len(NAMES)
    found = {(secret, place) for secret in SECRETS for place, text in seen.items() if secret in text}
    assert found == set()
