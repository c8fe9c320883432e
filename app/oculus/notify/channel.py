"""What every channel is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Annotated, ClassVar, NamedTuple

from msgspec import Meta, Struct

from oculus.core.alert import News
from oculus.core.clock import Clock
from oculus.core.durations import Duration
from oculus.core.event import Severity
from oculus.core.outgoing import UNSHOWN, origin
from oculus.notify.facts import NO_FACTS, Facts

WRITE_ADDRESS = "write it like https://host/path"


class Limit(NamedTuple):
    """At most so many messages in any so many seconds."""

    messages: int
    seconds: float


class ChannelSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type"):
    """What can be set for any channel."""

    enabled: Annotated[bool, Meta(description="Whether anything is sent here.")] = True
    min_severity: Annotated[
        Severity, Meta(description="What is less severe is not sent here: info, warn, error or critical.")
    ] = Severity.INFO
    send_resolved: Annotated[
        bool, Meta(description="Whether the end of an alert is told too, where its beginning was.")
    ] = True
    mention: Annotated[
        tuple[str, ...], Meta(description="Who is called by name, such as @here; a rule may name others.")
    ] = ()
    mention_from: Annotated[
        Severity, Meta(description="From which severity on somebody is called by name.")
    ] = Severity.CRITICAL

    def need(self, **addresses: str) -> None:
        """Raises ValueError for what is no address of the web. It is not quoted: it may hold a secret."""
        wrong = [name for name, address in addresses.items() if origin(address.strip()) == UNSHOWN]
        if self.enabled and wrong:
            told = f"is no address that can be posted to; {WRITE_ADDRESS}"
            raise ValueError("; ".join(f"{name} {told}" for name in wrong))


class Channel(ABC):
    """A way to tell a person.

    It is never asked to send twice at the same time, so it needs no locks. It may be slow, and
    delays nobody but itself, but must not hang: every wait ends. Waiting, retrying, grouping,
    counting and keeping to `limits` belong to its sender.
    """

    kind: ClassVar[str]  # its `type` in the settings
    settings_class: ClassVar[type[ChannelSettings]]
    group_for: Duration = Duration(0)  # news within this time goes as one message; 0: nothing waits
    gathers: bool = False  # whether what is due at once may go as one message although nothing waits
    whole: ClassVar[bool] = False  # for programs: all of it is told, what came to nothing too
    limits: tuple[Limit, ...] = ()  # what the service allows, or people can take

    def __init__(self, name: str, settings: ChannelSettings, clock: Clock, facts: Facts = NO_FACTS) -> None:
        self.name = name  # as rules call it
        self.settings = settings
        self.clock = clock
        self.facts = facts
        self.free_at = 0.0  # monotonic: the service wishes not to be spoken to before

    def absent(self) -> str:
        """Why there is nobody here to tell at present; "" when there is. What comes meanwhile is skipped."""
        return ""

    @abstractmethod
    def send(self, group: Sequence[News]) -> None:
        """Tell all of `group`, in this order, as one message: one piece of news, unless it groups or gathers.

        Returns once the service has taken it. Raises ChannelError when it has not: `permanent` when
        trying again cannot help, with `retry_after_s` when the service said how long to wait. Its
        words reach people and the log, so no secret and no address that holds one may be in them.
        """

    def fits(self, group: Sequence[News], late: bool) -> int:  # noqa: ARG002, some go by it
        """How many of `group`, from its beginning, the next message takes. Asked of who is told the `whole`.

        `late`: some of it could not be sent before, so that the message is a digest.
        """
        return len(group)

    def close(self) -> None:  # noqa: B027, most channels hold nothing
        """Let go of connections; cut short a `send` that is under way. Called from another thread."""
