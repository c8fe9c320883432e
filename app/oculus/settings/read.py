"""One settings file, YAML or TOML, as plain data with the line of every part."""

from __future__ import annotations

from pathlib import Path

from oculus.settings.draft import Draft, broken
from oculus.settings.read_toml import read_toml
from oculus.settings.read_yaml import read_yaml

LARGEST = 1_000_000  # bytes; two thousand probes are a tenth of it
SUFFIXES = (".yaml", ".yml", ".toml")


def read(path: Path, file: str) -> Draft:
    """Never raises: what is wrong is in the draft's problems. `file` is what messages call it."""
    text = text_of(path, file)
    if isinstance(text, Draft):
        return text
    draft = read_toml(text, file) if path.suffix == ".toml" else read_yaml(text, file)
    draft.files = [path]
    return draft


def text_of(path: Path, file: str) -> str | Draft:
    """The text, or a draft that says why there is none."""
    if not path.exists():
        return broken(str(path), 0, "does not exist", "write it, or start Oculus once: it writes a sample")
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "is no ordinary file"
        return broken(file, 0, what, "write the settings into a file of that name")
    try:
        with path.open("rb") as opened:
            raw = opened.read(LARGEST + 1)
    except OSError as error:
        return broken(
            file, 0, f"cannot be read ({error.strerror})", "make it readable for the user who runs Oculus"
        )
    return decoded(raw, file)


def decoded(raw: bytes, file: str) -> str | Draft:
    if len(raw) > LARGEST:
        return broken(
            file, 0, "is larger than 1 MB, so it can hardly be settings", "split it into files in conf.d"
        )
    if not raw.strip():
        # An editor or a full disk can leave this behind. It must not mean "remove everything".
        return broken(file, 0, "is empty", "write something into it, a comment at least, or delete it")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        return broken(file, line, "is not UTF-8 text", "save it as UTF-8 in your editor")
