"""Every promise has its test: those that SECURITY.md and tests/PROMISES.md name are there."""

import ast
import re
from functools import cache

import pytest

NAMED = re.compile(r"`([a-z_0-9/]+\.py)::(\w+)`")
PAGES = ("SECURITY.md", "tests/PROMISES.md")


@cache
def functions_of(path):
    tree = ast.parse(path.read_text("utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.parametrize("page", PAGES)
def test_every_test_that_a_promise_names_is_there(root, page):
    named = NAMED.findall((root / page).read_text("utf-8"))
    missing = [
        f"{file}::{name}"
        for file, name in named
        if not (path := root / "tests" / file).is_file() or name not in functions_of(path)
    ]
    assert len(named) > 15
    assert missing == []


@pytest.mark.parametrize("page", PAGES)
def test_every_promise_names_a_test_or_says_that_it_has_none(root, page):
    lines = (root / page).read_text("utf-8").splitlines()
    rows = [line for line in lines if line.startswith("| ") and not line.startswith("| ---")]
    heads = {lines[number - 1] for number, line in enumerate(lines) if line.startswith("| ---")}
    assert [row for row in rows if row not in heads and not NAMED.search(row) and "no test" not in row] == []


def test_a_test_that_is_not_there_would_be_noticed(root):
    here = root / "tests" / "packaging" / "test_promises.py"
    assert "test_a_test_that_is_not_there_would_be_noticed" in functions_of(here)
    assert "test_that_nobody_wrote" not in functions_of(here)
    assert NAMED.findall("| x | `web/test_tls.py::test_a` |") == [("web/test_tls.py", "test_a")]
