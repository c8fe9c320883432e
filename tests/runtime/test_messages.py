"""From a real socket to a real mail, with what the house knows in it."""

import email
from email import policy

import pytest
from aiosmtpd.controller import Controller

from fakes.messengers import free_port


class Box:
    def __init__(self):
        self.mails = []

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.mails.append(email.message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"


@pytest.fixture
def mailbox():
    box = Box()
    box.port = free_port()
    controller = Controller(box, "127.0.0.1", box.port)
    controller.start()
    yield box
    controller.stop()


def settings(port, mailbox):
    return f"""
server: {{public_url: "https://oculus.example/"}}
collectors:
  - {{type: tcp, target: "127.0.0.1:{port.number}", name: shop, interval: 1s, timeout: 1s}}
channels:
  mail: {{type: email, smtp_host: 127.0.0.1, smtp_port: {mailbox.port}, tls: none, group_for: 100ms,
          from_address: oculus@example.com, to_addresses: [me@example.com]}}
rules:
  - {{name: shop_down, condition: net.tcp.shop.up == 0, severity: critical, message: The shop is down,
     channels: [mail]}}
"""


def body(mail, kind):
    return next(part.get_content() for part in mail.walk() if part.get_content_type() == kind)


def test_a_mail_has_the_chart_the_numbers_and_the_link_and_its_end_answers_it_after_a_restart(
    house, port, mailbox, eventually
):
    text = settings(port, mailbox)
    with house(text) as oculus:
        counted = "SELECT count(*) FROM metrics WHERE symbol = 'net.tcp.shop.up'"
        eventually(lambda: oculus.reader.query(counted).rows[0][0] >= 2)
        port.stop()
        eventually(lambda: mailbox.mails)
        sent = "SELECT state FROM deliveries"
        eventually(lambda: oculus.reader.query(sent).rows == [["sent"]])
    port.start()
    with house(text):
        eventually(lambda: len(mailbox.mails) == 2)
    fired, resolved = mailbox.mails
    html = body(fired, "text/html")
    assert "https://oculus.example/metric/net.tcp.shop.up" in html
    assert body(fired, "image/png").startswith(b"\x89PNG")
    assert "net.tcp.shop.up" in body(fired, "text/plain").split("Now:")[1]
    assert fired["Subject"] == "[critical] shop_down: The shop is down"
    assert resolved["Subject"] == f"Re: {fired['Subject']}"
    assert resolved["References"] == fired["Message-ID"]
    assert "shop_down resolved" in body(resolved, "text/plain")
