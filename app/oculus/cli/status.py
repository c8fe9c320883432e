"""`oculus status`: what runs, what fires and what is broken in the running copy."""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from typing import Any

from oculus.cli.copy import must_run
from oculus.cli.place import place
from oculus.cli.table import table
from oculus.core.durations import spoken


def run(args: argparse.Namespace) -> int:
    copy = must_run(args, place(args))
    asked = {
        "status": copy.get("/api/status"),
        "collectors": copy.get("/api/collectors")["collectors"],
        "alerts": copy.get("/api/alerts?state=firing")["alerts"],
        "channels": copy.get("/api/channels")["channels"],
    }
    print(json.dumps(asked, indent=2) if args.json else _report(copy.address, asked))
    return 0


def _report(address: str, asked: dict[str, Any]) -> str:
    parts = [f"Oculus {asked['status']['version']} is at {address}."]
    parts += asked["status"].get("problems", [])
    parts.append(_firing(asked["alerts"]))
    parts.append(
        table(
            ["collector", "state", "last success", "next run", "last error"],
            [
                [c["name"], state_word(c), _since(c["last_success"]), _in(c["next_run"]), c["last_error"]]
                for c in asked["collectors"]
            ],
        )
    )
    parts += _sources(asked["collectors"])
    parts.append(
        table(
            ["channel", "state", "queued", "last error"],
            [[c["name"], c["state"], c["queued"], c["last_error"]] for c in asked["channels"]],
        )
    )
    return "\n\n".join(parts)


def _firing(alerts: list[dict[str, Any]]) -> str:
    if not alerts:
        return "No rule fires."
    rows = [[a["severity"], _fired(a), a["rule"], a["instance"], a["message"]] for a in alerts]
    return table(["severity", "fired", "rule", "instance", "message"], rows)


def _fired(alert: dict[str, Any]) -> str:
    return f"{_ago(alert['fired_at'])}{', acknowledged' if alert['acknowledged_at'] else ''}"


def _sources(collectors: list[dict[str, Any]]) -> list[str]:
    """The providers that collectors share; nothing when there are none."""
    known = [each for c in collectors for each in (c, *c["others"])]
    by_name = {each["source"]: each for each in known if each["source"]}
    rows = [[name, c["calls_used"], c["calls_left"], _alone(c)] for name, c in by_name.items()]
    return [table(["source", "calls this month", "left", "left alone"], rows)] if rows else []


def _alone(collector: dict[str, Any]) -> str:
    """For how long the provider is left alone, and why; empty when it is not."""
    if not collector["cool_down"]:
        return ""
    return f"{_in(collector['cool_down_until'])} longer: {collector['cool_down']}".removeprefix("in ")


def state_word(collector: dict[str, Any]) -> str:
    """What has not been asked yet is not "ok"."""
    return "waiting" if collector["state"] == "ok" and not collector["last_run"] else str(collector["state"])


def _in(moment: str | None) -> str:
    if moment is None:
        return ""
    return f"in {spoken((datetime.fromisoformat(moment) - datetime.now(UTC)).total_seconds())}"


def _since(moment: str | None) -> str:
    return _ago(moment) if moment else "not since the start"


def _ago(moment: str) -> str:
    return f"{spoken((datetime.now(UTC) - datetime.fromisoformat(moment)).total_seconds())} ago"
