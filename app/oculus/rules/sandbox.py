"""The sandbox for messages: Jinja, small enough that none can hang or flood.

There are {{ ... }}, {% if %} and {% for %}, some filters and some methods of text. What could grow or run
without end (macros, set, include, wide formats, powers) is refused when the settings are read; loops
have a budget, and no text on the way gets longer than a message.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import wraps
from itertools import count
from typing import Any

import jinja2
from jinja2 import meta, nodes, pass_context
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from oculus.rules.message import LONGEST, Pieces, TemplateError, instead

STATEMENTS = (nodes.Output, nodes.If, nodes.For)
FILTERS = (
    "abs", "capitalize", "d", "default", "first", "float", "format", "int", "items", "join", "last", "length",
    "lower", "max", "min", "replace", "round", "sort", "string", "title", "trim", "truncate", "upper",
)  # fmt: skip
METHODS = (
    "endswith", "format", "get", "isoformat", "items", "keys", "lower", "removeprefix", "removesuffix",
    "replace", "split", "startswith", "strftime", "strip", "title", "upper", "values",
)  # fmt: skip
ROUNDS = 1000  # of all loops of one message together
WIDE = re.compile(r"\d{4}|\*|\{[^}]*\{")  # a width of 1000 and more, or one taken from a value
BROKEN = (jinja2.TemplateError, RecursionError, MemoryError, SyntaxError)


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja without what takes long."""

    intercepted_binops = frozenset(("*", "%"))

    def __init__(self) -> None:
        super().__init__(autoescape=False, finalize=_said)  # each channel escapes for itself
        own = {"format": _format, "replace": _replace}
        known = {name: own.get(name, self.filters[name]) for name in FILTERS}
        self.filters = {**{name: _clipped(known[name]) for name in known}, "counted": _counted}
        self.globals = {}

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        if isinstance(left, str) and operator == "%":
            return _format(left, *(right if isinstance(right, tuple) else (right,)))
        if not isinstance(left, int | float) or not isinstance(right, int | float):
            raise TypeError(f"{operator} is for numbers")
        return super().call_binop(context, operator, left, right)

    def getattr(self, obj: Any, attribute: str) -> Any:
        if attribute == "format" and isinstance(obj, str):
            _narrow(obj)
        return super().getattr(obj, attribute)

    def call(self, context: Context, called: Any, /, *args: Any, **kwargs: Any) -> Any:
        return _clip(super().call(context, called, *args, **kwargs))


def parse(text: str, names: tuple[str, ...] | None) -> tuple[Pieces, frozenset[str]]:
    """How a template of Jinja's is made, and the values it uses; `names` are those it may use, None for any.

    Raises TemplateError.
    """
    try:
        tree = SANDBOX.parse(text)
        _check(tree, names)
        used = frozenset(meta.find_undeclared_variables(tree))
        for loop in tree.find_all(nodes.For):
            loop.iter = nodes.Filter(loop.iter, "counted", [], [], None, None)
        code = SANDBOX.compile(tree)
    except BROKEN as error:
        why = str(error).rstrip(".")
        raise TemplateError(f"is no template: {why}; write {{{{ value }}}} where the value goes") from error
    made = jinja2.Template.from_code(SANDBOX, code, {})
    return lambda facts: made.generate(facts, _rounds=count(1)), used


def _check(tree: nodes.Template, names: tuple[str, ...] | None) -> None:
    for node in tree.find_all(nodes.Stmt):
        if not isinstance(node, STATEMENTS) or getattr(node, "recursive", False):
            raise TemplateError(
                f"{type(node).__name__.lower()} is not for messages; write with if and for only"
            )
    for call in tree.find_all(nodes.Call):
        if not isinstance(call.node, nodes.Getattr):
            raise TemplateError("calls a function; write values, filters and methods of text only")
        _known(call.node.attr, METHODS, "method")
    for used in tree.find_all(nodes.Filter):
        _known(used.name, FILTERS, "filter")
    if tree.find(nodes.Pow):
        raise TemplateError("** is not for messages; write with * or /")
    for name in meta.find_undeclared_variables(tree) if names is not None else ():
        _known(name, names or (), "value")


def _known(name: str, known: Iterable[str], what: str) -> None:
    if name not in known:
        raise TemplateError(f"there is no {what} {name!r}; {instead(name, known)}")


# What runs while a message is made


def _said(value: Any) -> Any:
    """What stands where a value does: people do not call it None."""
    return "unknown" if value is None else value


def _clipped(made: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(made)  # keeps the marks by which Jinja passes its context
    def clipped(*args: Any, **kwargs: Any) -> Any:
        return _clip(made(*args, **kwargs))

    return clipped


def _clip(made: Any) -> Any:
    return made[:LONGEST] if isinstance(made, str) else made


def _format(text: str, *args: Any, **kwargs: Any) -> str:
    return _narrow(text) % (kwargs or args)


def _replace(text: Any, old: str, new: str) -> str:
    return str(text).replace(str(old), str(new))


def _narrow(text: Any) -> str:
    if WIDE.search(str(text)):
        raise ValueError(f"{text!r} is too wide")
    return str(text)


@pass_context
def _counted(context: Context, items: Iterable[Any]) -> Iterator[Any]:
    rounds = context["_rounds"]
    for item in items:
        if next(rounds) > ROUNDS:
            raise ValueError(f"its loops take more than {ROUNDS} rounds")
        yield item


SANDBOX = Sandbox()
