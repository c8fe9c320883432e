"""`oculus window`: the window's own process. Started by the desktop, which talks to it over its input."""

from __future__ import annotations

import argparse

from oculus.desktop.window import run as show


def run(_args: argparse.Namespace) -> int:
    return show()
