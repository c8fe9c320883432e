"""Starting at login: a small file, or an entry of the registry, in the place that each system looks at."""

from __future__ import annotations

import contextlib
import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from oculus.core.errors import OculusError
from oculus.core.extras import is_frozen

HIDDEN = "--hidden"  # at login nobody asked for the window
LABEL = "oculus-monitor.oculus"
RUN_KEY = r"Software\Microsoft\Windows\CurrentVersion\Run"


class Autostart(Protocol):
    """Where one system keeps what starts at login. `set` raises OSError."""

    def is_on(self) -> bool: ...

    def set(self, on: bool) -> None: ...


class Login:
    """Whether Oculus starts at login. Raises OculusError, in words, when that cannot be changed."""

    def __init__(self, place: Autostart) -> None:
        self._place = place

    def is_on(self) -> bool:
        return self._place.is_on()

    def set(self, on: bool) -> None:
        try:
            self._place.set(on)
        except OSError as error:
            raise OculusError(
                f"Starting at login cannot be changed: {error.strerror or error}",
                "Look whether the file or folder named there belongs to you.",
            ) from error


def here(command: Sequence[str]) -> Login:
    """The one of this system. `command` starts Oculus as it was started now."""
    if sys.platform == "win32":
        return Login(Registry(command))
    return Login(LaunchAgent(command) if sys.platform == "darwin" else DesktopFile(command))


class DesktopFile:
    """Linux and other free desktops: autostart/oculus.desktop in the settings folder."""

    def __init__(self, command: Sequence[str], folder: Path | None = None) -> None:
        usual = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
        self.path = (folder or usual / "autostart") / "oculus.desktop"
        self._command = command

    def is_on(self) -> bool:
        """Desktops switch an entry off by writing Hidden=true into it."""
        try:
            lines = self.path.read_text("utf-8").splitlines()
        except OSError:
            return False
        return "Hidden=true" not in lines and "X-GNOME-Autostart-enabled=false" not in lines

    def set(self, on: bool) -> None:
        if not on:
            self.path.unlink(missing_ok=True)
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(self.text(), "utf-8")

    def text(self) -> str:
        command = " ".join(quoted(part) for part in self._command)
        return (
            "[Desktop Entry]\nType=Application\nName=Oculus\nComment=Watches what you care about\n"
            f"Exec={command}\nIcon=oculus\nTerminal=false\nX-GNOME-Autostart-enabled=true\n"
        )


class LaunchAgent:
    """macOS: a property list that launchd reads at login."""

    def __init__(self, command: Sequence[str], folder: Path | None = None) -> None:
        self.path = (folder or Path.home() / "Library" / "LaunchAgents") / f"{LABEL}.plist"
        self._command = command

    def is_on(self) -> bool:
        return self.path.exists()

    def set(self, on: bool) -> None:
        import plistlib  # brings the reader of XML along, which nobody else needs

        if not on:
            self.path.unlink(missing_ok=True)
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        wish = {"Label": LABEL, "ProgramArguments": list(self._command), "RunAtLoad": True}
        self.path.write_bytes(plistlib.dumps({**wish, "ProcessType": "Interactive"}))


class Registry:
    """Windows: a value of the key whose values start at login."""

    def __init__(self, command: Sequence[str], registry: object = None) -> None:
        self._registry = registry
        self._command = command

    def is_on(self) -> bool:
        winreg = self._winreg()
        try:
            with winreg.OpenKey(winreg.HKEY_CURRENT_USER, RUN_KEY) as key:
                winreg.QueryValueEx(key, "Oculus")
        except OSError:
            return False
        return True

    def set(self, on: bool) -> None:
        winreg = self._winreg()
        with winreg.OpenKey(winreg.HKEY_CURRENT_USER, RUN_KEY, 0, winreg.KEY_SET_VALUE) as key:
            if on:
                line = subprocess.list2cmdline(self._command)
                winreg.SetValueEx(key, "Oculus", 0, winreg.REG_SZ, line)
            else:
                with contextlib.suppress(FileNotFoundError):
                    winreg.DeleteValue(key, "Oculus")

    def _winreg(self) -> Any:
        if self._registry is None:
            import winreg

            self._registry = winreg
        return self._registry


def command_here() -> list[str]:
    """How this very program is started: the frozen one, the script beside this Python, or this Python."""
    here = Path(sys.executable)
    script = here if is_frozen() else here.with_name("oculus.exe" if sys.platform == "win32" else "oculus")
    # Windows has one without a terminal, which would stay open as long as Oculus runs.
    for program in (here.with_name("oculus-desktop.exe"), script):
        if program.exists():
            return [str(program)]
    return [sys.executable, "-m", "oculus"]


def quoted(part: str) -> str:
    """As desktop files want it: in double quotes, with what the shell would take for its own escaped."""
    if part and shlex.quote(part) == part and "%" not in part:
        return part
    inner = "".join(f"\\{sign}" if sign in '"`$\\' else sign for sign in part).replace("%", "%%")
    return f'"{inner}"'.replace("\\", "\\\\")  # the file's own escapes come on top
