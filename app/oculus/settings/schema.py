"""Everything that can be set, as one type. Each stage says itself what can be set for it."""

from __future__ import annotations

from operator import attrgetter
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from oculus.collectors.anchors import ConnectivitySettings
from oculus.collectors.collector import CollectorSettings
from oculus.collectors.sources.settings import SourcesSettings
from oculus.core.secret import Secret
from oculus.notify.channel import ChannelSettings
from oculus.rules.life.hours import Mute
from oculus.rules.settings import RuleSettings
from oculus.settings.draft import SettingsProblem
from oculus.storage.settings import StorageSettings

__all__ = [
    "SECTIONS",
    "LoggingSettings",
    "RateLimit",
    "ServerSettings",
    "Settings",
    "SettingsProblem",
    "TlsSettings",
]


class RateLimit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How often one client may ask the API."""

    per_second: Annotated[float, Meta(description="Requests a second, on average.", gt=0)] = 10.0
    burst: Annotated[int, Meta(description="Requests at once.", ge=1)] = 20


class TlsSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A certificate of your own, for pages and API under https://."""

    cert: Annotated[str, Meta(description="PEM file with the certificate and those above it.", min_length=1)]
    key: Annotated[str, Meta(description="PEM file with its key, without a password.", min_length=1)]


class ServerSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the pages and the API are served."""

    host: Annotated[
        str, Meta(description="Address to listen on; 0.0.0.0 lets other machines in.", min_length=1)
    ] = "127.0.0.1"
    port: Annotated[int, Meta(description="Port to listen on; 0 picks a free one.", ge=0, le=65535)] = 8420
    token: Annotated[
        Secret, Meta(description="What every request must show; empty: made on first start.")
    ] = field(default_factory=lambda: Secret(""))
    rate_limit: Annotated[RateLimit, Meta(description="How often one client may ask the API.")] = field(
        default_factory=RateLimit
    )
    public_url: Annotated[
        str,
        Meta(
            description="Where people reach the pages, for links in messages; empty: where they are served.",
            pattern=r"^(https?://\S+)?$",
        ),
    ] = ""
    tls: Annotated[
        TlsSettings | None, Meta(description="Serve https:// with this certificate; http:// without.")
    ] = None
    names: Annotated[list[str], Meta(description="Further host names under which the pages are reached.")] = (
        field(default_factory=list)
    )


class DesktopSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the icon near the clock and the window are."""

    pinned: Annotated[
        tuple[str, ...],
        Meta(description="Symbols whose values the icon's tooltip and menu show.", max_length=10),
    ] = ()
    software_rendering: Annotated[
        bool, Meta(description="Draw the window without the graphics card, where it stays blank with it.")
    ] = False


class LoggingSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What Oculus writes about itself, into logs/oculus.log of the data folder."""

    level: Annotated[
        str,
        Meta(
            description="trace, debug, info, warn or error; or for each part: info,rules=debug.", min_length=1
        ),
    ] = "info"
    format: Annotated[Literal["json", "text"], Meta(description="JSON lines, or text for eyes.")] = "json"
    keep_days: Annotated[int, Meta(description="Days after which old logs go.", ge=1, le=3650)] = 14


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person can set, read from oculus.yaml and the files beside it."""

    server: Annotated[ServerSettings, Meta(description="Where the pages and the API are served.")] = field(
        default_factory=ServerSettings
    )
    storage: Annotated[StorageSettings, Meta(description="Where the numbers are kept, and for how long.")] = (
        field(default_factory=StorageSettings)
    )
    logging: Annotated[LoggingSettings, Meta(description="What Oculus writes about itself.")] = field(
        default_factory=LoggingSettings
    )
    desktop: Annotated[DesktopSettings, Meta(description="The icon near the clock, and the window.")] = field(
        default_factory=DesktopSettings
    )
    connectivity: Annotated[
        ConnectivitySettings | Literal["off"],
        Meta(description="How a lost network of this machine is told from hosts that are down; or off."),
    ] = field(default_factory=ConnectivitySettings)
    sources: Annotated[
        SourcesSettings, Meta(description="How providers are asked; shared by all collectors that ask them.")
    ] = field(default_factory=SourcesSettings)
    collectors: Annotated[list[CollectorSettings], Meta(description="What is watched.")] = field(
        default_factory=list
    )
    channels: Annotated[
        dict[str, ChannelSettings],
        Meta(description="Ways to tell a person, by name; `log` and `desktop` are always there."),
    ] = field(default_factory=dict)
    rules: Annotated[list[RuleSettings], Meta(description="What is worth telling, and to whom.")] = field(
        default_factory=list
    )
    mute: Annotated[
        list[Mute], Meta(description="Hours in which nobody is told; what still fires is told after.")
    ] = field(default_factory=list)
    files: Annotated[list[Path], Meta(description="The files that were read.")] = field(default_factory=list)
    notices: Annotated[list[str], Meta(description="What looks odd, but is no reason to refuse.")] = field(
        default_factory=list
    )

    def of_the_start(self) -> dict[str, object]:
        """What counts from a start on, by its name; all else is taken on while Oculus runs."""
        return {name: attrgetter(name)(self) for name in AT_START}


AT_START = (
    "server.host",
    "server.port",
    "server.token",
    "server.tls",
    "storage.path",
    "storage.memory_limit",
    "logging.format",
    "logging.keep_days",
)
SECTIONS = (
    "server",
    "storage",
    "logging",
    "desktop",
    "connectivity",
    "sources",
    "collectors",
    "channels",
    "rules",
    "mute",
)  # what a file may hold
