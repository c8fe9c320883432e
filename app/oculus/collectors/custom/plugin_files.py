"""Finding and loading plugins: Python files of the settings folder, and installed entry points.

A plugin is somebody else's code with the rights of Oculus itself. Only what lies directly in the settings
folder, or is installed, is loaded. Whatever it does while it is loaded, including nothing for ever, costs
no more than this one plugin.
"""

from __future__ import annotations

import hashlib
import importlib.util
import inspect
import logging
import re
import sys
import threading
import traceback
from collections import OrderedDict
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from msgspec import Struct

from oculus.collectors.collector import Collector, CollectorSettings
from oculus.collectors.words import of_crash

log = logging.getLogger(__name__)

GROUP = "oculus.collectors"
PACKAGE = "oculus_plugins."  # the module of a file is called after it
FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_\-]*\.py")
LOAD_S = 10.0  # for a plugin to be loaded
MOST_STATES = 8  # of one plugin: the one that runs, and those that were tried since


class Found(Struct, frozen=True):
    """What became of a plugin. `trouble` says in words why `kind` is missing."""

    source: str  # the file or the entry point
    digest: str  # changes with what it holds
    kind: type[Collector] | None = None
    trouble: str = ""
    traceback: str = ""  # where it broke, for the log


class Unfit(Exception):
    """A plugin that is not what it should be, in words."""


_lock = threading.Lock()
# As in sys.modules, each state of a plugin is loaded once. The last to be wanted is the last here.
_loaded: OrderedDict[tuple[str, str], Found] = OrderedDict()


def load(folder: Path, module: str) -> Found:
    """The plugin `module`: a file name ending in .py, or the name of an entry point. Never raises."""
    with _lock:
        if module.endswith(".py"):
            return _from_file(folder, module)
        return _from_entry_point(module)


def loaded(source: str, digest: str) -> type[Collector] | None:
    """What `load` found at `source` when it held this."""
    found = _loaded.get((source, digest))
    return found.kind if found else None


def plugin_files(folder: Path) -> list[Path]:
    """Every file that may be a plugin."""
    return sorted(path for path in folder.glob("*.py") if FILE_NAME.fullmatch(path.name))


def where(error: BaseException, source: str) -> str:
    """ "line 12: " for an error that passed through the file `source`, else ""."""
    if isinstance(error, SyntaxError) and error.filename == source:
        return f"line {error.lineno}: "
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == source]
    return f"line {lines[-1]}: " if lines else ""


def traceback_of(error: BaseException) -> str:
    """All of it, as Python prints it."""
    return "".join(traceback.format_exception(error))


def traced(text: str) -> dict[str, str]:
    """What a record of the log takes as `extra`: the file has the traceback, people never see it."""
    return {"traceback": text} if text else {}


def _from_file(folder: Path, module: str) -> Found:
    if not FILE_NAME.fullmatch(module):
        return Found(
            module, "", trouble="a plugin's file lies in the settings folder itself: write its bare name"
        )
    path = folder / module
    try:
        code = path.read_bytes()
    except OSError as error:
        others = ", ".join(each.name for each in plugin_files(folder)) or "no .py file"
        what = "there is no such file" if isinstance(error, FileNotFoundError) else error.strerror
        return Found(str(path), "", trouble=f"{what} in {folder}, which has {others}")
    digest = hashlib.sha256(code).hexdigest()[:16]
    return _once(str(path), digest, lambda: _class_of_file(path, code, digest))


def _from_entry_point(name: str) -> Found:
    found = list(entry_points(group=GROUP, name=name))
    if not found:
        others = ", ".join(sorted(each.name for each in entry_points(group=GROUP))) or "none"
        trouble = f"no such plugin is installed (installed: {others}); a file's name ends in .py"
        return Found(name, "", trouble=trouble)
    point = found[0]
    version = point.dist.version if point.dist else ""
    return _once(point.value, version, lambda: _class_of_point(point))


def _once(source: str, digest: str, make: Any) -> Found:
    """What was made of this very state of the plugin, now or before."""
    if (source, digest) not in _loaded:
        found = _loaded[source, digest] = _bounded(source, digest, make)
        if found.trouble:
            log.warning("plugin %s: %s", source, found.trouble, extra=traced(found.traceback))
        else:
            log.info("plugin %s: loaded", source)
    _loaded.move_to_end((source, digest))
    _forget_old(source)
    return _loaded[source, digest]


def _forget_old(source: str) -> None:
    """Whoever writes a plugin saves it a hundred times a day."""
    states = [key for key in _loaded if key[0] == source]
    for key in states[:-MOST_STATES]:
        kind = _loaded.pop(key).kind
        if kind and kind.__module__.startswith(PACKAGE):
            sys.modules.pop(kind.__module__, None)


def _bounded(source: str, digest: str, make: Any) -> Found:
    """Load on a thread of its own, which is left behind when it does not come back."""
    results: list[Found] = []
    thread = threading.Thread(
        target=lambda: results.append(_attempt(source, digest, make)), name="plugin-load", daemon=True
    )
    thread.start()
    thread.join(LOAD_S)
    return (
        results[0] if results else Found(source, digest, trouble=f"took longer than {LOAD_S:.0f} s to load")
    )


def _attempt(source: str, digest: str, make: Any) -> Found:
    try:
        return Found(source, digest, make())
    except Unfit as error:
        return Found(source, digest, trouble=str(error))
    except BaseException as error:  # even a sys.exit() must only cost this one plugin
        trouble = f"{where(error, source)}{of_crash(error)}"
        return Found(source, digest, trouble=trouble, traceback=traceback_of(error))


def _class_of_file(path: Path, code: bytes, digest: str) -> type[Collector]:
    name = f"{PACKAGE}{path.stem}_{digest}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # where msgspec and dataclasses look up what annotations mean
    try:
        # Not by the loader: it might take a cached compilation of a file of the same size and second.
        exec(compile(code, str(path), "exec"), module.__dict__)  # noqa: S102
        return _only_class(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise


def _class_of_point(point: EntryPoint) -> type[Collector]:
    found = point.load()
    if isinstance(found, ModuleType):
        return _only_class(found)
    if not (isinstance(found, type) and issubclass(found, Collector)):
        raise Unfit(f"{point.value} is no class of the kind Collector")
    return _checked(found)


def _only_class(module: ModuleType) -> type[Collector]:
    own = [
        each
        for each in vars(module).values()
        if isinstance(each, type) and each.__module__ == module.__name__
    ]
    found = [each for each in own if issubclass(each, Collector) and not inspect.isabstract(each)]
    unfinished = [each for each in own if issubclass(each, Collector) and inspect.isabstract(each)]
    if not found and unfinished:
        raise Unfit(f"class {unfinished[0].__name__} has no method collect")
    if not found:
        raise Unfit("it holds no class of the kind Collector (from oculus.plugin import Collector)")
    if len(found) > 1:
        raise Unfit(
            f"it holds {len(found)} collectors ({', '.join(each.__name__ for each in found)}); keep one"
        )
    return _checked(found[0])


def _checked(kind: type[Collector]) -> type[Collector]:
    if not isinstance(getattr(kind, "category", None), str):
        raise Unfit(f'class {kind.__name__} has no category, such as category = "custom.office"')
    settings = kind.settings_class
    if not (isinstance(settings, type) and issubclass(settings, CollectorSettings)):
        raise Unfit(f"settings_class of {kind.__name__} is no class of the kind CollectorSettings")
    return kind
