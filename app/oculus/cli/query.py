"""`oculus query "SELECT ..."`: read-only SQL, through the running copy if there is one."""

from __future__ import annotations

import argparse
import csv
import json
import sys
from typing import Any

from oculus.cli.copy import running, stored
from oculus.cli.place import place
from oculus.cli.table import table


def run(args: argparse.Namespace) -> int:
    where = place(args)
    sql = sys.stdin.read() if args.sql == "-" else args.sql
    if copy := running(args, where):
        answer = copy.post("/api/query", {"sql": sql})
    else:
        with stored(args, where) as reader:
            answer = reader.query(sql).as_json()
    _show(answer, args)
    return 0


def _show(answer: dict[str, Any], args: argparse.Namespace) -> None:
    names = [column["name"] for column in answer["columns"]]
    if args.json:
        print(json.dumps(answer))
    elif args.csv:
        csv.writer(sys.stdout, lineterminator="\n").writerows([names, *answer["rows"]])
    else:
        print(table(names, answer["rows"]))
    if answer["truncated"]:
        print(
            f"Only the first {answer['row_count']} rows are shown; add a LIMIT or aggregate.", file=sys.stderr
        )
