"""YAML as plain data, with the line of every part.

Only plain data is read: no tags, no objects. Unquoted on, off, yes and no stay the words they are, and
22:00 stays a time of day: YAML 1.2's few kinds of scalars, not the many of 1.1.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from oculus.settings.draft import Draft, Place, SettingsProblem, Where, broken
from oculus.settings.yaml_words import in_words

MOST_PARTS = 200_000  # after aliases are unfolded; a real file has some hundreds
TAG = "tag:yaml.org,2002:"
NULL, BOOL, INT, FLOAT, STR, MERGE = (
    f"{TAG}{name}" for name in ("null", "bool", "int", "float", "str", "merge")
)
SCALARS = {
    NULL: (r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    BOOL: (r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    INT: (r"[-+]?[0-9]{1,40}|0o[0-7]{1,40}|0x[0-9a-fA-F]{1,40}", list("-+0123456789")),
    FLOAT: (
        r"[-+]?(?:\.[0-9]+|[0-9]{1,40}(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]{1,3})?",
        list("-+.0123456789"),
    ),
    MERGE: (r"<<", ["<"]),
}


class PlainLoader(yaml.SafeLoader):
    """In Python: slower, but it says best what is wrong."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012  PyYAML's own way


class QuickLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """In C: ten times as fast."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012


for tag, (pattern, first) in SCALARS.items():
    for loader in (PlainLoader, QuickLoader):
        loader.add_implicit_resolver(tag, re.compile(f"(?:{pattern})$"), first)


def read_yaml(text: str, file: str) -> Draft:
    """Never raises: what is wrong is in the draft's problems."""
    try:
        root = yaml.compose(text, QuickLoader)
    except (yaml.YAMLError, RecursionError) as error:
        line, what, hint = in_words(better(text, error))
        return broken(file, line, what, hint)
    draft = Draft(places={(): Place(file, 1, ())})
    try:
        data = None if root is None else Unfolding(draft, file).value(root, ())
    except (TooMuch, RecursionError):
        return broken(file, 1, "unfolds to far more than a settings file needs", "use fewer aliases (*name)")
    if data is not None and not isinstance(data, dict):
        return broken(file, 1, "holds no settings", "begin with a section and a colon: collectors: or rules:")
    draft.data = data or {}
    draft.whole = not draft.problems
    return draft


def better(text: str, error: Exception) -> Exception:
    """The same failure as the slower reader words it."""
    if "nesting" in str(error):
        return error
    try:
        yaml.compose(text, PlainLoader)
    except (yaml.YAMLError, RecursionError) as worded:
        return worded
    return error


class TooMuch(Exception):
    """Aliases of aliases of aliases."""


class Unfolding:
    """Turns YAML's tree into plain data."""

    def __init__(self, draft: Draft, file: str) -> None:
        self.draft = draft
        self.file = file
        self.parts = 0
        self.open: set[int] = set()  # what we are inside of: an alias may point at its own parent

    def value(self, node: yaml.Node, where: Where) -> Any:
        self.parts += 1
        if self.parts > MOST_PARTS or id(node) in self.open:
            raise TooMuch
        self.draft.places.setdefault(where, Place(self.file, line_of(node), where, bare(node)))
        if isinstance(node, yaml.ScalarNode):
            return self.scalar(node, where)
        self.open.add(id(node))
        try:
            return (
                self.mapping(node, where)
                if isinstance(node, yaml.MappingNode)
                else self.sequence(node, where)
            )
        finally:
            self.open.discard(id(node))

    def sequence(self, node: Any, where: Where) -> list[Any]:
        self.plain_tag(node, where, "seq")
        return [self.value(item, (*where, number)) for number, item in enumerate(node.value)]

    def mapping(self, node: yaml.MappingNode, where: Where) -> dict[str, Any]:
        self.plain_tag(node, where, "map")
        found: dict[str, Any] = {}
        lines: dict[str, int] = {}
        for key, value in self.pairs(node, where):
            name = self.name(key, where)
            if name is None:
                continue
            mine = (*where, name)
            if name in found:
                self.problem(key, mine, *twice(lines[name], line_of(key)))
                continue
            lines[name] = line_of(key)
            self.draft.places[mine] = Place(self.file, line_of(key), mine, bare(value))
            found[name] = self.value(value, mine)
        return found

    def pairs(self, node: yaml.MappingNode, where: Where) -> list[tuple[yaml.Node, yaml.Node]]:
        """What is written in a mapping, then whatever `<<: *base` adds to it."""
        own = [pair for pair in node.value if pair[0].tag != MERGE]
        for source in sources_of(node):
            self.parts += 1
            if self.parts > MOST_PARTS:
                raise TooMuch
            if not isinstance(source, yaml.MappingNode):
                self.problem(source, where, "<< needs a group of settings", "write <<: *name")
                continue
            names = {key.value for key, _ in own if isinstance(key, yaml.ScalarNode)}
            own += [pair for pair in self.pairs(source, where) if pair[0].value not in names]
        return own

    def name(self, key: yaml.Node, where: Where) -> str | None:
        if isinstance(key, yaml.ScalarNode):
            return str(key.value)
        self.problem(
            key, where, "a name must be plain text", 'put what begins with { or [ in quotes: "{...}"'
        )
        return None

    def scalar(self, node: yaml.ScalarNode, where: Where) -> Any:
        text = node.value
        if node.tag == NULL:
            return None
        if node.tag == BOOL and bare(node):
            return text.lower() == "true"
        if node.tag == INT and bare(node):
            return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
        if node.tag == FLOAT and bare(node):
            return float(text)
        self.plain_tag(node, where, "str", "merge")
        return text

    def plain_tag(self, node: yaml.Node, where: Where, *allowed: str) -> None:
        if node.tag not in {TAG + name for name in allowed}:
            shown = node.tag.replace(TAG, "!!")
            self.problem(node, where, f"the tag {shown} is not read here", "leave it out")

    def problem(self, node: yaml.Node, where: Where, what: str, hint: str) -> None:
        self.draft.problems.append(SettingsProblem(Place(self.file, line_of(node), where), what, hint))


def twice(first: int, second: int) -> tuple[str, str]:
    return f"is set on line {first} and again on line {second}", "keep one of them"


def sources_of(node: yaml.MappingNode) -> list[Any]:
    """What its `<<:` name: one mapping, or a list of them."""
    bases = [value for key, value in node.value if key.tag == MERGE]
    return [one for base in bases for one in (base.value if isinstance(base, yaml.SequenceNode) else [base])]


def line_of(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def bare(node: yaml.Node) -> str:
    """The text of an unquoted number or truth value: some settings want the text itself."""
    plain = isinstance(node, yaml.ScalarNode) and not node.style and node.tag in (BOOL, INT, FLOAT)
    return str(node.value) if plain else ""
