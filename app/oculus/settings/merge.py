"""Several files as one: oculus.yaml, rules.yaml beside it, and everything in conf.d."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from oculus.settings.draft import Draft, Place, Where, spell
from oculus.settings.read import SUFFIXES, read

LISTS = ("collectors", "rules", "mute")  # their entries are put one after another
GROUPS = ("channels", "sources")  # their names are put together; each may be given once


def files_of(main: Path) -> list[Path]:
    """The files that count, in the order in which they are read. Only `main` must exist."""
    folder = main.parent
    beside = [folder / f"rules{suffix}" for suffix in SUFFIXES]
    more = sorted(path for path in (folder / "conf.d").glob("*") if path.suffix in SUFFIXES)
    extra = [path for path in (*beside, *more) if path.exists() or path.is_symlink()]
    return [main, *(path for path in extra if path != main and not path.name.startswith("."))]


def read_all(main: Path) -> Draft:
    """Every file, merged. Never raises."""
    files = files_of(main)
    draft = merged([read(path, called(path, main.parent)) for path in files])
    draft.files = files
    return draft


def called(path: Path, folder: Path) -> str:
    """What messages call it: conf.d/office.yaml."""
    return path.relative_to(folder).as_posix()


def merged(drafts: Sequence[Draft]) -> Draft:
    whole = Draft()
    for draft in drafts:
        whole.problems += draft.problems
        whole.whole = whole.whole and draft.whole
        whole.places.setdefault((), draft.place(()))
        for section, given in draft.data.items():
            add(whole, draft, section, given)
    return whole


def add(whole: Draft, draft: Draft, section: str, given: Any) -> None:
    """Take one section of one file."""
    there = whole.data.get(section)
    if there is None:
        whole.data[section] = given
        whole.places |= dict(under(draft, section))
    elif section in LISTS and isinstance(there, list) and isinstance(given, list):
        before = len(there)
        there += given
        whole.places |= {(section, before + w[1], *w[2:]): p for w, p in under(draft, section) if len(w) > 1}
    elif section in GROUPS and isinstance(there, dict) and isinstance(given, dict):
        new = {name: entry for name, entry in given.items() if name not in there}
        for name in given.keys() & there.keys():
            twice(whole, draft, (section, name))
        there |= new
        whole.places |= {w: p for w, p in under(draft, section) if len(w) > 1 and w[1] in new}
    elif given is not None:
        twice(whole, draft, (section,))


def under(draft: Draft, section: str) -> list[tuple[Any, Place]]:
    return [(where, place) for where, place in draft.places.items() if where[:1] == (section,)]


def twice(whole: Draft, draft: Draft, where: Where) -> None:
    """The same thing in two files: name both places."""
    first = whole.place(where)
    merged_problem = Draft(places={where: draft.place(where)})
    merged_problem.wrong(where, f"{spell(where)} is set in {first.spot()} too", "keep one of them")
    whole.problems += merged_problem.problems
