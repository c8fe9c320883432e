"""What the README says is so."""

import re

import msgspec
import pytest

from oculus.cli.parser import COMMANDS
from oculus.collectors import COLLECTORS
from oculus.core.clock import SystemClock
from oculus.core.counters import Counters
from oculus.core.errors import ConfigError
from oculus.core.metric import Metric
from oculus.notify import CHANNELS
from oculus.rules.settings import RuleSettings
from oculus.settings.load import load
from oculus.storage.file.database import open_database
from oculus.storage.reader import Reader
from oculus.storage.settings import StorageSettings
from oculus.storage.writing.writer import Writer

PAGES = (
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "SECURITY.md",
    "docs/rules.md",
    "docs/running.md",
    "docs/sql.md",
)


@pytest.fixture
def readme(root):
    return (root / "README.md").read_text("utf-8")


def section(page, heading):
    return page.split(f"## {heading}\n")[1].split("\n## ")[0]


@pytest.mark.parametrize("page", PAGES)
def test_every_link_and_picture_leads_to_a_file(root, page):
    targets = re.findall(r"\]\(([^)#]+)\)", (root / page).read_text("utf-8"))
    beside = (root / page).parent
    assert [name for name in targets if "://" not in name and not (beside / name).exists()] == []


def test_the_table_of_commands_is_that_of_the_command_line(readme):
    told = re.findall(r"^\| `oculus ([a-z][\w-]*)", readme, re.MULTILINE)
    assert sorted(told) == sorted(COMMANDS)


@pytest.mark.parametrize(("heading", "kinds"), [("What it watches", COLLECTORS), ("Whom it tells", CHANNELS)])
def test_every_collector_and_channel_is_in_its_table(readme, heading, kinds):
    named = re.findall(r"^\| `([\w.]+)` \|", section(readme, heading), re.MULTILINE)
    assert sorted(named) == sorted(kinds)


def test_every_command_of_dev_py_that_a_page_names_exists(root, dev):
    named = {
        name
        for page in PAGES
        for name in re.findall(r"packaging/dev\.py (\w+)", (root / page).read_text("utf-8"))
    }
    assert {name for name in named if f"def {name}(" not in (root / "packaging/dev.py").read_text()} == set()


def blocks(page, language):
    return re.findall(rf"^```{language}\n(.*?)^```", page, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(
    ("page", "number", "rules"),
    [
        ("README.md", 0, []),
        ("README.md", 1, []),
        ("README.md", 2, ["api_down", "slow"]),
        ("README.md", 3, ["shop_slow_in_a_busy_market", "restless"]),
        ("docs/rules.md", 0, ["slow_everywhere", "availability", "restless"]),
        ("docs/running.md", 0, []),
    ],
)
def test_the_examples_of_the_settings_can_be_used_as_they_stand(root, tmp_path, page, number, rules):
    example = blocks((root / page).read_text("utf-8"), "yaml")[number]
    (tmp_path / "oculus.yaml").write_text(example, "utf-8")
    (tmp_path / "office.py").write_text(*blocks((root / "README.md").read_text("utf-8"), "python"), "utf-8")
    settings = load(tmp_path / "oculus.yaml", environment={"OPS_TOKEN": "x", "BACKUP_SECRET": "x"})
    assert [rule.name for rule in settings.rules] == rules


def test_the_table_of_rooms_has_their_folders(root):
    page = section((root / "CONTRIBUTING.md").read_text("utf-8"), "Layout")
    rooms = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", page, re.MULTILINE))
    told = {room: sorted(re.findall(r"`(\w+)`", folders)) for room, folders in rooms.items()}
    inside = {path.parent.parent for path in (root / "app/oculus").glob("*/*/__init__.py")}
    there = {room: sorted(each.parent.name for each in room.glob("*/__init__.py")) for room in inside}
    assert told == {room.name: folders for room, folders in there.items()}


def test_what_a_service_and_a_container_are_made_of_is_there(root):
    page = (root / "docs/running.md").read_text("utf-8")
    [container] = blocks(page, "dockerfile")
    copied = [
        name for line in re.findall(r"^COPY (.+)", container, re.MULTILINE) for name in line.split()[:-1]
    ]
    assert copied
    assert [name for name in copied if not (root / name).exists()] == []
    service, replaced = "packaging/linux/oculus.service", "/usr/bin/oculus"
    assert f'sed "s|{replaced}|$PWD/.venv/bin/oculus|" {service} >' in page
    assert f"ExecStart={replaced} serve\n" in (root / service).read_text("utf-8")


MISTAKEN = """\
collectors:
  - type: tcp
    target: "db.example.com:5432"
    interval: 5 minutes
    retires: 2
rules:
  - name: db_down
    condition: "net.tcp.db.example.com:5432.up = 0"
"""


def test_the_messages_it_shows_are_those_that_are_given(readme, tmp_path):
    (tmp_path / "oculus.yaml").write_text(MISTAKEN, "utf-8")
    with pytest.raises(ConfigError) as told:
        load(tmp_path / "oculus.yaml", environment={})
    assert f"```text\n{told.value}\n```" in readme


@pytest.fixture
def reader(tmp_path):
    """Of a database that holds three quarters of an hour of two hosts and a certificate."""
    clock, counters = SystemClock(), Counters()
    database = open_database(tmp_path, StorageSettings(), clock)
    writer = Writer(database, counters, clock)
    writer.start()
    tags = {"probe": "ping", "target": "a"}
    series = {"net.ping.a": 12.0, "net.ping.a.up": 1.0, "net.ping.b": 30.0, "net.ping.b.up": 1.0}
    for minute in range(45):
        at = clock.now_ms() - minute * 60_000
        writer.put([Metric(at, "net.ping", name, value + minute % 3, tags) for name, value in series.items()])
    writer.put([Metric(clock.now_ms(), "net.http", "net.http.c.tls_days", 12.0, {})])
    writer.stop()
    yield Reader(database, counters)
    database.close()


def test_the_table_of_a_rule_s_settings_has_them_all(root):
    told = section((root / "docs/rules.md").read_text("utf-8"), "What a rule can have")
    first_cells = re.findall(r"^\| (.+?) \|", told, re.MULTILINE)
    named = set(re.findall(r"`(\w+)`", " ".join(first_cells)))
    assert named == {field.encode_name for field in msgspec.structs.fields(RuleSettings)}


def test_the_table_of_tables_has_their_columns(root, reader):
    page = (root / "docs/sql.md").read_text("utf-8")
    rows = re.findall(r"^\| (`.+?) \| (`.+?) \|", page, re.MULTILINE)
    words = [(re.findall(r"`(\w+)`", names), re.findall(r"`(\w+)`", has)) for names, has in rows]
    told = {name: has for names, has in words for name in names}
    stored = {name: [row[0] for row in reader.query(f"DESCRIBE {name}").rows] for name in told}
    assert {name: [column for column in has if column != "body"] for name, has in stored.items()} == told


def test_the_examples_of_sql_are_answered(root, readme, reader):
    page = (root / "docs/sql.md").read_text("utf-8")
    answered = [bool(reader.query(example).rows) for example in blocks(page, "sql")]
    assert answered == [True, False, True, True, True, False]  # nothing was down, and nothing has fired
    [example] = blocks(section(readme, "SQL"), "sql")
    assert [name for name, _ in reader.query(example).columns] == ["symbol", "ms", "samples"]
