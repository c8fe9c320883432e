"""Text from rules, tags and sources made harmless for each platform, and cut to its limits.

A symbol called `<b>@everyone` is shown as it is written and mentions nobody.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable

QUIET = "\u2060"  # word joiner: not seen, but "@\u2060everyone" is no mention any more
DISCORD_SIGNS = re.compile(r"([\\*_~`|<>\[\]]|^[#\-+])")  # the last ones begin lists and headings
# Inside a word they do nothing, and names such as btc_usd stay fit to be copied.
SLACK_SIGNS = re.compile(r"((?<![A-Za-z0-9])[*_~]|[*_~](?![A-Za-z0-9])|`)")
ELLIPSIS = "…"


def for_telegram(text: str) -> str:
    """For parse_mode HTML."""
    return html.escape(quiet(text), quote=False)


def for_discord(text: str) -> str:
    """For any text of a message, embeds too: no mark-up, no links in words, no <@ids>."""
    return DISCORD_SIGNS.sub(r"\\\1", quiet(text))


def for_slack(text: str) -> str:
    """For mrkdwn and plain text. Its emphasis cannot be escaped: a joiner keeps its signs from working."""
    escaped = quiet(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return SLACK_SIGNS.sub(rf"{QUIET}\1{QUIET}", escaped)


def quiet(text: str) -> str:
    """Nobody is called by an @ in it."""
    return text.replace("@", f"@{QUIET}")


def units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def shorten(text: str, limit: int) -> str:
    """At most `limit` UTF-16 units, which is what services count; an ellipsis stands for the rest."""
    if units(text) <= limit:
        return text
    kept = text.encode("utf-16-le")[: 2 * max(0, limit - 1)].decode("utf-16-le", "ignore")
    return kept.rstrip() + ELLIPSIS


def within(make: Callable[[int], str], limit: int, size: Callable[[str], int] = units) -> str:
    """What `make` makes, given how long its longest part may be, kept within `limit`."""
    longest = limit
    while (over := size(text := make(longest)) - limit) > 0 and longest > 0:
        longest = max(0, longest - over)
    return text
