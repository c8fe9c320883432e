"""Plugins: somebody else's code as a collector, whatever it does."""

import gc
import json
import logging
import re
import sys
import textwrap
from importlib.metadata import EntryPoint
from pathlib import Path
from weakref import WeakSet

import pytest

from oculus.collectors.custom import plugin_files
from oculus.collectors.custom.plugin import BoundPlugin
from oculus.core.errors import ConfigError
from oculus.core.loglines import JsonLines, PlainLines
from oculus.settings.load import load
from oculus.settings.show import shown

OFFICE = """
    from oculus.plugin import Collector, CollectorSettings, Metric, Secret, SourceError

    class OfficeSettings(CollectorSettings):
        room: str
        key: Secret = Secret("")

    class Office(Collector):
        category = "custom.office"
        settings_class = OfficeSettings

        def collect(self) -> list[Metric]:
            return [self.metric(f"custom.office.{self.settings.room}", 21.5, unit="C")]
"""
BARE = "from oculus.plugin import Collector\nclass A(Collector):\n"
COLLECT = """
    from oculus.plugin import Collector, Metric, SourceError

    class Bad(Collector):
        category = "custom.bad"

        def collect(self):
            %s
"""


@pytest.fixture
def settings_of(tmp_path):
    """Write oculus.yaml and plugins beside it; returns what they are read as."""

    def read(entries, **files):
        (tmp_path / "oculus.yaml").write_text("collectors:\n" + textwrap.dedent(entries))
        for name, code in files.items():
            (tmp_path / f"{name}.py").write_text(textwrap.dedent(code))
        return load(tmp_path / "oculus.yaml")

    return read


@pytest.fixture
def run(desk, settings_of):
    """One round of all that is written; returns the desk."""

    def start(entries, **files):
        desk.scheduler.replace(settings_of(entries, **files).collectors)
        desk.round(60)
        return desk

    return start


def test_a_file_in_the_settings_folder_is_a_collector_with_typed_settings(run):
    desk = run(
        "- {type: plugin, module: office.py, settings: {room: hall}, tags: {floor: '2'}}\n", office=OFFICE
    )
    [metric] = desk.metrics
    assert (metric.symbol, metric.category, metric.value) == ("custom.office.hall", "custom.office", 21.5)
    assert metric.tags == {"unit": "C", "floor": "2"}
    assert desk.status("office").state == "ok"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ("{}", "settings.room: is missing"),
        ("{room: hall, rom: 1}", "settings.rom: no such setting"),
        ("{room: [1]}", "settings.room: a list is not text"),
    ],
)
def test_settings_that_do_not_fit_the_plugin_are_mistakes_with_their_place(settings_of, settings, words):
    with pytest.raises(ConfigError, match=rf"oculus.yaml:2: collectors\[0\].{words}"):
        settings_of(f"- {{type: plugin, module: office.py, settings: {settings}}}\n", office=OFFICE)


def test_a_secret_of_a_plugin_is_never_shown(settings_of):
    entry = "- {type: plugin, module: office.py, settings: {room: hall, key: hunter22}}\n"
    assert "hunter22" not in str(shown(settings_of(entry, office=OFFICE)))


def test_interval_is_the_entrys_else_the_plugins_own(settings_of):
    slow = """
        from oculus.plugin import Collector, CollectorSettings, Duration

        class SlowSettings(CollectorSettings):
            interval: Duration = Duration(minutes=5)
            timeout: Duration = Duration(seconds=50)

        class Slow(Collector):
            category = "custom.slow"
            settings_class = SlowSettings
            def collect(self): return []
    """
    entries = """
    - {type: plugin, module: slow.py}
    - {type: plugin, module: slow.py, name: quick, interval: 1m, timeout: 45s}
    """
    usual, quick = settings_of(entries, slow=slow).collectors
    assert (str(usual.interval), str(usual.timeout)) == ("5m", "50s")
    assert (str(quick.interval), str(quick.settings.interval), quick.settings.name) == ("1m", "1m", "quick")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("x = (", "line 1: SyntaxError"),
        ("import nothing_of_that_name", "line 1: ModuleNotFoundError"),
        ("\n\n1 / 0", "line 3: ZeroDivisionError"),
        ("import sys\nsys.exit(3)", "line 2: SystemExit"),
        ("x = 1", "holds no class of the kind Collector"),
        (
            "from oculus.plugin import Collector\nclass A(Collector):\n    category = 'custom.a'",
            "A has no method",
        ),
        (
            "from oculus.plugin import Collector\nclass A(Collector):\n    def collect(self): return []",
            "no category",
        ),
        (
            "from oculus.plugin import Collector\nclass A(Collector):\n    category = 'custom.a'\n"
            "    settings_class = dict\n    def collect(self): return []",
            "settings_class of A",
        ),
        (b"\xff\xfe\x00".decode("latin-1"), "SyntaxError"),
    ],
)
def test_a_broken_plugin_is_told_with_its_place_and_never_stops_the_rest(
    run, settings_of, code, words, caplog
):
    caplog.set_level(logging.DEBUG)
    entries = """
    - {type: plugin, module: broken.py}
    - {type: plugin, module: office.py, settings: {room: hall}}
    """
    desk = run(entries, broken=code, office=OFFICE)
    assert [metric.symbol for metric in desk.metrics] == ["custom.office.hall"]
    assert words in desk.status("broken").last_error
    assert words in caplog.text
    assert any(words in event.message for event in desk.events)
    [notice] = settings_of(entries).notices
    assert notice.startswith("oculus.yaml:3: collectors[0].module: broken.py cannot be used")
    assert words in notice


def logged(caplog):
    """The lines of the log file about plugins that broke."""
    lines = [json.loads(JsonLines().format(record)) for record in caplog.records]
    return [line for line in lines if "traceback" in line]


def test_the_log_has_a_broken_plugins_traceback_and_no_person_sees_it(settings_of, caplog):
    settings_of("- {type: plugin, module: trace.py}\n", trace="def f():\n    1 / 0  # the culprit\nf()")
    [line] = logged(caplog)
    assert line["level"] == "warn"
    assert "line 2, in f" in line["traceback"]
    assert "Traceback" not in PlainLines().format(caplog.records[-1])


def test_the_log_has_the_traceback_of_a_run_that_failed_once_for_each_reason(desk, settings_of, caplog):
    act = "raise ValueError(type(self).__name__ if self.clock.now_ms() % 2 else 'even')"
    desk.scheduler.replace(settings_of("- {type: plugin, module: bad.py}\n", bad=COLLECT % act).collectors)
    for _ in range(3):
        desk.round(3600)
    [line] = logged(caplog)
    assert "ValueError" in line["message"]
    assert ", in collect" in line["traceback"]
    assert "The log holds the traceback" in desk.status("bad").last_error


@pytest.mark.parametrize("module", ["../office.py", "sub/office.py", "/etc/office.py", "..\\o.py", ".py"])
def test_only_files_in_the_settings_folder_itself_are_loaded(settings_of, tmp_path, module):
    (tmp_path.parent / "office.py").write_text("raise SystemExit('loaded')")
    [entry] = settings_of(f"- {{type: plugin, module: '{module}'}}\n").collectors
    assert "write its bare name" in entry.problem


def test_a_missing_file_is_told_with_those_that_are_there(settings_of):
    [entry] = settings_of("- {type: plugin, module: offise.py}\n", office=OFFICE).collectors
    assert "no such file" in entry.problem
    assert "which has office.py" in entry.problem


def test_a_plugin_knows_whether_a_person_asks(desk, settings_of):
    act = "return [self.metric('custom.bad.by-hand', float(self.by_hand))]"
    desk.scheduler.replace(settings_of("- {type: plugin, module: bad.py}\n", bad=COLLECT % act).collectors)
    desk.round(60)
    desk.scheduler.run_now("bad")
    assert [metric.value for metric in desk.metrics] == [0.0, 1.0]


def test_an_installed_entry_point_is_a_plugin_too(run, monkeypatch):
    import sys
    import types

    module = types.ModuleType("some_package")
    exec(textwrap.dedent(OFFICE), module.__dict__)
    module.Office.__module__ = module.OfficeSettings.__module__ = "some_package"
    monkeypatch.setitem(sys.modules, "some_package", module)
    points = [EntryPoint("office", "some_package:Office", plugin_files.GROUP)]
    monkeypatch.setattr(
        plugin_files, "entry_points", lambda group, name=None: [p for p in points if name in (None, p.name)]
    )
    desk = run("- {type: plugin, module: office, settings: {room: hall}}\n- {type: plugin, module: other}\n")
    assert [metric.symbol for metric in desk.metrics] == ["custom.office.hall"]
    assert "no such plugin is installed (installed: office)" in desk.status("other").last_error


@pytest.mark.parametrize(
    ("act", "words"),
    [
        ("raise ValueError('boom')", "line 8: ValueError: boom"),
        ("raise SourceError('office', 'is closed')", "office: is closed"),
        ("import sys; sys.exit(1)", "line 8: SystemExit"),
        ("return 5", "returned int instead of a list"),
        ("return [5]", "returned a int among its metrics"),
        ("return [self.metric('Custom Bad', 1.0)]", "may only have"),
        ("return [self.metric('custom.bad.x', 'much')]", "TypeError"),
        ("return [Metric(10**20, 'custom.bad', 'custom.bad.x', 1.0, {})]", "is not milliseconds since 1970"),
        (
            "return [Metric(None, 'custom.bad', 'custom.bad.x', 1.0, {})]",
            "None is not millis",
        ),
        ("return [self.metric('custom.bad.x', 1.0, -10**20)]", "is not milliseconds since 1970"),
        ("return [self.metric('custom.bad.x', 1.0, unit=5)]", "tags of custom.bad.x should be text"),
        (
            "return [Metric(0, 'custom.bad', 'custom.bad.x', 1.0, None)]",
            "tags of custom.bad.x should be text",
        ),
        ("return [Metric(0, None, 'custom.bad.x', 1.0, {})]", "category None of custom.bad.x should be text"),
        ("self.as_of_ms = -(10**20); return []", "is not milliseconds since 1970"),
        ("self.heard_ms = 'just now'; return []", "'just now' is not milliseconds since 1970"),
        ("self.rest_s = float('nan'); return []", "nan is no number of seconds"),
        ("self.news = 5; return []", "TypeError"),
    ],
)
def test_a_plugin_that_raises_or_returns_nonsense_costs_only_its_own_run(run, act, words):
    desk = run("- {type: plugin, module: bad.py}\n- {type: plugin, module: office.py, settings: {room: a}}\n",
               bad=COLLECT % act, office=OFFICE)  # fmt: skip
    assert words in desk.status("bad").last_error
    assert [metric.symbol for metric in desk.metrics] == ["custom.office.a"]


def test_a_plugin_cannot_tell_a_story_without_end(run):
    act = "self.trouble = self.said = 'x' * 10**6; self.news = ['y' * 10**6]; return []"
    desk = run("- {type: plugin, module: long.py}\n", long=COLLECT % act)
    assert len(desk.status("long").last_error) == len(desk.status("long").said) == 2000
    assert desk.events
    assert all(len(event.message) < 2100 for event in desk.events)


def test_nor_can_it_fail_with_one(run):
    desk = run("- {type: plugin, module: long.py}\n", long=COLLECT % "raise SourceError('x', 'y' * 10**6)")
    assert len(desk.status("long").last_error) == 2000


@pytest.mark.parametrize("value", ["True", "7", "__import__('decimal').Decimal('2.5')"])
def test_whatever_number_a_plugin_returns_is_kept_as_a_float(run, value):
    desk = run("- {type: plugin, module: odd.py}\n", odd=COLLECT % f"return [self.metric('a.b.c', {value})]")
    assert [type(metric.value) for metric in desk.metrics] == [float]


def test_a_plugin_cannot_date_a_number_or_itself_into_the_future(run, clock):
    act = "self.as_of_ms = 9 * 10**12; return [Metric(self.as_of_ms, 'custom.x', 'custom.x.y', 1.0, {})]"
    desk = run("- {type: plugin, module: ahead.py}\n", ahead=COLLECT % act)
    assert [metric.ts_ms for metric in desk.metrics] == [clock.now_ms()]
    assert desk.status("ahead").as_of_ms == clock.now_ms()


def test_a_plugin_that_hangs_is_given_up_and_the_rest_goes_on(desk, settings_of, eventually, tmp_path):
    entries = """
    - {type: plugin, module: bad.py}
    - {type: plugin, module: office.py, settings: {room: a}}
    """
    hangs = tmp_path / "hangs"
    hang = COLLECT % f"import time; open({str(hangs)!r}, 'w').close(); time.sleep(30)"
    desk.scheduler.replace(settings_of(entries, bad=hang, office=OFFICE).collectors)
    desk.clock.move(60)
    desk.scheduler.tick()
    eventually(lambda: hangs.exists() and desk.status("office").state == "ok" and desk.metrics)
    eventually(lambda: desk.scheduler._pool.busy() == 1)
    desk.clock.move(10)
    desk.scheduler.tick()
    assert "took longer than 6s" in desk.status("bad").last_error
    assert desk.status("bad").stuck
    assert desk.status("office").state == "ok"


def test_a_plugin_that_hangs_while_it_is_loaded_is_given_up(settings_of, monkeypatch):
    monkeypatch.setattr(plugin_files, "LOAD_S", 0.2)
    [entry] = settings_of(
        "- {type: plugin, module: hang.py}\n", hang="import time\ntime.sleep(30)"
    ).collectors
    assert "to load" in entry.problem


def test_a_constructor_that_fails_fails_the_run_not_the_start(run):
    code = (
        COLLECT % "return []"
    ) + "\n        def __init__(self, settings):\n            raise OSError('no room')\n"
    assert "OSError: no room" in run("- {type: plugin, module: bad.py}\n", bad=code).status("bad").last_error


def test_a_mended_plugin_is_other_settings_so_that_it_is_started_anew(run, settings_of):
    entry = "- {type: plugin, module: bad.py}\n"
    desk = run(entry, bad="x = (")
    desk.scheduler.replace(
        settings_of(entry, bad=COLLECT % "return [self.metric('custom.bad.x', 1.0)]").collectors
    )
    desk.round(60)
    assert [metric.symbol for metric in desk.metrics] == ["custom.bad.x"]
    assert "answers again" in desk.events[-1].message


def test_a_plugin_that_did_not_change_keeps_running(run, settings_of):
    entry = "- {type: plugin, module: office.py, settings: {room: hall}}\n"
    desk = run(entry, office=OFFICE)
    [before] = desk.scheduler._roster.jobs
    desk.scheduler.replace(settings_of(entry, office=OFFICE).collectors)
    assert desk.scheduler._roster.jobs == [before]
    assert isinstance(before.settings, BoundPlugin)


def test_a_rule_on_what_a_plugin_may_write_is_not_called_odd(settings_of, tmp_path):
    (tmp_path / "rules.yaml").write_text("rules:\n- {name: r, condition: custom.office.hall > 3}\n")
    assert (
        settings_of("- {type: plugin, module: office.py, settings: {room: a}}\n", office=OFFICE).notices == []
    )


def test_the_plugin_in_the_readme_works_as_it_stands(run):
    readme = (Path(__file__).parents[3] / "README.md").read_text("utf-8")
    [example] = re.findall(r"^```python\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)
    desk = run("- {type: plugin, module: office.py, settings: {room: hall}}\n", office=example)
    assert [(metric.symbol, metric.value) for metric in desk.metrics] == [("custom.office.hall", 21.5)]


def test_of_a_plugin_that_is_saved_again_and_again_only_the_newest_states_stay_in_memory(run, tmp_path):
    entry = "- {type: plugin, module: office.py, settings: {room: hall}}\n"
    classes = WeakSet()
    for number in range(plugin_files.MOST_STATES + 5):
        desk = run(entry, office=f"{textwrap.dedent(OFFICE)}\n# {number}\n")
        classes.add(next(reversed(plugin_files._loaded.values())).kind.settings_class)
    assert desk.status("office").state == "ok"
    states = [digest for source, digest in plugin_files._loaded if source == str(tmp_path / "office.py")]
    assert len(states) == plugin_files.MOST_STATES
    mine = {
        each for each in sys.modules.values() if getattr(each, "__file__", "") == str(tmp_path / "office.py")
    }
    assert len(mine) == plugin_files.MOST_STATES
    gc.collect()
    assert len(classes) == plugin_files.MOST_STATES
