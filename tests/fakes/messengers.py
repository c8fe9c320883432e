"""Telegram, Discord and Slack as local servers, which keep the limits that the services document.

What a service would refuse is refused here in its own words. `answers` holds what is said next in place of
that: the name of a recorded answer in tests/data ("telegram/error_flood_429"), or a function of the handler.
"""

from __future__ import annotations

import contextlib
import html
import itertools
import json
import random
import re
import socket
import threading
from collections import deque
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qsl, urlsplit

DATA = Path(__file__).parent.parent / "data"
PNG = b"\x89PNG\r\n\x1a\n"
SLACK_KINDS = {"section", "context", "divider", "image", "header"}


def free_port():
    """A port on which nobody listens. It is none of those that systems hand out, so it stays free a while."""
    while True:
        number = random.randrange(12_000, 30_000)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", number)):
            return number


class Local(ThreadingHTTPServer):
    """A server on a free port, which keeps what it `got` and gives `answers` as long as there are any."""

    daemon_threads = True

    def __init__(self, handler, port=0):
        super().__init__(("127.0.0.1", port), handler)
        self.answers = deque()
        self.got = []
        self.release = threading.Event()  # ends what hangs
        self.serve()

    def serve(self):
        self.serving = threading.Thread(
            target=self.serve_forever, args=(0.01,), name="local-server", daemon=True
        )
        self.serving.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request, client_address):
        """Clients that hang up are what is tested."""

    def end(self):
        self.release.set()
        self.shutdown()
        self.server_close()
        self.serving.join()


class Messenger(Local):
    """Keeps what it took in `messages`."""

    limits = ()  # (messages, seconds) that it allows

    def __init__(self):
        self.messages = []
        self.sends = []  # when messages came, by `now`
        self.now = None  # seconds; with it the limits are kept
        self.numbers = itertools.count(101)
        self.connections = []
        super().__init__(Handler, free_port())  # nobody takes it while this one is gone

    def too_many(self):
        """Seconds until the next message is allowed; 0 when it is allowed now, which counts it."""
        if self.now is None:
            return 0
        now = self.now()
        for most, seconds in self.limits:
            recent = [sent for sent in self.sends if now - sent < seconds]
            if len(recent) >= most:
                return seconds - (now - recent[0])
        self.sends.append(now)
        return 0

    def get_request(self):
        connection, address = super().get_request()
        self.connections.append(connection)
        return connection, address

    def go(self):
        """Become unreachable."""
        self.shutdown()
        self.socket.close()
        self.hang_up()

    def hang_up(self):
        for connection in self.connections:
            with contextlib.suppress(OSError):  # it has ended by itself
                connection.shutdown(socket.SHUT_RDWR)

    def end(self):
        super().end()
        self.hang_up()

    def come(self):
        """Be there again, at the same address."""
        self.socket = socket.create_server(self.server_address)
        self.serve()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        asked = SimpleNamespace(
            method=self.command, path=self.path, headers=self.headers, raw=body, **parsed(self.headers, body)
        )
        self.server.got.append(asked)
        planned = self.server.answers.popleft() if self.server.answers else None
        if planned is None:
            self.reply(*self.server.take(asked))
        elif callable(planned):
            planned(self)
        else:
            self.reply(*recorded(planned))

    def reply(self, status, body, headers=()):
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **dict(headers)}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_PATCH = do_POST  # noqa: N815

    def log_message(self, *args):
        """Quiet."""


def recorded(name):
    """(status, body, headers) of an answer that a service really gave."""
    (path,) = DATA.glob(f"{name}.*")
    status = re.search(r"_(\d{3})$", name)
    headers = {"Retry-After": "1" if "web_api" in name else "30"} if "slack" in name and "429" in name else {}
    return int(status[1]) if status else 200, path.read_bytes(), headers


def parsed(headers, body):
    """`fields` by name, and `files` by name as bytes, whatever form they came in."""
    kind = headers.get("Content-Type", "")
    if kind.startswith("multipart/"):
        message = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
        fields, files = {}, {}
        for part in message.iter_parts():
            name = part.get_param("name", header="Content-Disposition")
            if part.get_filename():
                files[name] = part.get_payload(decode=True)
            else:
                fields[name] = part.get_payload(decode=True).decode()
        return {"fields": fields, "files": files}
    if kind.startswith("application/x-www-form-urlencoded"):
        return {"fields": dict(parse_qsl(body.decode())), "files": {}}
    return {"fields": json.loads(body or b"{}"), "files": {}}


def units(text):
    return len(text.encode("utf-16-le")) // 2


class AnyServer(Messenger):
    """Takes whatever JSON it gets."""

    def take(self, asked):
        self.messages.append(asked.fields)
        return 200, b"{}"


class TelegramServer(Messenger):
    """The Bot API: https://core.telegram.org/bots/api."""

    token = "7000000001:AAsecretTelegramToken"
    limits = ((1, 1.0), (20, 60.0))

    def __init__(self):
        super().__init__()
        self.chats = {"-100000001"}
        self.moved = {}  # old chat id: new chat id

    def take(self, asked):
        token, _, method = urlsplit(asked.path).path.removeprefix("/bot").partition("/")
        if token != self.token:
            return recorded("telegram/error_unauthorized_401")
        fields = asked.fields
        chat = str(fields["chat_id"])
        if chat in self.moved:
            text = "Bad Request: group chat was upgraded to a supergroup chat"
            return 400, {
                "ok": False, "error_code": 400, "description": text,
                "parameters": {"migrate_to_chat_id": self.moved[chat]},
            }  # fmt: skip
        if chat not in self.chats:
            return recorded("telegram/error_chat_not_found_400")
        text = fields.get("caption" if method in ("sendPhoto", "editMessageCaption") else "text", "")
        wrong = self.wrong_text(method, text, fields)
        if wrong:
            return 400, {"ok": False, "error_code": 400, "description": f"Bad Request: {wrong}"}
        if method.startswith("edit"):
            return self.edit(method, fields, text)
        return self.send(method, asked, text)

    def wrong_text(self, method, text, fields):
        if fields.get("parse_mode") == "HTML":
            if fault := telegram_fault(text):
                return f"can't parse entities: {fault}"
            text = html.unescape(re.sub(r"<[^>]*>", "", text))
        if not text.strip() and "Photo" not in method:
            return "message text is empty"
        if method in ("sendPhoto", "editMessageCaption"):
            return "message caption is too long" if units(text) > 1024 else ""
        return "message is too long" if units(text) > 4096 else ""

    def send(self, method, asked, text):
        if method == "sendPhoto" and not asked.files.get("photo", b"").startswith(PNG):
            return 400, {
                "ok": False,
                "error_code": 400,
                "description": "Bad Request: PHOTO_INVALID_DIMENSIONS",
            }
        if wait := self.too_many():
            wait = int(wait) + 1
            return 429, {
                "ok": False, "error_code": 429, "description": f"Too Many Requests: retry after {wait}",
                "parameters": {"retry_after": wait},
            }  # fmt: skip
        reply = asked.fields.get("reply_parameters")
        message = {
            "message_id": next(self.numbers), "text": text, "photo": asked.files.get("photo"),
            "reply": json.loads(reply) if isinstance(reply, str) else reply, "edited": None,
            "chat": str(asked.fields["chat_id"]),
        }  # fmt: skip
        self.messages.append(message)
        return 200, {"ok": True, "result": {"message_id": message["message_id"], "date": 1, "text": text}}

    def edit(self, method, fields, text):
        found = [one for one in self.messages if one["message_id"] == fields["message_id"]]
        if not found:
            return 400, {"ok": False, "description": "Bad Request: message to edit not found"}
        if (found[0]["photo"] is not None) != (method == "editMessageCaption"):
            return 400, {"ok": False, "description": "Bad Request: there is no text in the message to edit"}
        found[0]["edited"] = text
        return 200, {"ok": True, "result": {"message_id": fields["message_id"]}}


def telegram_fault(text):
    """What Telegram's HTML parser would say; empty when the text is sound."""
    if re.search(r"&(?!lt;|gt;|amp;|quot;|#\d+;)", text):
        return "Unsupported character entity"
    open_tags = []
    for close, name in re.findall(r"<(/?)([^\s>/]*)[^>]*>", text):
        if name not in ("b", "i", "u", "s", "a", "code", "pre"):
            return f'Unsupported start tag "{name}"'
        if not close:
            open_tags.append(name)
        elif not open_tags or open_tags.pop() != name:
            return "Unmatched end tag"
    return "Can't find end tag" if open_tags or "<" in re.sub(r"<[^<>]*>", "", text) else ""


class DiscordServer(Messenger):
    """Webhooks: https://discord.com/developers/docs/resources/webhook."""

    token = "aSecretDiscordToken-of_68_letters"
    limits = ((5, 2.0),)

    @property
    def webhook(self):
        return f"{self.url}/api/webhooks/223704706495545344/{self.token}"

    def take(self, asked):
        parts = urlsplit(asked.path)
        if "223704706495545344" not in parts.path:
            return recorded("discord/error_unknown_webhook_404")
        if f"/{self.token}" not in parts.path:
            return recorded("discord/error_invalid_webhook_token_401")
        body = json.loads(asked.fields["payload_json"]) if "payload_json" in asked.fields else asked.fields
        if not body.get("content") and not body.get("embeds"):
            return recorded("discord/error_empty_message_400")
        attached = {each["filename"] for each in body.get("attachments", ())} if asked.files else set()
        if asked.method == "PATCH":
            return self.edit(parts.path.rpartition("/")[2], body)
        if faults := discord_faults(body, attached):
            return 400, {"message": "Invalid Form Body", "code": 50035, "errors": faults}
        if wait := self.too_many():
            return self.refuse(wait)
        return self.keep(body, asked.files, dict(parse_qsl(parts.query)).get("wait") == "true")

    def keep(self, body, files, told):
        message = {**body, "files": files, "id": str(next(self.numbers)), "edited": None}
        self.messages.append(message)
        left = 5 - len([sent for sent in self.sends if self.now() - sent < 2]) if self.now else 4
        headers = {
            "X-RateLimit-Limit": "5",
            "X-RateLimit-Remaining": str(left),
            "X-RateLimit-Reset-After": "2.0",
        }
        return (200, {"id": message["id"], "channel_id": "1"}, headers) if told else (204, b"", headers)

    def edit(self, number, body):
        found = [message for message in self.messages if message["id"] == number]
        if not found:
            return 404, {"message": "Unknown Message", "code": 10008}
        kept = {name.removesuffix("[0]").replace("files", "chart.png") for name in found[0]["files"]}
        if faults := discord_faults(body, kept):  # what was attached stays
            return 400, {"message": "Invalid Form Body", "code": 50035, "errors": faults}
        found[0]["edited"] = body
        return 200, {"id": number}

    def refuse(self, wait):
        headers = {
            "Retry-After": str(int(wait) + 1),
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Scope": "user",
        }
        headers["X-RateLimit-Reset-After"] = str(wait)
        return 429, {"message": "You are being rate limited.", "retry_after": wait, "global": False}, headers


def discord_faults(body, attached):
    """What of the message is beyond the documented limits."""
    faults = ["content"] if units(body.get("content") or "") > 2000 else []
    total = 0
    for embed in body.get("embeds", ()):
        texts = {"title": (embed.get("title", ""), 256), "description": (embed.get("description", ""), 4096)}
        for number, field in enumerate(embed.get("fields", ())):
            texts[f"fields.{number}.name"] = (field["name"], 256)
            texts[f"fields.{number}.value"] = (field["value"], 1024)
            faults += [f"fields.{number}"] if not field["name"] or not field["value"] else []
        faults += [name for name, (text, most) in texts.items() if units(text) > most]
        faults += ["fields"] if len(embed.get("fields", ())) > 25 else []
        total += sum(units(text) for text, _ in texts.values())
        image = embed.get("image", {}).get("url", "")
        faults += ["image"] if image.removeprefix("attachment://") not in attached | {""} else []
    mentions = body.get("allowed_mentions", {})
    faults += ["allowed_mentions"] if "users" in mentions.get("parse", ()) and mentions.get("users") else []
    return {**dict.fromkeys(faults, "BASE_TYPE_MAX_LENGTH"), **({"embeds": "6000"} if total > 6000 else {})}


class SlackServer(Messenger):
    """Incoming webhooks and the Web API: https://docs.slack.dev."""

    token = "xoxb-secret-slack-token"
    secret_path = "/services/T00000000/B00000000/secretSlackPath"
    limits = ((1, 1.0),)

    def __init__(self):
        super().__init__()
        self.uploads = {}  # file id: bytes
        self.shared = []  # what completed uploads said

    @property
    def webhook(self):
        return self.url + self.secret_path

    def take(self, asked):
        path = urlsplit(asked.path).path
        if path.startswith("/services/"):
            return self.hook(path, asked)
        if path.startswith("/upload/"):
            self.uploads[path.rpartition("/")[2]] = next(iter(asked.files.values()), asked.raw)
            return 200, b"OK - 10", {"Content-Type": "text/plain"}
        if asked.headers.get("Authorization") != f"Bearer {self.token}":
            return 200, {"ok": False, "error": "invalid_auth"}
        return self.call(path.rpartition("/")[2], asked)

    def hook(self, path, asked):
        if path != self.secret_path:
            return recorded("slack/webhook_no_service_404")
        if slack_fault(asked.fields):
            return 400, b"invalid_blocks", {"Content-Type": "text/plain"}
        if wait := self.too_many():
            return 429, b"rate_limited", {"Retry-After": str(int(wait) + 1)}
        self.messages.append(asked.fields)
        return recorded("slack/webhook_ok_200")

    def call(self, method, asked):
        known = {
            "chat.postMessage": self.post_message,
            "files.getUploadURLExternal": self.offer_upload,
            "files.completeUploadExternal": self.complete_upload,
        }
        return known[method](asked.fields, asked.headers["Content-Type"])

    def post_message(self, fields, _kind):
        if fields["channel"] not in ("C1H9RESGL", "#alerts"):
            return recorded("slack/chat_postMessage_channel_not_found")
        if fault := slack_fault(fields):
            return 200, {"ok": False, "error": fault}
        if wait := self.too_many():
            return 429, {"ok": False, "error": "ratelimited"}, {"Retry-After": str(int(wait) + 1)}
        ts = f"1503435956.{next(self.numbers):06}"
        self.messages.append({**fields, "ts": ts})
        return 200, {"ok": True, "channel": "C1H9RESGL", "ts": ts, "message": {}}

    def offer_upload(self, _fields, kind):
        if not kind.startswith("application/x-www-form-urlencoded"):
            return 200, {"ok": False, "error": "invalid_arguments"}
        name = f"F{next(self.numbers)}"
        return 200, {"ok": True, "upload_url": f"{self.url}/upload/v1/{name}", "file_id": name}

    def complete_upload(self, fields, _kind):
        if not all(each["id"] in self.uploads for each in fields["files"]):
            return 200, {"ok": False, "error": "file_not_found"}
        if not fields["channel_id"].startswith("C"):  # a name is not taken here
            return 200, {"ok": False, "error": "invalid_channel"}
        self.shared.append(fields)
        return 200, {"ok": True, "files": fields["files"]}


def slack_fault(fields):
    """The error that a message beyond the documented limits gets; empty when it is sound."""
    if not fields.get("text") and not fields.get("attachments"):
        return "no_text"
    if units(json.dumps(fields, ensure_ascii=False)) > 40_000:
        return "msg_too_long"
    for attachment in fields.get("attachments", ()):
        blocks = attachment["blocks"]
        sound = len(blocks) <= 50 and all(map(slack_block_is_sound, blocks))
        if not sound:
            return "invalid_blocks"
    return ""


def slack_block_is_sound(block):
    texts = [(block["text"], 3000)] if "text" in block else []
    texts += [(field, 2000) for field in block.get("fields", ())]
    texts += [(element, 2000) for element in block.get("elements", ())]
    few = len(block.get("fields", ())) <= 10 and len(block.get("elements", ())) <= 10
    sound = all(0 < units(text["text"]) <= most for text, most in texts)
    return block["type"] in SLACK_KINDS and few and sound and bool(texts)
