"""The lasting names of series: how they are cleaned, matched and measured.

A symbol is lower case: letters, digits and `. _ - : /`. What a main symbol (`net.ping.<host>`) adds
after its own name (`.loss`, `.up`) is a part; a glob such as `net.ping.*` means main symbols only.
"""

from __future__ import annotations

import re
from functools import lru_cache

PARTS = {
    "net.ping": ("loss", "jitter", "min", "max", "up"),
    "net.tcp": ("up",),
    "net.http": (
        "status", "match", "bytes", "dns", "connect", "tls", "first_byte", "transfer", "tls_days", "up",
    ),
    "net.dns": ("up",),
    "crypto.price": ("change_24h",),
    "stock.price": ("change",),
    "stock.index": ("change",),
    "stock.sector": ("change",),
}  # fmt: skip
PART_UNITS = {
    "loss": "%", "status": "", "match": "", "up": "", "bytes": "B", "tls_days": "d",
    "change_24h": "%", "change": "%",
}  # fmt: skip
OWN = "oculus."  # how those begin that Oculus writes about itself
VALID = re.compile(r"[a-z0-9._\-:/]+")


def clean(text: str) -> str:
    """Make `text` fit for a symbol: lower case, anything else becomes "-"."""
    return re.sub(r"[^a-z0-9._\-:/]+", "-", text.strip().lower()).strip("-") or "-"


def category_of(symbol: str) -> str:
    """The first two parts: "net.ping" of "net.ping.example.com.loss"."""
    return ".".join(symbol.split(".", 2)[:2])


def part_of(symbol: str) -> str:
    """What a symbol says about its main one: "loss" of "net.ping.example.com.loss", else ""."""
    last = symbol.rpartition(".")[2]
    known = PARTS.get(category_of(symbol), ())
    return last if last in known and symbol.count(".") > 2 else ""


def main_of(symbol: str) -> str:
    """The main symbol that `symbol` belongs to; itself when it is one."""
    part = part_of(symbol)
    return symbol.removesuffix(f".{part}") if part else symbol


def unit_of(symbol: str, tags: dict[str, str] | None = None) -> str:
    """The unit a value is shown with: ms, %, B, d, a currency, whatever a plugin tagged, or none."""
    if tags and "unit" in tags:
        return tags["unit"]
    part = part_of(symbol)
    if part in PART_UNITS:
        return PART_UNITS[part]
    if symbol.startswith("net."):
        return "ms"
    return (tags or {}).get("currency", "").upper()


def is_share(symbol: str) -> bool:
    """Whether its values lie between 0 and 1: odds, probabilities, and what is either so or not."""
    return symbol.startswith("pred.") or symbol.endswith((".up", ".match"))


@lru_cache(maxsize=4096)
def glob_regex(pattern: str) -> re.Pattern[str]:
    """A pattern whose `*` stand for any name, dots included, each caught as a group."""
    return re.compile("(.+)".join(map(re.escape, pattern.split("*"))))


def matches(pattern: str, symbol: str) -> bool:
    """Whether `pattern` means `symbol`. A glob that names no part means main symbols only."""
    return matched_name(pattern, symbol) is not None


def matched_name(pattern: str, symbol: str) -> str | None:
    """What `*` stands for in `symbol`; "" when the pattern has none; None when it does not match."""
    if "*" not in pattern:
        return "" if pattern == symbol else None
    found = glob_regex(pattern).fullmatch(symbol)
    if found is None:
        return None
    if pattern.endswith("*") and part_of(symbol):
        return None
    return "*".join(found.groups())
