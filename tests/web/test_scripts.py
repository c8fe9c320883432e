"""The pages' scripts are modules without a build step: what one takes in, another must give."""

import re

import pytest

from oculus.core.paths import bundled

STATIC = bundled("ui", "static")
SCRIPTS = [path for path in sorted(STATIC.rglob("*.js")) if "vendor" not in path.parts]
IMPORT = re.compile(r'^import \{ ([^}]*) \} from "([^"]+)";$', re.MULTILINE)
EXPORT = re.compile(r"^export (?:async )?(?:function|const|class) (\w+)", re.MULTILINE)
MOST_LINES = 300


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: str(path.relative_to(STATIC)))
def test_what_a_script_takes_in_is_given_by_another_and_used(path):
    text = path.read_text("utf-8")
    for names, place in IMPORT.findall(text):
        other = (path.parent / place).resolve()
        assert other.is_relative_to(STATIC.resolve()), place
        given = set(EXPORT.findall(other.read_text("utf-8")))
        for name in names.split(", "):
            theirs, _, own = name.partition(" as ")
            assert theirs in given, f"{place} gives no {theirs}"
            assert len(re.findall(rf"\b{own or theirs}\b", text)) > 1, f"{name} is not used"


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: str(path.relative_to(STATIC)))
def test_a_script_is_short_and_says_first_what_it_is_for(path):
    lines = path.read_text("utf-8").splitlines()
    assert len(lines) <= MOST_LINES
    assert any(line.startswith("// ") for line in lines[:8])
