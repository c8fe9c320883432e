"""Popups over the session bus, as every Linux desktop has them (org.freedesktop.Notifications).

One connection for asking and for hearing of clicks, because some services tell them only to who asked.
"""

from __future__ import annotations

import contextlib
import html
import logging
import os
import queue
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import TimeoutError as FutureTimeout
from pathlib import Path
from typing import Any

from jeepney import DBusAddress, HeaderFields, MatchRule, Message, MessageType, message_bus, new_method_call
from jeepney.io.common import RouterClosed
from jeepney.io.threading import DBusRouter, open_dbus_connection

from oculus.core.desk import Popup
from oculus.core.event import Severity
from oculus.core.paths import bundled
from oculus.desktop.way import Unavailable
from oculus.desktop.words import BODY, TITLE, clipped, clipped_lines

log = logging.getLogger(__name__)

NAME = "org.freedesktop.Notifications"
SERVICE = DBusAddress("/org/freedesktop/Notifications", NAME, NAME)
ANSWER_S = 3.0
REMEMBERED = 50  # popups whose click still finds its page
CALM, NORMAL, URGENT = 0, 1, 2


class Router(DBusRouter):  # type: ignore[misc]
    """Ends quietly with its bus: the next popup notices, and looks for a new one."""

    def _receiver(self) -> None:
        try:
            super()._receiver()
        except (OSError, EOFError) as error:
            log.info("popups: the session bus has gone: %s", error)


class Bus:
    """A way to show a popup."""

    name = "session bus"

    def __init__(self, open_page: Callable[[str], None]) -> None:
        self._open_page = open_page
        self._router: DBusRouter | None = None
        self._connection: Any = None
        self._pages: OrderedDict[int, str] = OrderedDict()  # by the number the service gave the popup
        self._clicks: queue.Queue[Message | None] = queue.Queue(maxsize=100)

    def show(self, popup: Popup) -> None:
        able = self._ask("GetCapabilities")[0]
        (number,) = self._ask("Notify", "susssasa{sv}i", arguments(popup, able))
        self._pages[number] = popup.path
        while len(self._pages) > REMEMBERED:
            self._pages.popitem(last=False)

    def service(self) -> str:
        """The name of who shows them. Raises Unavailable."""
        return str(self._ask("GetServerInformation")[0])

    def close(self) -> None:
        router, self._router = self._router, None
        if router:
            with contextlib.suppress(OSError):
                self._clicks.put(None)  # ends the thread that follows them
                router.close()
                self._connection.close()

    def _ask(self, method: str, signature: str | None = None, body: tuple[Any, ...] = ()) -> tuple[Any, ...]:
        """Call the service. A connection that has died is made anew once."""
        for fresh in (False, True):
            try:
                return self._call(new_method_call(SERVICE, method, signature, body), fresh)
            except (TimeoutError, FutureTimeout) as error:
                raise Unavailable(
                    f"the notification service does not answer within {ANSWER_S:.0f} s"
                ) from error
            except (OSError, EOFError, RouterClosed) as error:
                if fresh:
                    raise Unavailable(f"the session bus cannot be used: {error}") from error
        raise AssertionError("the loop above returns or raises")

    def _call(self, message: Message, fresh: bool) -> tuple[Any, ...]:
        reply = self._connected(fresh).send_and_get_reply(message, timeout=ANSWER_S)
        if reply.header.message_type is MessageType.error:
            said = reply.body[0] if reply.body else reply.header.fields.get(HeaderFields.error_name, "")
            raise Unavailable(f"no notification service answers: {said}")
        return tuple(reply.body)

    def _connected(self, fresh: bool) -> DBusRouter:
        if self._router is None or fresh:
            self.close()
            self._connection = open_dbus_connection(bus_address(), auth_timeout=ANSWER_S)
            self._router = Router(self._connection)
            self._hear_clicks(self._router)
        return self._router

    def _hear_clicks(self, router: DBusRouter) -> None:
        clicked = MatchRule(type="signal", interface=NAME, member="ActionInvoked", path=SERVICE.object_path)
        router.send_and_get_reply(message_bus.AddMatch(clicked), timeout=ANSWER_S)
        self._clicks = queue.Queue(maxsize=100)
        router.filter(clicked, queue=self._clicks)
        threading.Thread(target=self._follow, args=(self._clicks,), name="popup-clicks", daemon=True).start()

    def _follow(self, clicks: queue.Queue[Message | None]) -> None:
        while (message := clicks.get()) is not None:
            page = self._pages.pop(message.body[0], None)
            if page is not None:
                self._open_page(page)


def arguments(popup: Popup, able: list[str]) -> tuple[Any, ...]:
    """What Notify takes. A body is mark-up only where the service says so; a title never is."""
    body = clipped_lines(popup.text, BODY)
    body = html.escape(body, quote=False) if "body-markup" in able else body
    actions = ["default", "Open"] if "actions" in able else []
    hints = {
        "urgency": ("y", urgency(popup)),
        "category": ("s", "network" if not popup.over else "network.connected"),
        "desktop-entry": ("s", "oculus"),
    }
    return "Oculus", 0, icon_of(popup), clipped(popup.title, TITLE), body, actions, hints, -1


def urgency(popup: Popup) -> int:
    if popup.over:
        return CALM
    return URGENT if popup.severity is Severity.CRITICAL else NORMAL


def icon_of(popup: Popup) -> str:
    """A picture of the state; the word `info` has none, so it has the eye."""
    state = "ok" if popup.over or popup.severity is Severity.INFO else popup.severity.value
    return str(bundled("assets", "icons", f"{state}.png"))


def bus_address() -> str:
    """Where the session's bus is. A login manager may not have told us; then it is at the usual place."""
    given = os.environ.get("DBUS_SESSION_BUS_ADDRESS")
    usual = Path(f"/run/user/{os.getuid()}/bus")
    if given:
        return "SESSION"
    if usual.exists():
        return f"unix:path={usual}"
    raise Unavailable("there is no session bus; start Oculus within the desktop's session")
