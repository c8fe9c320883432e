"""Targets as people write them: example.com:443, 10.0.0.1:22, [::1]:5432."""

from __future__ import annotations

import ipaddress
import re

HOST = re.compile(r"(?!-)[^\s\x00-\x1f\x7f\[\]/@?#]{1,253}")
EXAMPLES = "example.com:443 or [::1]:443"


def split_host_port(text: str, default: int | None = None) -> tuple[str, int]:
    """The host, without brackets, and the port. Raises ValueError, worded for the person who wrote it."""
    host, port = cut(text, default)
    if not port.isascii() or not port.isdecimal() or not 1 <= int(port) <= 65535:
        raise ValueError(f"{text!r} has no port from 1 to 65535; write {EXAMPLES}")
    return check_host(host), int(port)


def check_host(host: str) -> str:
    """A name or an address that can be asked for. Raises ValueError in words."""
    if not HOST.fullmatch(host) or (":" in host and not is_address(host)):
        raise ValueError(
            f"{host!r} is not a host; write a name or an address such as example.com or 10.0.0.1"
        )
    return host


def is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def cut(text: str, default: int | None) -> tuple[str, str]:
    if text.startswith("["):
        host, closed, rest = text[1:].partition("]")
        if closed and (rest.startswith(":") or not rest):
            return host, rest[1:] or str(default or "")
    if default is not None and (":" not in text or is_address(text)):
        return text, str(default)
    host, _, port = text.rpartition(":")
    return host, port
