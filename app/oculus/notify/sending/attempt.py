"""One message on its way: whether it need go at all, and the call of the channel."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from oculus.core.alert import Delivery, DeliveryState, News
from oculus.core.errors import ChannelError
from oculus.notify.channel import Channel
from oculus.notify.routing import skip_reason
from oculus.notify.sending.told import Told

log = logging.getLogger(__name__)

TOO_LATE = "it could not be sent in time"
SEEN = "it was acknowledged before it was told"


def is_over(name: str, channel: Channel | None, delivery: Delivery, told: Told, now_ms: int) -> bool:
    """Whether it needs no attempt any more on the channel of that name; its state then says why."""
    follows = told.follows(delivery.news, name)
    reason = skip_reason(delivery.news, channel.settings if channel else None, follows)
    reason = reason or (channel.absent() if channel else "")
    reason = reason or (SEEN if told.needless(delivery.news) else "")
    if reason:
        delivery.state, delivery.last_error = DeliveryState.SKIPPED, reason
    elif delivery.expires_ms <= now_ms:
        delivery.state, delivery.last_error = DeliveryState.EXPIRED, delivery.last_error or TOO_LATE
    return delivery.state.final


def speak(name: str, channel: Channel, group: Sequence[News]) -> None:
    """Send. Raises ChannelError, whatever goes wrong in the channel."""
    try:
        channel.send(group)
    except ChannelError:
        raise
    except Exception as error:  # a mistake in one channel must neither lose a message nor end the thread
        log.warning("%s: the channel's own code failed", name, exc_info=error)
        raise ChannelError(
            f"The channel's own code failed with {type(error).__name__}",
            "The log holds the details.",
            answered=True,
        ) from error
