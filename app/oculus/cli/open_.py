"""`oculus open`: the dashboard of the running copy, in its window, or in the default browser."""

from __future__ import annotations

import argparse
import sys
import webbrowser

from oculus.cli.client import Running
from oculus.cli.copy import must_run
from oculus.cli.place import place


def run(args: argparse.Namespace) -> int:
    return show(must_run(args, place(args)))


def show(copy: Running) -> int:
    """Bring the window of `copy` to the front; where it has no desktop, open its pages in the browser."""
    if copy.post("/api/window", {})["opened"]:
        return 0
    # The link opens the pages once; the token itself never stands in an address.
    link = copy.post("/api/link", {})["link"]
    if not webbrowser.open(link):
        print("No browser could be started here. Open this within a minute:", file=sys.stderr)
        print(link)
    return 0
