"""Pictures of the pages, with numbers as a person would have them.

    python packaging/screenshots.py [FOLDER] [PAGE ...]

Serves the real pages of a real Oculus that has seen a made-up world (screenshot_world.py), and photographs
them in dark and light, wide and as a phone shows them. Development only; needs Chromium and the extra `test`.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from PIL import Image

import screenshot_world
from oculus.core.secret import Secret
from oculus.web.serving.server import WebServer

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SQL = r"""SELECT time_bucket(INTERVAL '15 minutes', ts) AS quarter, symbol, avg(value) AS mean
FROM metrics
WHERE category = 'net.ping' AND ts > now() - INTERVAL '12 hours'
  AND NOT regexp_matches(symbol, '\.(up|loss|jitter)$')
GROUP BY ALL ORDER BY quarter"""
PAGES = {
    "dashboard": "/",
    "symbol": "/metric/net.http.shop.example?range=24h",
    "alerts": "/alerts",
    "rules": "/rules",
    "rule": "/rules/shop_slow",
    "backtest": "/backtest/api_slow?span=1d&b.for=2m&b.threshold=320",
    "noise": "/noise",
    "collectors": "/collectors",
    "channels": "/channels",
    "sql": "/query#sql=" + quote(SQL),
    "settings": "/settings",
    "settings-new": "/settings/new?section=collectors&type=http",
    "about": "/about",
}
PRESSED = {"sql": "[data-show=chart]"}  # before the picture
SIZES = {"": (1440, 1000), "-phone": (390, 844)}
SCHEMES = {"": "dark", "-light": "light"}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PHONES = ("dashboard-phone", "symbol-phone-light", "rule-phone", "alerts-phone-light")
SPACE = 24  # between them
TOKEN = Secret("a-token-for-pictures-of-enough-characters")
CALM_MS = 1200  # for charts to be drawn, and what moves to have arrived


class Unanswered(Exception):
    """A page that is not there: the pictures would show an error."""


def photograph(browser: Browser, server: WebServer, folder: Path, names: list[str]) -> None:
    """Each page in each size and scheme. Raises Unanswered."""
    for size, (width, height) in SIZES.items():
        for shade, scheme in SCHEMES.items():
            context = browser.new_context(
                viewport={"width": width, "height": height},
                color_scheme="dark" if scheme == "dark" else "light",
                reduced_motion="reduce",
            )
            page = context.new_page()
            page.set_default_timeout(120_000)  # the machine may be busy
            page.goto(server.one_time_link())
            for name in names:
                answer = page.goto(server.url + PAGES[name])
                if answer and not answer.ok:
                    raise Unanswered(f"{PAGES[name]} answers {answer.status}")
                if name in PRESSED:
                    page.click(PRESSED[name])
                page.wait_for_timeout(CALM_MS)
                page.screenshot(path=folder / f"{name}{size}{shade}.png")
            context.close()


def side_by_side(folder: Path) -> None:
    """phone.png, of what a phone shows, if those pictures are there."""
    paths = [folder / f"{name}.png" for name in PHONES]
    if not all(map(Path.exists, paths)):
        return
    pictures = [Image.open(path) for path in paths]
    width, height = SIZES["-phone"]
    whole = Image.new("RGBA", (len(pictures) * (width + SPACE) - SPACE, height))
    for place, picture in enumerate(pictures):
        whole.paste(picture, (place * (width + SPACE), 0))
    whole.save(folder / "phone.png", optimize=True)


def main(folder: Path, names: list[str]) -> int:
    """The exit code: 1 without Chromium, 2 for a page that is none of PAGES."""
    from playwright.sync_api import sync_playwright

    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        print("no Chromium on this machine: install the package `chromium`", file=sys.stderr)
        return 1
    if unknown := sorted(set(names) - set(PAGES)):
        print(f"no page is called {', '.join(unknown)}; there are {', '.join(PAGES)}", file=sys.stderr)
        return 2
    root = hasattr(os, "geteuid") and os.geteuid() == 0  # its sandbox refuses root
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="oculus-pictures-") as home,
        screenshot_world.running(Path(home)) as oculus,
        WebServer(oculus, "127.0.0.1", 0, TOKEN) as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"] if root else [])
        photograph(browser, server, folder, names or list(PAGES))
        browser.close()
    side_by_side(folder)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1] if len(sys.argv) > 1 else "build/screenshots"), sys.argv[2:]))
