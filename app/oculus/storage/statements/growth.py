"""How large a statement's values may become.

`memory_limit` does not hold for a single value: repeat('abc', 500000000) takes its memory before DuckDB
asks, and no interruption reaches it. So whatever makes long text or long lists out of short ones needs a
plain number, and the numbers stay below a limit when multiplied along every nesting, and across all SELECTs
of the statement, since each may feed another.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from oculus.core.errors import QueryError

USUAL = 100  # characters of a stored value
MOST = 1_000  # times as long as that, for each of the 2,048 rows that DuckDB works on at a time
MOST_RECURSIVE = 16  # each round of a recursion multiplies again
WIDEST = re.compile(r"\d{4,}|\*|\{[^}]*\{")  # in a format: a width of thousands, or one that is computed

Node = dict[str, Any]
SIZED_BY = {  # which argument says how long the result will be
    "repeat": 1, "lpad": 1, "rpad": 1, "list_resize": 1, "array_resize": 1, "bitstring": 1, "bar": 3,
    "to_base": 2, "equi_width_bins": 2,
}  # fmt: skip
REPLACING = {"replace": 2, "regexp_replace": 2}
SPELLING = {
    "hex": 2, "to_hex": 2, "bin": 8, "to_binary": 8, "base64": 2, "to_base64": 2, "url_encode": 3,
    "regexp_escape": 2, "json_quote": 6, "to_json": 2, "array_to_json": 2, "row_to_json": 2,
}  # fmt: skip
JOINING = {"||", "concat", "concat_ws", "list_concat", "list_cat", "array_concat", "array_cat"}
FORMATS = {"printf", "format"}
LISTS = {"range", "generate_series"}
FOLDING = {"list_reduce", "array_reduce", "reduce"}


def check_growth(nodes: Sequence[Node], longest: int) -> None:
    """Raise QueryError when a statement's values may explode.

    `nodes` are all objects of its tree, outer ones before inner ones; `longest`: its parameters' length.
    """
    growth: dict[int, int] = {}
    total = 1
    for node in reversed(nodes):
        own = grown(node, growth, longest)
        if node.get("type") == "SELECT_NODE":
            total *= own
            own = 1  # counted; what a SELECT makes may grow again in another, wherever that stands
        growth[id(node)] = own
    recursive = any(node.get("type") == "RECURSIVE_CTE_NODE" for node in nodes)
    if total > (MOST_RECURSIVE if recursive else MOST):
        raise QueryError(
            "too_large",
            "The statement makes values that are too long",
            "Use smaller numbers in repeat, lpad, range and the like, or read from range(...) in FROM.",
        )


def grown(node: Node, growth: dict[int, int], longest: int) -> int:
    """How many times longer than stored values this node's may be, from its parts' growth."""
    kind = node.get("class")
    if kind == "CONSTANT":
        return len(str(node.get("literal", {}).get("text", ""))) // USUAL
    if kind == "PARAMETER":
        return longest // USUAL
    if kind == "LAMBDA":
        check_lambda(node)
    parts = max((growth[id(part)] for part in inner(node)), default=1)
    if kind != "FUNCTION" or node.get("streams"):
        return parts
    name, given = str(node["function_name"]).lower(), arguments(node)
    if name in JOINING:
        return max(1, sum(growth[id(one)] for one in given))
    if any(one.get("class") == "LAMBDA" for one in given):
        return math.prod(max(1, growth[id(one)]) for one in given)
    factor = math.prod(max(1, rule(name, given)) for known, rule in RULES if name in known)
    return factor * max(1, parts)


def inner(node: Node) -> Iterator[Node]:
    """The objects that stand directly in this one."""
    waiting: list[Any] = list(node.values())
    while waiting:
        found = waiting.pop()
        if isinstance(found, dict):
            yield found
        elif isinstance(found, list):
            waiting.extend(found)


def sized(name: str, given: list[Node]) -> int:
    place = SIZED_BY[name]
    return number(given[place], name) if place < len(given) else 1


def replaced(name: str, given: list[Node]) -> int:
    return len(text(given[2], name)) if len(given) > 2 else 1


def formatted(name: str, given: list[Node]) -> int:
    if given and WIDEST.search(text(given[0], name)):
        raise too_open(name, "widths below 1000 in its format")
    return 1


def listed(name: str, given: list[Node]) -> int:
    numbers = [number(one, name) for one in given]
    start, stop = (0, numbers[0]) if len(numbers) == 1 else (numbers[0], numbers[1]) if numbers else (0, 0)
    step = numbers[2] if len(numbers) > 2 else 1
    return abs(stop - start) // max(1, abs(step)) + 1


def spelt(name: str, _given: list[Node]) -> int:
    return SPELLING[name]


def folded(name: str, _given: list[Node]) -> int:
    raise too_open(name, "list_sum, list_max or another list_ function in its place")


RULES: list[tuple[Any, Callable[[str, list[Node]], int]]] = [
    (SIZED_BY, sized),
    (REPLACING, replaced),
    (FORMATS, formatted),
    (LISTS, listed),
    (SPELLING, spelt),
    (FOLDING, folded),
]


def check_lambda(node: Node) -> None:
    """A list that a lambda takes in from outside is copied for every element of the one it works on."""
    own = {names[0] for names in columns(node["lhs"])}
    for names in columns(node["expr"]):
        if names[0] not in own:
            raise too_open("a lambda", f"its own parameters only, not {names[0]!r}; unnest the list instead")


def columns(tree: Node) -> Iterator[list[str]]:
    """The names of all columns in a tree, each as its parts."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if node.get("class") == "COLUMN_REF":
            yield node["column_names"]
        waiting.extend(inner(node))


def arguments(node: Node) -> list[Node]:
    given: list[Node] = node.get("arguments") or node.get("children") or []
    return [one.get("expression", one) for one in given]


def number(node: Node, name: str) -> int:
    """The plain number that `node` is."""
    written = literal(node, "INTEGER")
    if written is None or not re.fullmatch(r"-?\d{1,18}", written):
        raise too_open(name, "plain numbers for its size")
    return int(written)


def text(node: Node, name: str) -> str:
    """The plain text that `node` is."""
    written = literal(node, "STRING")
    if written is None:
        raise too_open(name, "a plain text there")
    return written


def literal(node: Node, kind: str) -> str | None:
    found = node.get("literal", {}) if node.get("class") == "CONSTANT" else {}
    return str(found.get("text", "")) if found.get("kind") == kind else None


def too_open(name: str, wanted: str) -> QueryError:
    return QueryError("too_large", f"{name} could grow without bound here", f"Use {wanted}.")
