"""Pictures of messages, as people get them: python packaging/message_pictures.py [FOLDER]

Writes real mails, with made-up numbers, and photographs them in Chromium: dark and light, wide and as a phone
shows them; and the chart of a chat message at its full size. What chats say of many is printed.
Development only; needs Chromium.
"""

from __future__ import annotations

import base64
import math
import os
import random
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from oculus.core.alert import Alert, AlertState, News, NewsKind
from oculus.core.event import Severity
from oculus.core.metric import Metric
from oculus.core.symbols import category_of
from oculus.notify.channels import discord, slack, telegram
from oculus.notify.chart.colours import Theme
from oculus.notify.chart.picture import picture
from oculus.notify.facts import Facts
from oculus.notify.render.mail import letter
from oculus.notify.render.words import arranged

NOW_MS = 1_795_633_200_000  # 2026-11-25 19:00 UTC
MINUTE_MS = 60_000
API = "net.http.api.example.com"
LATEST = {
    API: 612.4, f"{API}.status": 503.0, f"{API}.up": 0.0, f"{API}.connect": 12.3, f"{API}.first_byte": 590.2,
    "net.http.shop.example.com": 88.5,
}  # fmt: skip
THEMES: tuple[Theme, ...] = ("dark", "light")
SIZES = {"": (760, 830), "-phone": (390, 900)}


def main(folder: Path) -> int:
    from playwright.sync_api import sync_playwright

    folder.mkdir(parents=True, exist_ok=True)
    path = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox"] if os.name == "posix" and os.geteuid() == 0 else []
        )
        for theme in THEMES:
            (folder / f"chart-{theme}.png").write_bytes(picture(news(), facts(), NOW_MS, theme) or b"")
            for mail, group in mails().items():
                for name, (width, height) in SIZES.items():
                    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=theme)
                    page.set_content(as_page(group))
                    page.screenshot(path=folder / f"{mail}{name}-{theme}.png")
                    page.close()
        browser.close()
    print(telegram.text_of(storm(), facts(), telegram.TEXT_LIMIT, "@alice"))
    print(discord.embed(digest(), facts()), slack.message(storm(), facts(), "<!here>"), sep="\n")
    return 0


def mails() -> dict[str, Sequence[News]]:
    """By the name of their pictures."""
    over = replace(news().alert, state=AlertState.RESOLVED, ended_ms=NOW_MS, worst=801.0)
    silent = replace(news().alert, value=None, threshold=None, message=f"{API}: no data for 10 m")
    return {
        "email": [news()],
        "email-over": [replace(news(), kind=NewsKind.RESOLVED, alert=over)],
        "email-down": [replace(news(), alert=down())],
        "email-no-data": [replace(news(), kind=NewsKind.NO_DATA, alert=silent)],
        "email-storm": storm(),
        "email-digest": digest(),
    }


def down() -> Alert:
    """What most alerts are about: a state, and why."""
    return replace(
        news().alert,
        rule="api_down",
        instance=f"{API}.up",
        message="The API does not answer as it should",
        value=0.0,
        threshold=0.0,
        tags={"error": "answered 503 Service Unavailable"},
    )


def storm() -> list[News]:
    """A thousand alerts at once."""
    severities = (Severity.WARN, Severity.ERROR, Severity.INFO, Severity.CRITICAL)
    alerts = [
        replace(
            news().alert,
            id=number,
            rule=f"host{number:03}_down",
            instance=f"net.http.host{number:03}.example.com",
            message=f"host{number:03} does not answer",
            severity=severities[number % 4],
        )
        for number in range(1, 1001)
    ]
    return arranged([replace(news(), alert=alert) for alert in alerts])


def digest() -> list[News]:
    """Fifty of them, as they are told when the service is back after an hour."""
    some = sorted(storm(), key=lambda each: each.alert.id)[:50]
    return [replace(each, ts_ms=NOW_MS - (50 - number) * MINUTE_MS) for number, each in enumerate(some)]


def news() -> News:
    alert = Alert(
        id=1,
        rule="api_slow",
        instance=API,
        severity=Severity.CRITICAL,
        state=AlertState.FIRING,
        message="The API answers slowly, and its health page says 503",
        value=LATEST[API],
        threshold=400.0,
        started_ms=NOW_MS - 20 * MINUTE_MS,
        fired_ms=NOW_MS - 18 * MINUTE_MS,
    )
    return News(kind=NewsKind.FIRED, alert=alert, ts_ms=NOW_MS)


def facts() -> Facts:
    chance = random.Random(4)  # noqa: S311 - pictures, not secrets
    points = [
        (
            NOW_MS - (360 - number) * MINUTE_MS // 2,
            round(140 + 25 * math.sin(number / 40) + chance.gauss(0, 9), 1)
            + (round(460 + chance.gauss(0, 50), 1) if number >= 320 else 0),
        )
        for number in range(361)
    ]
    points[-1] = (NOW_MS, LATEST[API])
    known = {API: points, f"{API}.up": [(ms, float(value < 400)) for ms, value in points]}
    newest = {
        name: Metric(NOW_MS - 12_000, category_of(name), name, value, {}) for name, value in LATEST.items()
    }
    return Facts(
        series=lambda symbol, since, until: [p for p in known.get(symbol, ()) if since <= p[0] <= until],
        latest=newest.get,
        symbols=lambda: sorted(newest),
        link=lambda path: f"http://127.0.0.1:8420{path}",
    )


def as_page(group: Sequence[News]) -> str:
    """The mail's HTML with its images in it, which a browser would not find otherwise."""
    mail = letter(group, facts(), THEMES, NOW_MS)
    html = mail.html
    for cid, png in mail.images.items():
        html = html.replace(f"cid:{cid}", "data:image/png;base64," + base64.b64encode(png).decode())
    return html


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else "message-pictures")))
