"""What the bundle says of itself to the system: name, version, owner. Read by oculus.spec and freeze.py."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
NAME, IDENTIFIER = "Oculus", "oculus-monitor.oculus"
SAYS = "Watches hosts, markets and odds, and tells you when something changes"
VERSION = re.findall(
    r'^__version__ = "(.+)"', (ROOT / "app/oculus/__init__.py").read_text("utf-8"), re.MULTILINE
)[0]


def four_numbers(version: str) -> tuple[int, int, int, int]:
    """As Windows wants it: 1.2.3rc4 is (1, 2, 3, 0)."""
    numbers = [int(part) for part in re.match(r"[\d.]*", version)[0].strip(".").split(".") if part]  # type: ignore[index]
    first, second, third, fourth = [*numbers[:4], 0, 0, 0, 0][:4]
    return first, second, third, fourth


def details(program: str) -> dict[str, str]:
    return {
        "ProductName": NAME,
        "ProductVersion": VERSION,
        "FileDescription": NAME if program != "oculus" else f"{NAME} (terminal)",
        "FileVersion": VERSION,
        "OriginalFilename": f"{program}.exe",
        "InternalName": program,
        "LegalCopyright": "MIT License",
    }


def windows(program: str) -> Any:
    """The resource that Explorer shows under Details. Only to be had on Windows, and untested."""
    from PyInstaller.utils.win32 import versioninfo as v  # type: ignore[import-untyped]

    numbers = four_numbers(VERSION)
    table = v.StringTable("040904B0", [v.StringStruct(key, value) for key, value in details(program).items()])
    return v.VSVersionInfo(
        ffi=v.FixedFileInfo(filevers=numbers, prodvers=numbers),
        kids=[v.StringFileInfo([table]), v.VarFileInfo([v.VarStruct("Translation", [0x0409, 1200])])],
    )


def macos() -> dict[str, Any]:
    """Info.plist of Oculus.app: no Dock icon, no sleep of its timers, sharp on fine screens. Untested."""
    return {
        "CFBundleName": NAME,
        "CFBundleShortVersionString": VERSION,
        "LSUIElement": True,
        "LSMinimumSystemVersion": "12.0",
        "NSHighResolutionCapable": True,
        "NSAppSleepDisabled": True,
        "NSUserNotificationAlertStyle": "banner",
        # The pages come from this machine without TLS, and probes go to whatever is watched.
        "NSAppTransportSecurity": {"NSAllowsLocalNetworking": True},
        "NSLocalNetworkUsageDescription": "Oculus asks the hosts of your network that you told it to watch.",
    }
