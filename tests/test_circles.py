"""No module needs itself through others: whoever reads the house can begin anywhere and come to an end."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import oculus

HOUSE = Path(oculus.__file__).parent


def dotted(module):
    return ".".join(("oculus", *module.relative_to(HOUSE).with_suffix("").parts)).removesuffix(".__init__")


MODULES = {dotted(module): module for module in HOUSE.rglob("*.py")}


def needed(module):
    """The modules of the house that it imports, wherever in it that stands."""
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in MODULES else node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def test_no_module_needs_itself_through_others():
    graph = {name: set(needed(module)) & MODULES.keys() - {name} for name, module in MODULES.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as circle:
        raise AssertionError(" -> ".join(circle.args[1])) from None
