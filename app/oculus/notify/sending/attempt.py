"""One message on its way: whether it need go at all, and the call of the channel."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from oculus.core.alert import Delivery, DeliveryState, News
from oculus.core.errors import ChannelError
from oculus.notify.channel import Channel
from oculus.notify.routing import skip_reason

log = logging.getLogger(__name__)

TOO_LATE = "it could not be sent in time"


def is_over(delivery: Delivery, channel: Channel | None, told: bool, now_ms: int) -> bool:
    """Whether it needs no attempt any more; its state then says why. `told`: the channel knows its story."""
    reason = skip_reason(delivery.news, channel.settings if channel else None, told)
    reason = reason or (channel.absent() if channel else "")
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
