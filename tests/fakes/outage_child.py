"""Oculus without collectors on a clock of its own, to be killed: python outage_child.py FOLDER SECOND.

It lives through a script, second by second, from the given one on: writes each round of news with its
deliveries, and sends what is due. It prints every second as it begins, and waits for a line at each gate.
"""

import sys
from pathlib import Path

from oculus.core.alert import Alert, AlertState, News, NewsKind, Verdict
from oculus.core.clock import SystemClock
from oculus.core.counters import Counters
from oculus.core.event import Severity
from oculus.notify.facts import Facts
from oculus.notify.notifier import Notifier
from oculus.settings.load import load
from oculus.storage.file.database import open_database
from oculus.storage.memory.notes import Notes
from oculus.storage.records import alerts
from oculus.storage.settings import StorageSettings
from oculus.storage.writing.writer import Writer

NOON_MS = 1_767_268_800_000
OUTAGE = (20, 620)  # seconds; those are the gates
END = 1240  # the longest rest after the outage is over
BEFORE = range(1, 6)  # alerts told before the outage; they end in it
DURING = range(6, 56)  # in five storms of ten; two of each end 20 s later
CHANNELS = ("email", "telegram", "discord", "slack", "bot", "webhook", "team", "log")
FIRED, RESOLVED = NewsKind.FIRED, NewsKind.RESOLVED


def begins(alert):
    return 0 if alert in BEFORE else 30 + (alert - 6) // 10 * 130


def ends(alert):
    """When it is over; None for what still fires at the end."""
    if alert in BEFORE:
        return 300
    return begins(alert) + 20 if alert % 5 == 0 else None


def script():
    """{second: [(kind, alert)]}"""
    lines = {}
    for alert in (*BEFORE, *DURING):
        lines.setdefault(begins(alert), []).append((FIRED, alert))
        if ends(alert) is not None:
            lines.setdefault(ends(alert), []).append((RESOLVED, alert))
    return lines


class ScriptClock:
    def __init__(self, second):
        self.second = second

    def now_ms(self):
        return NOON_MS + self.second * 1000

    def monotonic(self):
        return 1000.0 + self.second


def news(kind, alert, now_ms):
    over = kind is RESOLVED
    body = Alert(
        id=alert,
        rule=f"rule{alert:02}",
        instance=f"net.http.host{alert:02}",
        severity=Severity.CRITICAL if alert % 7 == 0 else Severity.WARN,
        state=AlertState.RESOLVED if over else AlertState.FIRING,
        message="unreachable",
        value=1.0,
        started_ms=NOON_MS + begins(alert) * 1000,
        fired_ms=NOON_MS + begins(alert) * 1000,
        ended_ms=now_ms if over else None,
    )
    return News(kind=kind, alert=body, ts_ms=now_ms, channels=CHANNELS)


def main(folder, second):
    database = open_database(folder / "data", StorageSettings(), SystemClock())
    clock, counters = ScriptClock(second), Counters()
    writer = Writer(database, counters, SystemClock())
    writer.start()
    notes = Notes(database, writer, clock)
    notifier = Notifier(
        writer.save_deliveries,
        writer.tell,
        counters,
        clock,
        reload=lambda: alerts.load_deliveries(database.cursor()),
        told=lambda alert: alerts.told_channels(database.cursor(), alert),
        facts=Facts(remember=notes.remember, recall=notes.recall),
    )
    notifier.replace(load(folder / "oculus.yaml").channels)
    known = set(database.cursor().execute("SELECT DISTINCT alert_id, news FROM deliveries").fetchall())
    notifier.put(alerts.load_deliveries(database.cursor()))
    lines = script()
    for clock.second in range(second, END):
        print(clock.second, flush=True)
        if clock.second in OUTAGE:
            sys.stdin.readline()
        fresh = [line for line in lines.get(clock.second, []) if (line[1], str(line[0])) not in known]
        if fresh:
            verdict = Verdict(news=tuple(news(*line, clock.now_ms()) for line in fresh))
            rows = notifier.address(verdict.news)
            writer.change(lambda cursor, v=verdict, r=rows: alerts.record(cursor, v, r)).result(30)
            notifier.put(rows)
        for sender in list(notifier._senders.values()):
            while sender.deliver():
                pass
    writer.stop()
    database.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
