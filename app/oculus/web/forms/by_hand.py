"""What is set in a file only: where it is written, and what such lines look like."""

from __future__ import annotations

from msgspec import Struct, inspect

from oculus.runtime import Oculus
from oculus.settings.objects import spots
from oculus.settings.schema import Settings

EXAMPLES = {
    "server": """\
server:
  host: 0.0.0.0  # for others too
  port: 8420
  names: [oculus.lan]  # under which others reach it
  public_url: http://oculus.lan:8420  # in the links of messages
  token: "${OCULUS_TOKEN:-}"  # 32 characters or more; empty: made on first start
  # tls: {cert: /etc/ssl/oculus.crt, key: /etc/ssl/oculus.key}
  rate_limit: {per_second: 10, burst: 20}""",
    "storage": "storage:\n  retention: 30d\n  max_size: 8GiB",
    "logging": "logging:\n  level: info,rules=debug\n  keep_days: 30",
    "desktop": "desktop:\n  pinned: [crypto.price.btc_usd, net.ping.gw]",
    "connectivity": 'connectivity:\n  anchors: ["1.1.1.1:53", "9.9.9.9:53"]',
}


class Section(Struct, frozen=True):
    """One part of the settings. `spot`: file and line, empty where nothing is written yet."""

    name: str
    about: str
    spot: str
    example: str


def by_hand(oculus: Oculus) -> list[Section]:
    """Those without a form."""
    info = inspect.type_info(Settings)
    assert isinstance(info, inspect.StructType)
    about = {field.name: getattr(field.type, "extra_json_schema", None) or {} for field in info.fields}
    files = oculus.settings.files
    written = spots(files[0]) if files else {}
    return [
        Section(name, about[name].get("description", ""), written.get(name, ""), example)
        for name, example in EXAMPLES.items()
    ]
