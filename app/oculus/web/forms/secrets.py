"""Secrets in forms: they are never sent to the browser, and what comes back as dots means what was there."""

from __future__ import annotations

import re
from typing import Any

from oculus.core.secret import MASK
from oculus.settings.hidden import masked

REFERENCE = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*\}")  # a name in the environment tells nothing


def veiled(value: Any, name: str, secret: bool) -> Any:
    """`value` with dots in the place of what nobody should see. `secret`: all of it."""
    if isinstance(value, dict):
        return {key: veiled(part, str(key), secret) for key, part in value.items()}
    if isinstance(value, list):
        return [veiled(part, name, secret) for part in value]
    if not isinstance(value, str) or REFERENCE.fullmatch(value):
        return value
    return MASK if secret and value else masked(value, name)


def veiled_where_stored(value: Any, before: Any, name: str, secret: bool) -> Any:
    """Only what was there `before` is veiled: what somebody has just typed they may see again."""
    if isinstance(value, dict):
        known = before if isinstance(before, dict) else {}
        return {
            key: veiled_where_stored(part, known.get(key), str(key), secret) for key, part in value.items()
        }
    if isinstance(value, list):
        found = before if isinstance(before, list) else []
        return [veiled(part, name, secret) if part in found else part for part in value]
    return veiled(value, name, secret) if value == before else value


def restored(given: Any, before: Any, name: str, secret: bool) -> Any:
    """What was sent, with the secrets that were there `before` in the place of their dots."""
    if isinstance(given, dict):
        known = before if isinstance(before, dict) else {}
        return {key: restored(part, known.get(key), str(key), secret) for key, part in given.items()}
    if isinstance(given, list):
        found = before if isinstance(before, list) else []
        return [restored_item(part, found, name, secret) for part in given]
    if before is not None and given == veiled(before, name, secret):
        return before
    return given


def restored_item(given: Any, before: list[Any], name: str, secret: bool) -> Any:
    return next((each for each in before if given == veiled(each, name, secret)), given)


def has_dots(value: Any) -> bool:
    """Whether dots are left for which nothing was there."""
    if isinstance(value, dict):
        return any(map(has_dots, value.values()))
    if isinstance(value, list):
        return any(map(has_dots, value))
    return isinstance(value, str) and MASK in value
