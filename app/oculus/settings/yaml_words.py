"""What a YAML reader complains about, in words for the person who wrote the file."""

from __future__ import annotations

import re

from yaml import MarkedYAMLError

# The first pattern found in the reader's complaint decides: what is wrong, what to do.
WORDS = [
    (r"nesting depth", "is nested far too deeply", "close the brackets"),
    (r"found character '\\t'", "a tab is used to indent", "indent with spaces"),
    (
        r"mapping values are not allowed",
        "a colon where none can stand",
        "indent this line like the others of its group, and put text with a colon and a space in quotes",
    ),
    (
        r"found character '(.)' that cannot start",
        "a value cannot begin with {0}",
        'put it in quotes: "{0}..."',
    ),
    (r"while scanning a quoted scalar", "a quote is opened here and never closed", "close it"),
    (
        r"double-quoted scalar",
        "in double quotes a backslash begins an escape",
        "use single quotes, or write two backslashes",
    ),
    (
        r"undefined alias '?(.*?)'?\n",
        "*{0} is used, but nothing is marked &{0}",
        'put text that begins with * in quotes: "*..."',
    ),
    (r"while scanning an alias", "a value that begins with * needs quotes", 'write "*..."'),
    (r"while scanning an anchor", "a value that begins with & needs quotes", 'write "&..."'),
    (r"duplicate anchor", "the same &name marks two things", "use two names"),
    (
        r"expected a single document",
        "--- begins a second document",
        "remove that line; more files go into conf.d",
    ),
    (r"flow sequence", "a [ is not closed where it should be", "look for a missing ] or comma"),
    (r"flow mapping", "a {{ is not closed where it should be", "look for a missing }} or comma"),
    (
        r"expected <block end>|block collection|block mapping",
        "does not line up with the lines above",
        "indent all lines of one group by the same number of spaces",
    ),
    (r"could not find expected ':'", "a name without a value", "write name: value"),
    (r"unacceptable character|special characters", "holds a character that is no text", "remove it"),
]


def in_words(error: Exception) -> tuple[int, str, str]:
    """Line (from 1), what is wrong, what to do."""
    mark = (error.problem_mark or error.context_mark) if isinstance(error, MarkedYAMLError) else None
    if isinstance(error, MarkedYAMLError) and opened(error):
        mark = error.context_mark
    line = mark.line + 1 if mark else 1
    for pattern, what, hint in WORDS:
        found = re.search(pattern, f"{error}\n")
        if found:
            return line, what.format(*found.groups()), hint.format(*found.groups())
    if isinstance(error, RecursionError):
        return line, "is nested far too deeply", "close the brackets"
    said = error.problem if isinstance(error, MarkedYAMLError) else error
    return line, f"is not YAML: {said}", "look at this line and the one before"


def opened(error: MarkedYAMLError) -> bool:
    """Whether the trouble is something opened earlier: that line helps more than the end of the file."""
    return "unexpected end of stream" in str(error) or "got '<stream end>'" in str(error)
