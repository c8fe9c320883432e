"""Tables that read well in a terminal and in the README."""

from __future__ import annotations

from collections.abc import Sequence


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table, its columns aligned."""
    widths = [max(len(line[column]) for line in [headings, *rows]) for column in range(len(headings))]
    padded = [
        [text.ljust(width) for text, width in zip(line, widths, strict=True)]
        for line in [headings, ["-" * width for width in widths], *rows]
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in padded)
