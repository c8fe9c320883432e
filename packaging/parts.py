"""What goes into the bundle and what stays out. oculus.spec hands it to PyInstaller; tests read it.

PyInstaller follows imports that stand in the code. Whatever is imported by its name while running must be
named here: the commands, the back ends of tray, popups and window, and pytz, which DuckDB wants.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

Entry = tuple[str, str, str]  # name in the bundle, source, kind
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
    "lzma", "_lzma", "bz2", "_bz2", "encodings.bz2_codec", "_pickle", "websockets.legacy",
]  # fmt: skip
# Character sets that no browser knows: no page comes in them, and no terminal of Linux has them.
OLD_CHARSETS = [
    "cp037", "cp273", "cp424", "cp500", "cp720", "cp737", "cp775", "cp852", "cp855", "cp856", "cp857",
    "cp858", "cp860", "cp861", "cp862", "cp863", "cp864", "cp865", "cp869", "cp875", "cp1006", "cp1026",
    "cp1125", "cp1140", "hp_roman8", "koi8_t", "kz1048", "palmos", "ptcp154", "mac_arabic",
    "mac_croatian", "mac_farsi", "mac_greek", "mac_iceland", "mac_latin2", "mac_romanian", "mac_turkish",
]  # fmt: skip
NOT_ON_LINUX = [
    *("plistlib", "xml", "pyexpat", "_elementtree"),  # macOS writes a property list
    *("plyer", "asyncio.windows_events", "asyncio.windows_utils", "asyncio.proactor_events"),
    *(f"encodings.{name}" for name in OLD_CHARSETS),
]
# Compiled for speed that nobody needs here; each lies beside it as Python, which is smaller.
PLAIN = ("charset_normalizer.cd", "charset_normalizer.md")
# The forms that are read or written, or that Pillow itself wants.
PICTURES = {"Bmp", "Gif", "Ico", "Jpeg", "Png", "Ppm"}

# Of the system's libraries only what Python itself needs is taken along (Linux). A window's own stay where
# they are: WebKit's helpers have fixed places there, and two GTKs in one program end it.
TAKEN_ALONG = (
    "libpython", "libcrypto", "libssl", "libffi", "libz.so", "libuuid", "libexpat", "libmpdec",
)  # fmt: skip
NOT_TAKEN = (
    "pytz/zoneinfo",  # only its UTC is used, which is built in
    # Tables for people and other programs; zoneinfo reads the zones alone.
    *("tzdata/zoneinfo/tzdata.zi", "tzdata/zoneinfo/zone", "tzdata/zoneinfo/iso", "tzdata/zoneinfo/leap"),
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


def plain(binaries: Iterable[Entry]) -> list[Entry]:
    """Those modules as Python, for each that is among `binaries`; all as PyInstaller lists them."""
    found = [(module_of(name), Path(source)) for name, source, _ in binaries]
    return [
        (module, str(source.with_name(f"{module.rpartition('.')[2]}.py")), "PYMODULE-2")
        for module, source in found
        if module in PLAIN
    ]


def module_of(library: str) -> str:
    """charset_normalizer.md of charset_normalizer/md.cpython-311-x86_64-linux-gnu.so."""
    return library.replace("\\", "/").partition(".")[0].replace("/", ".")


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
