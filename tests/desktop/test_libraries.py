"""Memory that the icon's libraries took for their start alone."""

import subprocess
import sys

import pytest

from fakes.screen import needs_gtk
from oculus.desktop.libraries import PageReleaser

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="the others have no such list of what is mapped"
)

# As much of GTK as an icon uses, before and after.
USED = """
import gi
gi.require_version("Gtk", "3.0")
from gi.repository import Gtk
from oculus.desktop.libraries import PageReleaser

def resident_kb(library):
    of_it, sum_ = False, 0
    for line in open("/proc/self/smaps"):
        words = line.split(maxsplit=5)
        if not words[0].endswith(":"):
            of_it = library in line
        elif of_it and words[0] == "Rss:":
            sum_ += int(words[1])
    return sum_

def menu():
    made = Gtk.Menu()
    for word in ("Open", "Quit"):
        made.append(Gtk.MenuItem.new_with_label(word))
    made.show_all()
    return [each.get_label() for each in made.get_children()]

menu()
before = resident_kb("libgtk-3")
PageReleaser(settled_s=0).step()
print(before, resident_kb("libgtk-3"), *menu())
"""


def test_libraries_give_back_what_they_do_not_need_and_go_on_working(screen):
    needs_gtk()
    done = subprocess.run(
        [sys.executable, "-c", USED], env=screen.environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    before, after, *words = done.stdout.split()
    assert words == ["Open", "Quit"]
    assert int(after) < int(before) / 2


def test_a_library_that_is_being_loaded_is_left_alone(monkeypatch):
    there = ["7f00-7f10 r-xp 00000000 fe:00 12 /usr/lib/a library.so", "Anonymous:             0 kB"]
    coming = ["7f20-7f30 r-xp 00000000 fe:00 13 /usr/lib/b.so", "Anonymous:             0 kB"]
    looks = iter([there, [*there, *coming]])
    monkeypatch.setattr("oculus.desktop.libraries.LOADED_S", 0.0)
    monkeypatch.setattr("oculus.desktop.libraries.read_smaps", lambda: next(looks))
    assert PageReleaser().spans() == [(0x7F00, 0x10)]
