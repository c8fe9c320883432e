"""A channel whose service is not asked: what it would make of an answer."""

from __future__ import annotations

from fakes.market import Clock
from oculus.notify.facts import NO_FACTS
from oculus.notify.sample import sample_news


class Post:
    """In place of the network: the same answer to every message."""

    def __init__(self, answer):
        self._answer = answer

    def post(self, url, body, headers, method="POST"):
        return self._answer


def posted(kind, settings, answer):
    """Send one piece of news through a channel of that kind."""
    clock = Clock()
    channel = kind("ops", settings, clock)
    channel.close()
    channel._poster = Post(answer)
    channel.send([sample_news(clock.now_ms(), NO_FACTS)])
