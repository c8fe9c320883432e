"""What a desktop needs: a display, somewhere for the icon, somebody who shows popups, a web view."""

from __future__ import annotations

import importlib.util
import sys

from oculus.core.extras import remedy
from oculus.desktop.display import has_display, has_notifier_tray, has_xembed_tray
from oculus.desktop.popup import HELP, who_shows_them
from oculus.desktop.view import missing_view
from oculus.desktop.way import Unavailable
from oculus.doctor.finding import Finding, odd, ok, skipped

NO_DISPLAY = "there is no display"
WITHOUT = (
    "Oculus runs without icon and window here, and any browser shows its pages. On a desktop, set DISPLAY."
)
NO_TRAY = (
    "On GNOME install the extension AppIndicator and KStatusNotifierItem Support; elsewhere add a tray to "
    "the panel. Oculus takes it up when it comes."
)


def desktop() -> list[Finding]:
    """All of it. Without a display there is nothing to look at: Oculus then runs as `oculus serve`."""
    if not has_display():
        rest = [skipped(check, NO_DISPLAY) for check in ("tray", "popups", "window")]
        return [skipped("display", NO_DISPLAY, WITHOUT), *rest]
    return [ok("display", "there is one"), tray(), popups(), window()]


def tray() -> Finding:
    if importlib.util.find_spec("pystray") is None:
        return odd("tray", "the library pystray is not installed", remedy("desktop"))
    if sys.platform != "linux":
        return ok("tray", "this system has one")
    kinds = {"new (StatusNotifier)": has_notifier_tray(), "old (XEmbed)": has_xembed_tray()}
    there = [kind for kind, found in kinds.items() if found]
    if there:
        return ok("tray", f"of the {' and the '.join(there)} kind")
    return odd(
        "tray",
        "nothing on this desktop shows icons; window and popups do without",
        NO_TRAY,
    )


def popups() -> Finding:
    try:
        return ok("popups", f"shown by {who_shows_them()}")
    except ImportError:
        return odd("popups", "the library that shows them is not installed", remedy("desktop"))
    except Unavailable as error:
        return odd("popups", f"none can be shown: {error}", HELP["linux"])


def window() -> Finding:
    why, help_ = missing_view()
    return (
        odd("window", f"{why}; the pages open in the browser instead", help_)
        if why
        else ok("window", "a web view is there")
    )
