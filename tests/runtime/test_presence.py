"""Whoever sits at the desktop hears first; the others when the desk is left, or nobody acknowledges."""

import pytest

RULES = """
collectors:
  - {{type: tcp, target: "127.0.0.1:{port}", name: demo, interval: 1s, timeout: 1s}}
rules:
  - name: demo_stopped
    condition: net.tcp.demo.up == 0
    channels: [desktop, log]
    prefer_desktop: true
    escalate: {{after: {after}, channels: [ops]}}
channels:
  ops: {{type: webhook, url: "{url}"}}
"""


class Desk:
    """A desktop at which somebody may sit."""

    def __init__(self):
        self.idle, self.popups = 1.0, []

    def idle_s(self):
        return self.idle

    def popup(self, popup):
        self.popups.append(popup.title)


@pytest.fixture
def watching(house, port, receiver):
    """Oculus, watching a port that may be stopped."""

    def run(after="1h"):
        return house(RULES.format(port=port.number, url=receiver.url, after=after))

    return run


def sent(oculus):
    return {(each.channel, str(each.news.kind)) for each in oculus.reader.deliveries(100) if each.sent_ms}


def test_somebody_at_the_desk_is_the_first_to_hear(watching, port, eventually):
    with watching() as oculus:
        oculus.desk = desk = Desk()
        port.stop()
        eventually(lambda: desk.popups)
        assert {each.channel for each in oculus.reader.deliveries(100)} == {"desktop"}
        desk.idle = 121.0
        eventually(lambda: ("log", "FIRED") in sent(oculus))
        assert desk.popups == ["demo_stopped fired (warn)"]


def test_what_nobody_acknowledges_goes_further(watching, port, eventually, receiver):
    with watching(after="1s") as oculus:
        oculus.desk = desk = Desk()
        desk.idle = None  # it cannot be known here
        port.stop()
        got = receiver.heard.get(timeout=30)
        assert (got["news"], got["rule"]) == ("ESCALATED", "demo_stopped")
        eventually(lambda: ("log", "FIRED") in sent(oculus))
        assert ("ops", "FIRED") not in sent(oculus)
