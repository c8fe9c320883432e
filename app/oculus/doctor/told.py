"""Every channel: whether its service can be reached, or how the running copy gets on with it.

No message is sent. `oculus send-test` does that, one channel at a time.
"""

from __future__ import annotations

import importlib.util
import socket
import urllib.request
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

from oculus.core.extras import remedy
from oculus.core.secret import Secret
from oculus.doctor.finding import Finding, bad, explain, odd, ok, skipped
from oculus.notify.channel import ChannelSettings
from oculus.notify.channels.apprise import MISSING, AppriseSettings
from oculus.settings.schema import Settings

CONNECT_S = 5.0
AT_ONCE = 8
ADDRESSES = ("url", "discord_webhook", "slack_webhook", "api_url")  # of services, the first that is given
PORTS = {"http": 80, "https": 443}
TRY = "`oculus send-test {name}` sends a real message."


def reach_all(settings: Settings, explained: str = "") -> list[Finding]:
    """Connect to the service of every channel that is on. `explained` as for the sources."""
    with ThreadPoolExecutor(AT_ONCE, "doctor") as pool:
        found = pool.map(lambda pair: reach(*pair), settings.channels.items())
        return [explain(each, explained) for each in found]


def reach(name: str, settings: ChannelSettings) -> Finding:
    check = f"channel {name}"
    if not settings.enabled:
        return skipped(check, "it is switched off")
    if isinstance(settings, AppriseSettings):
        if importlib.util.find_spec("apprise") is None:
            return bad(check, MISSING, remedy("apprise"))
        return skipped(check, "only Apprise knows whom it asks", TRY.format(name=name))
    place = service(settings)
    if place is None:
        return ok(check, "needs no service")
    if place[1] in PORTS.values() and urllib.request.getproxies():
        return skipped(check, "it is reached through a proxy", TRY.format(name=name))
    return connect(check, name, *place)


def service(settings: ChannelSettings) -> tuple[str, int] | None:
    """Where the channel's service is. Only its host is taken from an address that may hold a secret."""
    if host := getattr(settings, "smtp_host", ""):
        return str(host), int(getattr(settings, "smtp_port", 25))
    for field in ADDRESSES:
        given = getattr(settings, field, "")
        parts = urlsplit((given.reveal() if isinstance(given, Secret) else str(given)).strip())
        if parts.hostname:
            return parts.hostname, parts.port or PORTS.get(parts.scheme, 443)
    return None


def connect(check: str, name: str, host: str, port: int) -> Finding:
    try:
        socket.create_connection((host, port), CONNECT_S).close()
    except OSError as error:
        why = error.strerror or f"no answer within {CONNECT_S:.0f} s"
        remedy = (
            f"Check the address in the settings and the way there (firewall, proxy). {TRY.format(name=name)}"
        )
        return bad(check, f"{host}:{port} cannot be reached: {why}", remedy)
    return ok(check, f"{host}:{port} can be reached; {TRY.format(name=name)}")


def as_told(channels: Sequence[Mapping[str, Any]]) -> list[Finding]:
    """From the answer of /api/channels."""
    return [of_channel(told) for told in channels]


def of_channel(told: Mapping[str, Any]) -> Finding:
    check, remedy = f"channel {told['name']}", TRY.format(name=told["name"])
    if told["state"] == "off":
        return skipped(check, told["last_error"] or "it is switched off")
    if told["state"] == "broken":
        return bad(check, told["last_error"], f"Mend its entry under channels in the settings. {remedy}")
    if told["last_error"]:
        return odd(check, told["last_error"], f"Oculus tries again by itself. {remedy}")
    return ok(check, f"last message {told['last_sent']}" if told["last_sent"] else "nothing was sent yet")
