"""What goes into the bundle and what stays out. oculus.spec hands it to PyInstaller; tests read it.

PyInstaller follows imports that stand in the code. Whatever is imported by its name while running must be
named here: the commands, the back ends of tray, popups and window, and pytz, which DuckDB wants.
"""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORKSHOP = (ROOT / "assets" / "screenshots", ROOT / "ui" / "styles")  # of no use to a running program

POPUPS = {"linux": [], "win32": ["plyer.platforms.win.notification"],
          "darwin": ["plyer.platforms.macosx.notification"]}  # fmt: skip
TRAYS = {
    "linux": ["pystray._xorg", "Xlib.ext.xtest", "Xlib.support.unix_connect"],
    "win32": ["pystray._win32"],
    "darwin": ["pystray._darwin"],
}
LINUX_TRAYS_OF_GTK = [
    "pystray._appindicator",
    "pystray._gtk",
    "pystray._util.gtk",
    "pystray._util.notify_dbus",
]
WINDOWS_OF = {
    "linux": ["webview", "webview.platforms.gtk", "gi", *LINUX_TRAYS_OF_GTK],
    "win32": ["webview", "webview.platforms.winforms", "webview.platforms.edgechromium"],
    "darwin": ["webview", "webview.platforms.cocoa"],
}
BY_NAME = ["pytz", "tzdata"]  # DuckDB wants the one; zoneinfo the other where the system has no zones

# Nothing of Oculus needs these; libraries mention them in passing.
UNUSED = [
    "tkinter", "unittest", "pydoc", "pydoc_data", "doctest", "pdb", "lib2to3", "distutils",
    "ensurepip", "idlelib", "test", "xmlrpc", "curses", "sqlite3", "dbm", "turtle",
    "readline", "rlcompleter", "code", "werkzeug", "attr", "attrs",
    "setuptools", "pkg_resources", "pip", "wheel", "pytest", "_pytest", "mypy", "IPython",
    "numpy", "pandas", "pyarrow", "polars", "adbc_driver_manager", "fsspec", "torch", "tensorflow", "pyspark",
    "PyQt5", "PyQt6", "PySide2", "PySide6", "qtpy", "cefpython3",
    "apprise", "markdown",
    "uvloop", "httptools", "watchfiles", "dotenv", "gunicorn", "wsproto", "h2",
    "websockets.trio", "websockets.cli",
    "trio", "anyio", "httpx", "httpcore", "aioquic", "OpenSSL", "cryptography", "chardet", "simplejson",
    "PIL._avif", "PIL.AvifImagePlugin", "PIL._webp", "PIL._imagingcms", "PIL._imagingtk", "PIL.ImageQt",
    "PIL.ImageTk", "PIL.ImageShow",
    "duckdb.experimental", "duckdb.query_graph", "duckdb.polars_io", "_pydecimal", "_pyio",
]  # fmt: skip
NOT_ON_LINUX = ["plistlib", "xml", "pyexpat", "_elementtree"]  # macOS writes a property list
# The forms that are read or written, or that Pillow itself wants.
PICTURES = {"Bmp", "Gif", "Ico", "Jpeg", "Png", "Ppm"}

# Of the system's libraries only what Python itself needs is taken along (Linux). A window's own stay where
# they are: WebKit's helpers have fixed places there, and two GTKs in one program end it.
TAKEN_ALONG = (
    "libpython", "libcrypto", "libssl", "libffi", "libz.so", "liblzma", "libbz2", "libuuid", "libexpat",
    "libmpdec",
)  # fmt: skip
NOT_TAKEN = (
    "pytz/zoneinfo",  # only its UTC is used, which is built in
    "share/icons",
    "share/themes",
    "share/locale",
    "gi_typelibs",
    "share/glib-2.0",
    "lib/gdk",
)


def datas() -> list[tuple[str, str]]:
    """Files and where they go: ui/ and assets/ as they lie in the checkout, without the workshop."""
    found = []
    for folder in (ROOT / "ui", ROOT / "assets"):
        for file in sorted(folder.rglob("*")):
            if file.is_file() and not any(file.is_relative_to(each) for each in WORKSHOP):
                found.append((str(file), str(file.parent.relative_to(ROOT))))
    return found


def own_modules() -> list[str]:
    """Every module of Oculus: commands are imported by name, and plugins import what they like of it."""
    package = ROOT / "app" / "oculus"
    files = [file.relative_to(package.parent).with_suffix("") for file in package.rglob("*.py")]
    names = {".".join(file.parts).removesuffix(".__init__") for file in files}
    return sorted(names - {"oculus.__main__"})


def is_own(module: str) -> bool:
    return module.partition(".")[0] == "oculus"


def hidden_imports(platform: str, *, window: bool) -> list[str]:
    """What is imported by name on `platform`, a value of sys.platform."""
    libraries = [*BY_NAME, *POPUPS[platform], *TRAYS[platform], *(WINDOWS_OF[platform] if window else [])]
    return [*own_modules(), *libraries]


def excludes(platform: str, *, window: bool) -> list[str]:
    """What is left out although somebody imports it."""
    from PIL import _plugins as plugins

    pictures = [f"PIL.{name}" for name in plugins if name.removesuffix("ImagePlugin") not in PICTURES]
    without = ["webview", "gi", *(LINUX_TRAYS_OF_GTK if platform == "linux" else [])]
    elsewhere = NOT_ON_LINUX if platform == "linux" else []
    return [*UNUSED, *pictures, *elsewhere, *([] if window else without)]


def is_of_the_system(name: str, source: str) -> bool:
    """Whether a library of the bundle is better had from the system that it runs on (Linux)."""
    library = Path(name).name
    return (
        source.startswith(("/lib", "/usr/lib"))
        and library.startswith("lib")
        and not library.startswith(TAKEN_ALONG)
    )
