"""What goes into the bundle. `packaging/dev.py bundle` freezes it, in a minute, and tries what came of it."""

import codecs
import configparser
import importlib
import importlib.util
import plistlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("PyInstaller", reason="pip install pyinstaller")

PLATFORMS = ("linux", "win32", "darwin")


@pytest.fixture
def packaging(root, monkeypatch):
    """Modules of packaging/, by name."""
    monkeypatch.syspath_prepend(str(root / "packaging"))
    return importlib.import_module


@pytest.fixture
def parts(packaging):
    return packaging("parts")


def test_every_module_of_oculus_goes_in_since_commands_are_imported_by_name(parts, root):
    from oculus.cli.parser import COMMANDS

    names = set(parts.own_modules())
    commands = {name.replace("open", "open_").replace("-", "_") for name in COMMANDS}
    assert {f"oculus.cli.{name}" for name in commands | {"desktop", "window"}} <= names
    assert {"oculus.plugin", "oculus.desktop.popup_plyer", "oculus.collectors.network.ping"} <= names


@pytest.mark.parametrize("platform", PLATFORMS)
def test_what_is_imported_by_name_is_named_for_every_system(parts, platform):
    named = set(parts.hidden_imports(platform, window=True))
    tray = {"linux": "_xorg", "win32": "_win32", "darwin": "_darwin"}[platform]
    assert {"pytz", "tzdata", "webview", f"pystray.{tray}"} <= named
    assert bool(parts.POPUPS[platform]) is (platform != "linux")  # there the session bus shows them
    assert named.isdisjoint(parts.excludes(platform, window=True))


@pytest.mark.parametrize("window", [False, True])
def test_every_library_that_is_named_exists(parts, window):
    named = [name for name in parts.hidden_imports("linux", window=window) if not name.startswith("oculus")]
    assert [name for name in named if importlib.util.find_spec(name.partition(".")[0]) is None] == []
    assert ("webview" in named) is window
    assert ("webview" in parts.excludes("linux", window=window)) is not window


def test_nothing_that_is_left_out_is_needed_to_serve(parts):
    code = """
import sys, importlib.abc
left_out, modules = set(sys.argv[1].split()), sys.argv[2].split()

class Absent(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name in left_out:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent())
import uvicorn.protocols.http.h11_impl, uvicorn.protocols.websockets.websockets_sansio_impl
import uvicorn.lifespan.off
import PIL.ImageFont, PIL.PngImagePlugin, PIL.IcoImagePlugin, dns.resolver, requests
for module in modules:
    __import__(module)
"""
    given = [" ".join(parts.excludes("linux", window=False)), " ".join(parts.own_modules())]
    done = subprocess.run([sys.executable, "-c", code, *given], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_what_is_compiled_for_speed_alone_goes_in_as_python(parts):
    package = importlib.util.find_spec("charset_normalizer").submodule_search_locations[0]
    library = "charset_normalizer/md.cpython-311-x86_64-linux-gnu.so"
    entries = [
        (library, f"{package}/{library.rpartition('/')[2]}", "EXTENSION"),
        ("libz.so.1", "/lib/libz.so.1", "BINARY"),
    ]
    ((module, source, _),) = parts.plain(entries)
    assert module == parts.module_of(library) == "charset_normalizer.md"
    assert "def mess_ratio" in Path(source).read_text("utf-8")
    assert parts.module_of("libz.so.1") not in parts.PLAIN


@pytest.mark.parametrize(
    "charset",
    [
        "utf-8",
        "latin-1",
        "cp1252",
        "iso-8859-15",
        "koi8-r",
        "gb18030",
        "big5",
        "shift_jis",
        "euc-kr",
        "tis-620",
    ],
)
def test_every_character_set_that_pages_come_in_goes_in(parts, charset):
    module = f"encodings.{codecs.lookup(charset).name.replace('-', '_')}"
    assert importlib.util.find_spec(module)
    assert module not in parts.excludes("linux", window=False)


def test_pages_and_assets_go_in_as_they_lie_and_the_workshop_stays_out(parts, root):
    placed = {f"{where}/{source.rpartition('/')[2]}" for source, where in parts.datas()}
    assert {"ui/templates/layout.html", "ui/static/app.css", "assets/icons/ok.png"} <= placed
    assert {"assets/config/oculus.yaml", "assets/config/oculus.schema.json"} <= placed
    assert [name for name in placed if name.startswith(("ui/styles", "assets/screenshots"))] == []


def test_libraries_of_the_window_are_left_to_the_system_and_bundled_ones_are_not(parts):
    assert parts.is_of_the_system("libgtk-3.so.0", "/usr/lib/x86_64-linux-gnu/libgtk-3.so.0")
    ssl = "python3.11/lib-dynload/_ssl.cpython-311-x86_64-linux-gnu.so"
    assert not parts.is_of_the_system(ssl, f"/usr/lib/{ssl}")
    assert not parts.is_of_the_system("libcrypto.so.3", "/usr/lib/x86_64-linux-gnu/libcrypto.so.3")
    assert not parts.is_of_the_system("pillow.libs/libtiff.so.6", "/home/a/.venv/pillow.libs/libtiff.so.6")


def test_the_recipe_can_be_read(root):
    text = (root / "oculus.spec").read_text("utf-8")
    compile(text, "oculus.spec", "exec")
    assert 'WINDOW = os.environ.get("OCULUS_BUNDLE_WINDOW") == "1"' in text


@pytest.mark.parametrize(
    ("version", "numbers"),
    [
        ("0.1.0", (0, 1, 0, 0)),
        ("1.2.3rc4", (1, 2, 3, 0)),
        ("2.0.dev1", (2, 0, 0, 0)),
        ("1.2.3.4", (1, 2, 3, 4)),
    ],
)
def test_windows_and_macos_are_told_the_version(packaging, version, numbers):
    from oculus import __version__

    about = packaging("about")
    assert __version__ == about.VERSION
    assert about.four_numbers(version) == numbers
    told = plistlib.loads(plistlib.dumps(about.macos()))
    assert told["CFBundleShortVersionString"] == __version__
    assert told["LSUIElement"] is True
    assert about.details("oculus-desktop")["OriginalFilename"] == "oculus-desktop.exe"
    assert about.details("oculus")["ProductVersion"] == __version__


def test_the_menu_entry_and_the_service_are_well_formed(root):
    linux = root / "packaging" / "linux"
    for name, section, wanted in (
        ("oculus.desktop", "Desktop Entry", {"Exec": "oculus", "Icon": "oculus", "Terminal": "false"}),
        ("oculus.service", "Service", {"ExecStart": "/usr/bin/oculus serve", "Restart": "on-failure"}),
    ):
        read = configparser.ConfigParser(interpolation=None, strict=True)
        read.optionxform = str
        read.read(linux / name, "utf-8")
        assert wanted.items() <= dict(read[section]).items()


def test_the_debian_package_lies_where_debian_looks(packaging, tmp_path):
    pack = packaging("pack")
    folder, root = tmp_path / "oculus", tmp_path / "root"
    (folder / "_internal").mkdir(parents=True)
    (folder / "oculus").write_bytes(b"\x7fELF GLIBC_2.17 GLIBC_2.34")
    (folder / "oculus-desktop").symlink_to("oculus")
    pack.add_share(folder)
    pack.place(folder, root)
    assert (root / "usr/bin/oculus").resolve() == root / "usr/lib/oculus/oculus"
    for name in ("applications/oculus.desktop", "icons/hicolor/256x256/apps/oculus.png"):
        assert (root / "usr/share" / name).is_file()
    assert (root / "usr/lib/systemd/user/oculus.service").is_file()
    told = dict(re.findall(r"^([\w-]+): (.*)$", pack.control(root, window=True), re.MULTILINE))
    assert told["Depends"] == "libc6 (>= 2.34), libstdc++6"
    assert "gir1.2-webkit2-4.1" in told["Recommends"]
    assert "glibc 2.34 or newer" in (folder / "INSTALL").read_text("utf-8")


def test_a_bundle_that_has_grown_too_large_is_told(packaging, capsys):
    freeze = packaging("freeze")
    assert not freeze.too_large({"unpacked": (104_000_000, 105)}, bound=True)
    assert freeze.too_large({"unpacked": (106_000_000, 105), "packed": (1, 35)}, bound=True)
    assert "unpacked 106.0 MB, more than 105" in capsys.readouterr().err
    assert not freeze.too_large({"unpacked": (106_000_000, 105)}, bound=False)
