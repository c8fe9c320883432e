"""A real X server without a monitor, with what a desktop has: window manager, tray, bus, notifications.

Whatever is missing on this machine is a reason to skip; `packaging/dev.py test` installs it.
"""

import contextlib
import importlib.util
import json
import os
import shutil
import subprocess
import sysconfig
import time
from pathlib import Path

import pytest

from fakes.waiting import eventually

NEEDED = {"Xvfb": "xvfb", "openbox": "openbox", "trayer": "trayer", "dunst": "dunst", "dbus-daemon": "dbus"}
# A panel with a tray of the new kind (StatusNotifier), as Ubuntu and Xfce have it; and who keeps its wishes.
PANEL = "xfce4-panel"
PANEL_SETTINGS = Path(f"/usr/lib/{sysconfig.get_config_var('MULTIARCH')}/xfce4/xfconf/xfconfd")
PANEL_WISHES = """<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-panel" version="1.0"><property name="configver" type="int" value="2"/>
<property name="panels" type="array"><value type="int" value="1"/><property name="panel-1" type="empty">
<property name="position" type="string" value="p=6;x=0;y=0"/><property name="length" type="uint" value="100"/>
<property name="position-locked" type="bool" value="true"/><property name="size" type="uint" value="32"/>
<property name="plugin-ids" type="array"><value type="int" value="1"/></property></property></property>
<property name="plugins" type="empty"><property name="plugin-1" type="string" value="systray">
<property name="square-icons" type="bool" value="true"/>
<property name="known-items" type="array"><value type="string" value="oculus"/></property>
</property></property></channel>
"""
WIDTH, HEIGHT = 1280, 900
TRAY = (WIDTH - 16, 16)  # where trayer puts the first icon
NEW_TRAY = (16, 16)  # and where the panel does
BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:dir={folder}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>
<allow own="*"/></policy></busconfig>
"""


def needs():
    """Skip where a part of the bench is missing."""
    missing = [package for program, package in NEEDED.items() if shutil.which(program) is None]
    if missing:
        pytest.skip(f"no desktop to test on: install {' '.join(missing)}")
    if importlib.util.find_spec("pystray") is None:
        pytest.skip("install the extra: pip install -e .[desktop]")


def needs_gtk():
    gi = pytest.importorskip("gi", reason="no GTK for Python: pip install 'PyGObject>=3.50,<3.52'")
    for name, version in (("Gtk", "3.0"), ("WebKit2", "4.1")):
        try:
            gi.require_version(name, version)
        except ValueError:
            pytest.skip(f"no {name} {version}: install gir1.2-webkit2-4.1")


def needs_new_tray():
    if shutil.which(PANEL) is None or not PANEL_SETTINGS.exists():
        pytest.skip(f"no tray of the new kind: install {PANEL}")


def last_page(seen):
    """Title and text of the page that window_reader.py, which writes to that file, saw last."""
    whole, _, _ = (seen.read_text() if seen.exists() else "").rpartition("\n")  # it may be amid a line
    pages = [line.removeprefix("page ") for line in whole.split("\n") if line.startswith("page ")]
    return json.loads(pages[-1]) if pages else {"title": "", "text": ""}


class Programs:
    """What was started, and is ended with the test."""

    def __init__(self, environment):
        self.environment = environment
        self.running = {}

    def start(self, name, *command, **options):
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        process = subprocess.Popen([name, *command], env=self.environment, **(quiet | options))
        self.running[name] = process
        return process

    def stop(self, *names):
        for name in names or reversed(list(self.running)):
            process = self.running.pop(name, None)
            if process:
                process.terminate()
                try:
                    process.wait(30)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


class Screen:
    """The display, and hands and eyes on it."""

    def __init__(self, folder):
        reading, writing = os.pipe()
        self.programs = Programs(dict(os.environ))
        arguments = ("-screen", "0", f"{WIDTH}x{HEIGHT}x24", "-nolisten", "tcp", "-displayfd", str(writing))
        self.server = self.programs.start("Xvfb", *arguments, pass_fds=[writing])
        os.close(writing)
        with os.fdopen(reading) as told:
            self.name = f":{told.readline().strip()}"
        self.environment = self.programs.environment
        self.environment.update(DISPLAY=self.name, HOME=str(folder), XDG_CONFIG_HOME=str(folder / "config"))
        for name in ("WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "PYSTRAY_BACKEND", "OCULUS_TOKEN"):
            self.environment.pop(name, None)
        self.programs.start("openbox")
        self._x = None

    def x(self):
        if self._x is None:
            from Xlib import display

            self._x = display.Display(self.name)
        return self._x

    def close(self):
        if self._x:
            with contextlib.suppress(Exception):  # its server may have been ended by the test
                self._x.close()
        self.programs.stop()

    # What else a desktop has

    def start_bus(self, folder):
        """A session bus that starts nothing by itself."""
        config = folder / "bus.conf"
        config.write_text(BUS.format(folder=folder))
        process = self.programs.start(
            "dbus-daemon", f"--config-file={config}", "--nofork", "--print-address", stdout=subprocess.PIPE
        )
        self.environment["DBUS_SESSION_BUS_ADDRESS"] = process.stdout.readline().decode().strip()

    def start_popups(self):
        self.programs.start("dunst")
        eventually(self.has_popups)

    def start_tray(self):
        self.programs.start("trayer", "--edge", "top", "--align", "right", "--width", "20", "--height", "32")
        eventually(self.has_tray)

    def start_new_tray(self):
        """One that is told of icons over the session bus; needs that bus."""
        wishes = Path(self.environment["XDG_CONFIG_HOME"], "xfce4/xfconf/xfce-perchannel-xml/xfce4-panel.xml")
        wishes.parent.mkdir(parents=True, exist_ok=True)
        wishes.write_text(PANEL_WISHES)
        self.programs.start(str(PANEL_SETTINGS))
        self.programs.start(PANEL, "--disable-wm-check")
        eventually(lambda: self.ask_bus("NameHasOwner", "s", ("org.kde.StatusNotifierWatcher",))[0])

    def has_tray(self):
        x = self.x()
        return x.get_selection_owner(x.intern_atom("_NET_SYSTEM_TRAY_S0")) != 0

    def has_popups(self):
        with contextlib.suppress(OSError, EOFError):
            return bool(self.call("GetServerInformation"))
        return False

    def call(self, method, interface="org.freedesktop.Notifications", signature=None, body=()):
        """Ask the notification service."""
        place = "/org/freedesktop/Notifications", "org.freedesktop.Notifications"
        return self.ask(place, interface, method, signature, body)

    def ask_bus(self, method, signature=None, body=()):
        bus = "org.freedesktop.DBus"
        return self.ask(("/org/freedesktop/DBus", bus), bus, method, signature, body)

    def ask(self, place, interface, method, signature=None, body=()):
        """Ask anything on the session bus; nothing where that answers with an error."""
        from jeepney import DBusAddress, MessageType, new_method_call
        from jeepney.io.blocking import open_dbus_connection

        service = DBusAddress(*place, interface=interface)
        address = self.environment["DBUS_SESSION_BUS_ADDRESS"]
        with open_dbus_connection(address, auth_timeout=30) as bus:
            reply = bus.send_and_get_reply(new_method_call(service, method, signature, body), timeout=30)
        return () if reply.header.message_type is MessageType.error else reply.body

    def popups(self):
        """What was shown so far, newest first; all of them are closed by asking."""
        dunst = "org.dunstproject.cmd0"
        self.call("NotificationCloseAll", dunst)
        (history,) = self.call("NotificationListHistory", dunst)
        return [{name: value for name, (_, value) in each.items()} for each in history]

    # Eyes and hands

    def picture(self):
        from PIL import ImageGrab

        return ImageGrab.grab(xdisplay=self.name)

    def colours(self, box):
        """The colours in a part of the screen, the most frequent first."""
        from PIL import Image
        from Xlib import X

        size = box[2] - box[0], box[3] - box[1]
        seen = self.x().screen().root.get_image(*box[:2], *size, X.ZPixmap, 0xFFFFFFFF)  # that part alone
        found = Image.frombytes("RGB", size, seen.data, "raw", "BGRX").getcolors(1 << 24)
        return [colour for _, colour in sorted(found, reverse=True)]

    def icon_colours(self):
        """Those of the icon near the clock."""
        return self.seen((WIDTH - 32, 0, WIDTH, 32))

    def new_icon_colours(self):
        return self.seen((0, 0, 32, 32))

    def seen(self, box):
        return {"#" + bytes(colour).hex() for colour in self.colours(box)}

    def click(self, place=TRAY, button=1):
        from Xlib import X
        from Xlib.ext import xtest

        x = self.x()
        xtest.fake_input(x, X.MotionNotify, x=place[0], y=place[1])
        x.sync()
        time.sleep(0.1)  # the tray looks where the pointer is
        for kind in (X.ButtonPress, X.ButtonRelease):
            xtest.fake_input(x, kind, button)
        x.sync()

    def open_menu(self, place=TRAY, button=3):
        """Click until a menu is there and hears the keys: a panel may have to ask for it first."""

        def opened():
            before = self.menus()
            self.click(place, button)
            with contextlib.suppress(AssertionError):
                return eventually(lambda: self.menus() - before, within_s=10)

        eventually(opened)
        eventually(self.keyboard_is_taken)

    def menus(self):
        """The numbers of the windows that are menus and can be seen."""
        from Xlib import X
        from Xlib.error import XError

        x, found = self.x(), set()
        kind, menu = (x.intern_atom(f"_NET_WM_WINDOW_TYPE{each}") for each in ("", "_POPUP_MENU"))
        for window in x.screen().root.query_tree().children:
            with contextlib.suppress(XError):  # it went this moment
                about = window.get_full_property(kind, X.AnyPropertyType)
                if about and menu in about.value and window.get_attributes().map_state == X.IsViewable:
                    found.add(window.id)
        return found

    def keyboard_is_taken(self):
        """Whether some program has all keys for itself, as an open menu has."""
        from Xlib import X

        x = self.x()
        answer = x.screen().root.grab_keyboard(False, X.GrabModeAsync, X.GrabModeAsync, X.CurrentTime)
        x.ungrab_keyboard(X.CurrentTime)
        x.sync()
        return answer == X.AlreadyGrabbed

    def press(self, *names):
        from Xlib import XK, X
        from Xlib.ext import xtest

        x = self.x()
        for name in names:
            code = x.keysym_to_keycode(XK.string_to_keysym(name))
            for kind in (X.KeyPress, X.KeyRelease):
                xtest.fake_input(x, kind, code)
            x.sync()
            time.sleep(0.1)

    def windows(self, title="Oculus"):
        """Those of that title which can be seen."""
        from Xlib import X
        from Xlib.error import XError

        x = self.x()
        root = x.screen().root
        listed = root.get_full_property(x.intern_atom("_NET_CLIENT_LIST"), X.AnyPropertyType)
        found = []
        for number in listed.value if listed else ():
            window = x.create_resource_object("window", number)
            with contextlib.suppress(XError):
                name = window.get_full_text_property(x.intern_atom("_NET_WM_NAME"))
                if name == title and window.get_attributes().map_state == X.IsViewable:
                    found.append(window)
        return found

    def place(self, window):
        """Where its page is on the screen, and how large: x, y, width, height."""
        corner = window.translate_coords(self.x().screen().root, 0, 0)
        size = window.get_geometry()
        return -corner.x, -corner.y, size.width, size.height

    def owners(self):
        """The numbers of the processes whose windows those are."""
        from Xlib import X
        from Xlib.error import XError

        name, found = self.x().intern_atom("_NET_WM_PID"), set()
        for window in self.windows():
            with contextlib.suppress(XError):  # it went this moment
                if owner := window.get_full_property(name, X.AnyPropertyType):
                    found.add(owner.value[0])
        return found

    def active(self):
        from Xlib import X

        x = self.x()
        found = x.screen().root.get_full_property(x.intern_atom("_NET_ACTIVE_WINDOW"), X.AnyPropertyType)
        return found.value[0] if found else 0

    def cover(self):
        """Put another program's window over everything."""
        from Xlib import X

        x = self.x()
        window = x.screen().root.create_window(0, 0, WIDTH, HEIGHT, 0, X.CopyFromParent)
        window.set_wm_name("cover")
        window.map()
        x.sync()
        eventually(lambda: self.active() == window.id)
        return window

    def tell_to_close(self, window):
        """What a click on the window's X does."""
        from Xlib.protocol import event

        x = self.x()
        protocols, delete = x.intern_atom("WM_PROTOCOLS"), x.intern_atom("WM_DELETE_WINDOW")
        window.send_event(
            event.ClientMessage(window=window, client_type=protocols, data=(32, [delete, 0, 0, 0, 0]))
        )
        x.sync()
