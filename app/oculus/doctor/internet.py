"""Whether the world outside can be reached. Said once: without it, half of all else fails for this reason."""

from __future__ import annotations

from typing import Literal

from oculus.collectors.anchors import ConnectivitySettings, any_answers
from oculus.collectors.network.deadline import Deadline
from oculus.collectors.network.down import Down
from oculus.collectors.network.resolve import resolve
from oculus.doctor.clock import SERVER
from oculus.doctor.finding import Finding, odd, ok

NAME = SERVER[0]  # asked for its time, too, so nobody else learns of this
PATIENCE_S = 3.0
WAY = "Look at this machine's cable, Wi-Fi or VPN, and at its router. What is outside fails until then."
NAMES = "Look at the name server that this machine is told to ask: /etc/resolv.conf on Linux, or the router."
ANCHORS = (
    "If a firewall keeps them away, name addresses that do answer under connectivity.anchors in the "
    "settings; by them Oculus tells an outage of its own from hosts that are down."
)


EXPLAINED = "Perhaps only for what `internet` says above."


def internet(connectivity: ConnectivitySettings | Literal["off"], name: str = NAME) -> tuple[Finding, str]:
    """Asks for a name and for the anchors, the router aside: that answers without an internet, too.

    Also returns what to say of those outside that do not answer either; "" where it is no reason for that.
    """
    anchors = (ConnectivitySettings() if connectivity == "off" else connectivity).anchors
    asked = ", ".join(anchors)
    answered = any_answers(ConnectivitySettings(anchors=anchors, gateway=False))
    known = is_known(name)
    if answered and known:
        return ok("internet", "names are found, and addresses answer"), ""
    if answered:
        return odd("internet", f"no name is found, such as {name}, though addresses answer", NAMES), EXPLAINED
    if known:
        return odd("internet", f"names are found, but nothing answers at {asked}", ANCHORS), ""
    says = f"there is none: no name is found, such as {name}, and nothing answers at {asked}"
    return odd("internet", says, WAY), EXPLAINED


def is_known(name: str) -> bool:
    try:
        return bool(resolve(name, 0, Deadline(PATIENCE_S)))
    except Down:
        return False
