import io
import json
import logging

import pytest

from oculus.core.alert import NewsKind
from oculus.core.errors import ChannelError
from oculus.core.event import Severity
from oculus.core.logs import setup_logging
from oculus.notify.channels.log import Log, LogSettings


@pytest.fixture
def log_file(tmp_path):
    """Start the log at a level; read its lines; leave no trace."""
    logs, raising, level = [], logging.raiseExceptions, logging.root.level

    def start(spec="info", stream=None):
        logs.append(setup_logging(tmp_path, spec, stream=stream))
        return lambda: [json.loads(line) for line in (tmp_path / "oculus.log").read_text().splitlines()]

    yield start
    for log in logs:
        log.stop()
    logging.raiseExceptions = raising
    logging.root.setLevel(level)
    for name in logging.root.manager.loggerDict:
        if name.startswith("oculus"):
            logging.getLogger(name).setLevel(logging.NOTSET)


@pytest.fixture
def log(clock):
    return Log("log", LogSettings(), clock)


def test_an_alert_is_a_line_for_people_with_the_alert_in_it_for_programs(log_file, log, news):
    lines = log_file()
    log.send([news(alert=5, severity=Severity.CRITICAL)])
    (line,) = lines()
    assert (line["level"], line["logger"]) == ("critical", "oculus.alerts")
    assert line["message"].startswith("api_down fired (critical): API unreachable")
    assert (line["alert"]["id"], line["alert"]["news"], line["alert"]["value"]) == (5, "FIRED", 503.0)


def test_it_is_written_by_the_time_it_counts_as_sent(log_file, log, news):
    lines = log_file()
    for number in range(1, 101):
        log.send([news(alert=number)])
        assert lines()[-1]["alert"]["id"] == number


@pytest.mark.parametrize(
    ("severity", "level"), [("info", "info"), ("warn", "warn"), ("error", "error"), ("critical", "critical")]
)
def test_trouble_is_logged_at_its_severity(log_file, log, news, severity, level):
    lines = log_file()
    log.send([news(severity=Severity(severity))])
    assert lines()[0]["level"] == level


def test_the_end_of_trouble_is_no_trouble(log_file, log, news):
    lines = log_file()
    log.send([news(NewsKind.RESOLVED, severity=Severity.CRITICAL)])
    assert lines()[0]["level"] == "info"


def test_an_alert_is_written_although_the_log_is_set_to_errors_only(log_file, log, news):
    lines = log_file("error")
    log.send([news(severity=Severity.INFO)])
    assert len(lines()) == 1


def test_people_see_it_too(log_file, log, news):
    stream = io.StringIO()
    log_file(stream=stream)
    log.send([news()])
    assert stream.getvalue()[9:].startswith("warn  alerts: api_down fired (warn)")


def test_a_log_that_cannot_be_written_is_tried_again_rather_than_forgotten(log_file, log, news, tmp_path):
    (tmp_path / "oculus.log").symlink_to("/dev/full")
    log_file()
    with pytest.raises(ChannelError, match="No space left on device") as caught:
        log.send([news()])
    assert not caught.value.permanent


def test_a_storm_takes_few_lines_and_few_commits_and_every_alert_is_there(house, clock, table, news, caplog):
    saves, save = [], table.save
    home = house({}, clock)
    home.notifier._context.__dict__["save"] = lambda rows: (saves.append(len(rows)), save(rows))
    storm = [news(alert=number, channels=("log",), rule=f"rule{number}") for number in range(1, 1000)]
    home.tell(*storm, news(alert=1000, channels=("log",), rule="worst", severity=Severity.CRITICAL))
    with caplog.at_level(logging.INFO, "oculus.alerts"):
        while home.notifier._senders["log"].deliver():
            pass
    records = [record for record in caplog.records if record.name == "oculus.alerts"]
    first, second, *rest = records[0].getMessage().splitlines()
    assert first == "250 alerts: 1 critical, 249 warn"
    assert second.startswith("worst fired (critical): API unreachable")
    assert rest[-1] == "and 230 more"
    assert [record.levelname for record in records] == ["CRITICAL", "WARNING", "WARNING", "WARNING"]
    told = [each["id"] for record in records for each in record.alerts]
    assert told == [1000, *range(1, 1000)]
    assert {str(row.state) for row in table.rows.values()} == {"sent"}
    assert len(saves) == 5
