"""The guard: which statements from outside may run at all.

A statement must pass here before it comes near the database. DuckDB's own parser, in an instance
of its own that holds nothing, turns the text into a tree (`json_serialize_sql`, which refuses
everything but SELECT), and every node of the tree must be of a kind that is listed below: what
nobody has thought of is refused, not allowed. So no file can be named, no setting made, nothing
written by a CTE. What may grow without bound is looked at in growth.py.

What then runs, runs in a read-only transaction, on a connection that can reach no file
(connection.py). Each of these alone has a hole; together none is known.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

import duckdb
import msgspec

from oculus.core.errors import QueryError
from oculus.core.nearest import nearest
from oculus.storage.file.connection import one
from oculus.storage.statements.growth import Node, check_growth, inner

LONGEST = 64 * 1024  # bytes of text
DEEPEST = 100  # brackets within brackets; thousands take the parser or the binder minutes
DEEPEST_PARAMS = 8  # groups within groups in a parameter
MOST_WITHS = (
    4  # WITH directly within WITH: a broken text with eight takes the parser a second, with ten minutes
)

QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/", re.DOTALL)
EXPLAIN = re.compile(r"(?:\s|--[^\n]*\n|/\*.*?\*/)*EXPLAIN\s+(ANALYZE\s+)?(.*)", re.DOTALL | re.IGNORECASE)
PARSE = "SELECT json_serialize_sql(?)"
PIVOT = "In a PIVOT, write out the values: ON symbol IN ('a', 'b')."
READ_ONLY = "Only one SELECT or EXPLAIN may be run here"
UNCHANGED = "Nothing can be changed here."

QUERIES = {"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"}
SOURCES = {
    "BASE_TABLE",
    "EMPTY",
    "EXPRESSION_LIST",
    "JOIN",
    "PIVOT",
    "SUBQUERY",
    "TABLE_FUNCTION",
    "SHOW_REF",
}
MODIFIERS = {"DISTINCT_MODIFIER", "LIMIT_MODIFIER", "LIMIT_PERCENT_MODIFIER", "ORDER_MODIFIER"}
ORDERS = {"ASCENDING", "DESCENDING", "ORDER_DEFAULT"}
NODES = QUERIES | SOURCES | MODIFIERS | ORDERS
EXPRESSIONS = {
    "BETWEEN", "CASE", "CAST", "COLLATE", "COLUMN_REF", "COMPARISON", "CONJUNCTION", "CONSTANT", "FUNCTION",
    "LAMBDA", "OPERATOR", "PARAMETER", "POSITIONAL_REFERENCE", "STAR", "SUBQUERY", "TYPE", "WINDOW",
}  # fmt: skip
TABLE_FUNCTIONS = {
    "generate_series", "generate_subscripts", "json_each", "json_tree", "range", "repeat",
    "repeat_row", "unnest",
}  # fmt: skip
DESCRIPTIONS = {"tables", "columns", "schemata"}  # of information_schema
# They act, wait, tell about the process instead of the database, or hear no interruption.
FORBIDDEN = {
    "current_setting", "currval", "damerau_levenshtein", "get_block_size", "getenv", "getvariable",
    "json_deserialize_sql", "json_execute_serialized_sql", "json_serialize_plan", "nextval", "pg_sleep",
    "query", "query_table", "setseed", "setval", "sleep_ms", "write_log",
}  # fmt: skip


def check(parser: duckdb.DuckDBPyConnection, sql: str, tables: frozenset[str], longest: int = 0) -> str:
    """The statement to run. Raises QueryError when it is not one that may.

    `parser` is a cursor of an instance without tables; `longest` the length of the parameters. Takes as
    long as DuckDB takes to parse, and lets other threads run meanwhile (`extract_statements` would not).
    """
    text = sql.rstrip("; \t\r\n")
    check_size(text)
    explained = EXPLAIN.fullmatch(text)
    select = explained[2] if explained else text
    Walk(tables).check(parsed(parser, select), longest)
    return f"EXPLAIN {explained[1] or ''}{select}" if explained else text


def check_size(text: str) -> None:
    """Refuse what would keep the parser busy."""
    if len(text.encode(errors="replace")) > LONGEST:
        raise QueryError("too_large", "The statement is longer than 64 kB", "Pass long lists as parameters.")
    depth = withs = 0
    for mark in re.finditer(r"[(\[{]\s*(WITH\b)?|[)\]}]", QUOTED.sub(" ", text), re.IGNORECASE):
        depth += -1 if mark[0] in ")]}" else 1
        withs += mark[1] is not None
        if depth > DEEPEST or withs > MOST_WITHS:
            raise QueryError("too_large", "The statement is nested too deeply", "Take it apart with WITH.")


def check_params(params: object) -> None:
    """Refuse lists in lists in lists: DuckDB takes minutes to bind hundreds, deaf to interruption."""
    level = [params]
    for _ in range(DEEPEST_PARAMS):
        level = [each for value in level for each in parts(value)]
        if not level:
            return
    raise QueryError("too_large", "A parameter is nested too deeply", "Pass values, or lists of values.")


def parts(value: object) -> Iterable[object]:
    if isinstance(value, Mapping):
        return value.values()
    return value if isinstance(value, list | tuple) else ()


def parsed(parser: duckdb.DuckDBPyConnection, select: str) -> Node:
    """DuckDB's tree of the one statement in `select`."""
    try:
        answer = msgspec.json.decode(one(parser, PARSE, [select])[0])
    except (duckdb.Error, UnicodeError, msgspec.DecodeError, RecursionError) as error:
        raise QueryError("bad_request", f"The statement cannot be read: {error}") from error
    if answer.get("error_type") == "not implemented":
        raise QueryError("not_read_only", READ_ONLY, PIVOT if "PIVOT" in select.upper() else UNCHANGED)
    if answer.get("error"):
        raise QueryError("bad_request", f"The statement has a mistake: {answer.get('error_message')}")
    statements: list[Node] = answer["statements"]
    if not statements:
        raise QueryError("bad_request", "There is no statement", "Write a SELECT.")
    if len(statements) > 1:
        raise QueryError("not_read_only", READ_ONLY, "Send several statements one by one.")
    return statements[0]


class Walk:
    """Goes through one tree. Raises QueryError at the first node that may not be."""

    def __init__(self, tables: frozenset[str]) -> None:
        self._tables = tables
        self._names: set[str] = set()  # of the statement's own CTEs

    def check(self, tree: Node, longest: int) -> None:
        nodes = list(every(tree))
        keys = [str(entry["key"]) for node in nodes for entry in ctes(node)]
        self._names = {key.lower() for key in keys if key.isidentifier()}
        for node in nodes:
            self._look(node)
        check_growth(nodes, longest)

    def _look(self, node: Node) -> None:
        kind = node.get("type")
        if "class" in node:
            if node["class"] not in EXPRESSIONS:
                raise refused(f"{node['class']} expressions")
            if "function_name" in node:
                self._function(str(node["function_name"]).lower())
        elif isinstance(kind, str):
            if kind not in NODES:
                raise refused(kind)
            self._source(kind, node)

    def _function(self, name: str) -> None:
        if name in FORBIDDEN or name.startswith("__"):
            raise refused(f"the function {name}")

    def _source(self, kind: str, node: Node) -> None:
        if kind == "BASE_TABLE":
            self._table(node)
        elif kind == "TABLE_FUNCTION":
            name = str(node["function"].get("function_name", "")).lower()
            if name not in TABLE_FUNCTIONS:
                raise refused(f"reading from {name}()")
            node["function"]["streams"] = True  # rows, not a list in memory: growth.py lets it be
        elif kind == "SHOW_REF" and not node.get("query") and node.get("table_name") != '"tables"':
            raise refused("this kind of SHOW")

    def _table(self, node: Node) -> None:
        name, schema = str(node["table_name"]).lower(), str(node.get("schema_name", "")).lower()
        if schema == "information_schema" and name in DESCRIPTIONS:
            return
        if schema in ("", "main") and name in self._tables:
            return
        if not schema and not node.get("catalog_name") and name in self._names:
            return
        near = nearest(name[:80], self._tables)
        hint = f"Did you mean {near}?" if near else f"There are {', '.join(sorted(self._tables))}."
        raise QueryError("not_read_only", f"There is no table {name[:80]!r} to read here", hint)


def every(tree: Node) -> Iterator[Node]:
    """All objects of the tree, outer ones first. Not recursive: a long statement is a deep tree."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(inner(node))


def ctes(node: Node) -> list[Node]:
    entries = node.get("cte_map")
    return list(entries.get("map", [])) if isinstance(entries, dict) else []


def refused(what: str) -> QueryError:
    return QueryError(
        "not_read_only", f"Not allowed here: {what}", "Only stored data can be read, nothing else."
    )
