import msgspec
import msgspec.inspect
import pytest

from oculus.collectors import COLLECTORS, build
from oculus.collectors.network.http import HttpSettings
from oculus.collectors.network.probe import ProbeSettings
from oculus.collectors.network.tcp import TcpSettings
from oculus.core.durations import Duration
from oculus.core.fields import read_special
from oculus.plugin import Collector, CollectorSettings, Metric, SourceError

KINDS = [collector.settings_class for collector in COLLECTORS.values()]


def read(kind, **given):
    return msgspec.convert(given, kind, dec_hook=read_special)


def test_settings_are_read_as_people_write_them():
    settings = read(
        HttpSettings,
        type="http",
        target="https://api.example/health",
        name="api.example",
        interval="1m",
        headers={"Authorization": "Bearer t0ken"},
        expect_status=["200-299", 301],
        expect_json={"path": "status", "equals": "up"},
    )
    assert settings.interval == Duration(minutes=1)
    assert "t0ken" not in repr(settings)
    assert build(settings).symbols() == ["net.http.api.example"]


def test_probes_ask_every_thirty_seconds_and_wait_five_unless_told_otherwise():
    for kind in filter(lambda kind: issubclass(kind, ProbeSettings), KINDS):
        defaults = {field.name: field.default for field in msgspec.structs.fields(kind)}
        assert (defaults["interval"], defaults["timeout"]) == (Duration(seconds=30), Duration(seconds=5))


def test_whoever_asks_more_often_than_every_five_seconds_need_not_write_a_timeout():
    often = read(TcpSettings, type="tcp", target="redis:6379", interval="2s")
    assert (often.timeout, often.interval) == (Duration(seconds=2), Duration(seconds=2))
    assert read(TcpSettings, type="tcp", target="redis:6379", interval="9s").timeout == Duration(seconds=5)


@pytest.mark.parametrize("kind", KINDS)
def test_every_setting_says_what_it_means(kind):
    fields = {field.name: field.type for field in msgspec.inspect.type_info(kind).fields}
    said = {name: (getattr(given, "extra_json_schema", None) or {}) for name, given in fields.items()}
    silent = [name for name in fields if not said[name].get("description")]
    assert silent == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"interval": "200ms", "timeout": "100ms"}, "interval 200ms is too short; write 1s or more"),
        ({"interval": "3s", "timeout": "5s"}, "timeout 5s is longer than the interval 3s"),
        ({"timeout": "0s"}, "timeout 0s is too short"),
        ({"retries": 11}, "<= 10"),
        ({"name": "***"}, "name '***' has no letter or digit"),
        ({"category": "Net Ping"}, "category 'Net Ping' should be lower-case words"),
        ({"target": "redis"}, "regex"),
        ({"target": "redis:0"}, "has no port from 1 to 65535"),
        ({"target": "redis:70000"}, "has no port from 1 to 65535"),
        ({"target": "-x:80"}, "is not a host"),
        ({"target": "a:b:80"}, "is not a host"),
        ({"target": "a\x00b:80"}, "is not a host"),
        ({"retires": 1}, "retires"),
    ],
)
def test_a_mistake_is_refused_in_words(given, said):
    with pytest.raises(msgspec.ValidationError) as caught:
        read(TcpSettings, **{"type": "tcp", "target": "redis:6379", **given})
    assert said in str(caught.value)


def test_several_mistakes_are_told_together():
    with pytest.raises(ValueError, match=r"interval .*; timeout .*; target ") as caught:
        TcpSettings(target="redis:0", interval=Duration(milliseconds=1), timeout=Duration(seconds=5))
    assert str(caught.value).count(";") >= 2


@pytest.mark.parametrize(
    ("target", "symbol"),
    [
        ("redis:6379", "net.tcp.redis:6379"),
        ("REDIS.Example:6379", "net.tcp.redis.example:6379"),
        ("[2001:db8::1]:80", "net.tcp.2001:db8::1:80"),
    ],
)
def test_the_target_makes_the_symbol(target, symbol):
    assert build(TcpSettings(target=target)).symbols() == [symbol]


def test_a_plugin_needs_nothing_but_the_public_names():
    class OfficeSettings(CollectorSettings):
        room: str

    class Office(Collector):
        category = "custom.office"
        settings_class = OfficeSettings

        def collect(self):
            if self.settings.room == "attic":
                raise SourceError("office", "no thermometer")
            return [self.metric(f"custom.office.{self.settings.room}", 21.5, unit="C")]

    office = Office(OfficeSettings(room="lab", tags={"site": "x"}))
    (metric,) = office.collect()
    assert isinstance(metric, Metric)
    assert (metric.category, metric.symbol, metric.value) == ("custom.office", "custom.office.lab", 21.5)
    assert metric.tags == {"unit": "C", "site": "x"}
    with pytest.raises(SourceError, match="no thermometer"):
        Office(OfficeSettings(room="attic")).collect()


def test_a_source_cannot_date_its_number_into_the_future(scripted, clock):
    collector = scripted(scripted.settings(name="a"))
    collector.clock = clock
    assert collector.metric("a.b.c", 1.0, ts_ms=clock.now_ms() + 5000).ts_ms == clock.now_ms()
    assert collector.metric("a.b.c", 1.0, ts_ms=1000).ts_ms == 1000
