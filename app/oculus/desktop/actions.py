"""What a click in the icon's menu sets going."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import suppress

from oculus.collectors.status import CollectorState
from oculus.core.durations import Duration
from oculus.core.errors import OculusError
from oculus.desktop.autostart import Login
from oculus.rules.life.silence import ALL
from oculus.runtime import Oculus

log = logging.getLogger(__name__)


class MenuActions:
    """Called on the icon's thread, which must not wait: `later` does it elsewhere, and calls `look` then."""

    def __init__(
        self,
        oculus: Oculus,
        login: Login,
        stop: threading.Event,
        open_window: Callable[[str], None],
        later: Callable[[Callable[[], None]], None],
        look: Callable[[], None],
    ) -> None:
        self._oculus = oculus
        self._login = login
        self._stop = stop
        self._open = open_window
        self._later = later
        self._look = look

    def open_window(self, path: str = "/") -> None:
        self._open(path)

    def acknowledge(self, alert_id: int) -> None:
        self._do(lambda: self._oculus.acknowledge(alert_id))

    def snooze(self, rule: str, length: Duration) -> None:
        self._do(lambda: self._oculus.snoozes.snooze(rule, length))

    def wake_all(self) -> None:
        self._do(lambda: self._oculus.snoozes.wake(ALL))

    def pause(self, on: bool) -> None:
        self._do(lambda: self._pause(on))

    def set_login(self, on: bool) -> None:
        self._do(lambda: self._login.set(on))

    def quit(self) -> None:
        self._stop.set()

    def _do(self, action: Callable[[], object]) -> None:
        self._later(lambda: self._then_look(action))

    def _then_look(self, action: Callable[[], object]) -> None:
        try:
            action()
        except OculusError as error:
            log.warning("desktop: %s", error)
        self._look()

    def _pause(self, on: bool) -> None:
        scheduler = self._oculus.scheduler
        for each in scheduler.status():
            with suppress(OculusError):  # it was taken out of the settings this moment
                if on and each.state != CollectorState.OFF:
                    scheduler.pause(each.name)
                elif not on and each.state == CollectorState.PAUSED:
                    scheduler.resume(each.name)
