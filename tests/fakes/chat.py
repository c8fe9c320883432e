"""A service that takes a group in one message, or says why not; and a house with it, moved by hand."""

from oculus.core.durations import Duration
from oculus.core.errors import ChannelError
from oculus.notify.channel import Channel, ChannelSettings


class ChatSettings(ChannelSettings, tag="chat", frozen=True, kw_only=True):
    """Nothing more."""


class Chat(Channel):
    kind = "chat"
    settings_class = ChatSettings
    group_for = Duration(seconds=5)
    sent: list
    tries: list
    refuses = None  # a function of the ids: the error to raise, or None

    def send(self, group):
        ids = [news.alert.id for news in group]
        Chat.tries.append((self.clock.monotonic(), ids))
        error = Chat.refuses(ids) if Chat.refuses else None
        if error:
            raise error
        Chat.sent.append([(news.alert.id, str(news.kind)) for news in group])


class Room:
    """A house with one chat, half a second a step."""

    def __init__(self, home, clock):
        self.home, self.clock = home, clock
        self.sender = home.notifier._senders["hook"]

    def run(self, seconds):
        for _ in range(round(seconds * 2)):
            while self.sender.deliver():
                pass
            self.clock.pass_s(0.5)

    def state(self):
        (status,) = [status for status in self.home.notifier.status() if status.name == "hook"]
        return status.state


def away(_ids):
    return ChannelError("chat refuses connections")
