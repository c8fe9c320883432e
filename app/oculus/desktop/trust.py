"""How the window knows our own certificate, which is often signed by nobody and names another host."""

from __future__ import annotations

import sys
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

UNKNOWN = "the pages' certificate is not known to it"


def trust(webview: Any, window: Any, link: str, certificate: str, refuse: Callable[[str], None]) -> None:
    """Let `window` show the pages at `link` with the certificate in that file; before it loads them.

    `refuse` is called with the reason, in words, when it cannot show them after all.
    """
    host = urlsplit(link).hostname or ""
    if sys.platform == "linux":
        # Called by pywebview once the view is made and before it loads.
        window.events.before_show += lambda: trust_in_gtk(host, certificate, refuse)
    elif is_here(host):
        # There it knows all certificates or those of the system. To this machine nobody comes in between.
        webview.settings["IGNORE_SSL_ERRORS"] = True


def trust_in_gtk(host: str, certificate: str, refuse: Callable[[str], None]) -> None:
    """That very certificate, for that very host."""
    from gi.repository import Gio

    known = Gio.TlsCertificate.new_from_file(certificate)
    for view in sys.modules["webview.platforms.gtk"].BrowserView.instances.values():
        view.webview.get_context().allow_tls_certificate_for_host(known, host)
        view.webview.connect("load-failed-with-tls-errors", lambda *_: refuse(UNKNOWN))


def is_here(host: str) -> bool:
    """Whether it is this machine itself."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
