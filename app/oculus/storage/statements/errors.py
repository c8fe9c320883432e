"""What DuckDB says of a statement from outside, as the one who wrote it should read it."""

from __future__ import annotations

import logging
import re

import duckdb

from oculus.core.errors import QueryError
from oculus.storage.file.connection import first_line
from oculus.storage.statements.guard import READ_ONLY

log = logging.getLogger(__name__)

# What DuckDB says of a name without a value, and of a column that there is not.
NO_VALUE = re.compile(r"not provided for the following parameters: (.+)")
CANDIDATE = re.compile(r'Candidate bindings: "(\w+)"')


def translated(error: Exception) -> QueryError:
    """For whoever wrote the statement."""
    said = first_line(error).rstrip("!")
    if isinstance(error, duckdb.InterruptException):
        return QueryError("query_timeout", "The statement was interrupted")
    if isinstance(error, duckdb.OutOfMemoryException | MemoryError):
        return QueryError(
            "too_large", "The statement needs more memory than it may use", "Ask for less at a time."
        )
    if isinstance(error, duckdb.PermissionException) or "read-only" in said.lower():
        return QueryError("not_read_only", READ_ONLY)
    if not isinstance(error, duckdb.Error | ValueError | OverflowError | TypeError):
        log.error("a statement from outside failed in an unforeseen way", exc_info=error)
    if missing := NO_VALUE.search(said):
        places = ", ".join(f"${name}" for name in missing[1].split(", "))
        return QueryError(
            "bad_request",
            f"There is no value for {places}",
            "Give it under params, or write it in its place.",
        )
    near = CANDIDATE.search(str(error))
    return QueryError(
        "bad_request", f"The statement failed: {said}", f"Did you mean {near[1]}?" if near else ""
    )
