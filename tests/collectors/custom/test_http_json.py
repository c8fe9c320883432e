"""http_json against a real web site: what is found, what is missing, and what is said then."""

import json

import pytest

from oculus.collectors import build
from oculus.collectors.custom.http_json import HttpJsonSettings
from oculus.collectors.once import collect_once
from oculus.collectors.tools import Tools
from oculus.core.durations import Duration
from oculus.core.errors import BadAnswer, OculusError, SourceError
from oculus.core.secret import Secret

STATS = {
    "data": {"orders": {"total": 42}, "queues": [{"name": "mail", "size": "7"}, {"name": "sms", "size": 9}]}
}
JSON = {"Content-Type": "application/json"}
METRICS = """# HELP http_requests_total All requests.
# TYPE http_requests_total counter
http_requests_total{method="get",code="200"} 1027 1395066363000
http_requests_total{method="post",code="500"} 3
odd{path="C:\\\\DIR{1}",say="\\"hi\\""} 4.5e2
temperature -3.5
broken{ 1
nothing NaN
"""


@pytest.fixture
def shop(site):
    def start(body, status=200, headers=JSON, **settings):
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        server = site({"/stats": (status, headers, content)})
        given = {
            "name": "shop",
            "url": f"http://127.0.0.1:{server.port}/stats",
            "metrics": {"orders": "data.orders.total", "queue": "data.queues[?name=='mail'].size"},
            **settings,
        }
        collector = build(HttpJsonSettings(**given))
        collector.tools = Tools()
        return collector, server

    return start


def values(metrics):
    return {metric.symbol: metric.value for metric in metrics}


def test_several_metrics_come_from_one_answer(shop):
    collector, server = shop(STATS)
    metrics = collector.collect()
    assert values(metrics) == {"custom.shop.orders": 42.0, "custom.shop.queue": 7.0}
    assert {metric.category for metric in metrics} == {"custom.shop"}
    assert collector.trouble == ""
    assert collector.symbols() == ["custom.shop.orders", "custom.shop.queue"]
    assert len(server.asked) == 1


def test_method_headers_body_and_password_are_sent(shop):
    _, server = shop(STATS)
    settings = HttpJsonSettings(
        name="shop",
        url=f"http://me:pass@127.0.0.1:{server.port}/stats?a=1",
        method="POST",
        headers={"X-Key": Secret("s3cret")},
        body='{"q": 1}',
        metrics={"orders": "data.orders.total"},
    )
    build(settings).collect()
    method, path, headers, body = server.asked[0]
    assert (method, path, body) == ("POST", "/stats?a=1", '{"q": 1}')
    assert headers["X-Key"] == "s3cret"
    assert headers["Authorization"] == "Basic bWU6cGFzcw=="


def test_what_is_there_is_kept_and_what_is_missing_is_told(shop):
    collector, _ = shop({"data": {"orders": {"total": 1}, "queues": None}})
    assert values(collector.collect()) == {"custom.shop.orders": 1.0}
    assert collector.trouble == "queue: there is nothing at data.queues[?name=='mail'].size"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({}, "orders: there is nothing at data.orders.total"),
        ({"data": {"orders": {"total": None}}}, "orders: there is nothing"),
        ({"data": {"orders": {"total": "many"}}}, "orders: 'many' is not a number"),
        ({"data": {"orders": {"total": [1, 2]}}}, "orders: a list of 2 is not a number"),
        ({"data": {"orders": {"total": "NaN"}}}, "orders: 'NaN' is not a number"),
        (b'{"data": {"orders": {"to', "is cut short"),
        (b"hello", "is not JSON"),
        (b"", "is not JSON|is cut short"),
    ],
)
def test_an_answer_without_the_number_gives_none_and_says_why(shop, answer, words):
    collector, _ = shop(answer, metrics={"orders": "data.orders.total"})
    with pytest.raises(BadAnswer, match=words):
        collector.collect()


@pytest.mark.parametrize("given", ["json", "prometheus"])
def test_a_web_page_is_no_answer(shop, given):
    collector, _ = shop(b"<html>Please log in</html>", headers={"Content-Type": "text/html"}, format=given,
                        metrics={"orders": "orders"})  # fmt: skip
    with pytest.raises(BadAnswer, match=r"text/html|web page"):
        collector.collect()


@pytest.mark.parametrize("status", [404, 500])
def test_an_error_status_is_told(shop, status):
    collector, _ = shop(STATS, status=status)
    with pytest.raises(SourceError, match=f"answered {status}"):
        collector.collect()


def test_numbers_are_found_in_text_by_regular_expression(shop):
    text = b"users: 17\nload=0.25;0.5\n"
    found = {"users": r"^users: (\d+)$", "load": r"load=([\d.]+)", "half": r"0\.5"}
    collector, _ = shop(text, headers={"Content-Type": "text/plain"}, format="text", metrics=found)
    wanted = {"custom.shop.users": 17.0, "custom.shop.load": 0.25, "custom.shop.half": 0.5}
    assert values(collector.collect()) == wanted


def test_only_the_first_megabyte_of_a_text_is_searched(shop):
    text = b" " * (2**20 + 1) + b"users: 17"
    collector, _ = shop(text, headers={}, format="text", metrics={"users": r"users: (\d+)"})
    with pytest.raises(BadAnswer, match="nothing in it matches"):
        collector.collect()


def test_series_are_found_in_prometheus_format(shop):
    found = {
        "ok": 'http_requests_total{code="200"}',
        "bad": 'http_requests_total{code=~"5..", method!="get"}',
        "odd": r'odd{say="\"hi\"",path="C:\\DIR{1}"}',
        "temperature": "temperature",
    }
    collector, _ = shop(METRICS.encode(), headers={"Content-Type": "text/plain; version=0.0.4"},
                        format="prometheus", metrics=found)  # fmt: skip
    metrics = collector.collect()
    assert values(metrics) == {
        "custom.shop.ok": 1027.0,
        "custom.shop.bad": 3.0,
        "custom.shop.odd": 450.0,
        "custom.shop.temperature": -3.5,
    }
    assert metrics[0].ts_ms == 1_395_066_363_000


def test_a_series_that_is_not_one_number_is_told(shop):
    found = {"a": "http_requests_total", "b": "nobody", "c": "nothing"}
    collector, _ = shop(METRICS.encode(), headers={}, format="prometheus", metrics=found)
    with pytest.raises(BadAnswer) as failure:
        collector.collect()
    assert "a: 2 series match http_requests_total, name more labels" in failure.value.what
    assert "b: no series matches nobody" in failure.value.what
    assert "c: nothing is nan, which is not a number" in failure.value.what


@pytest.mark.parametrize("ts", [-5, 10**20, -(10**20)])
def test_a_series_with_an_impossible_time_is_told(shop, ts):
    body = f"age 1 {ts}\n".encode()
    collector, _ = shop(body, headers={}, format="prometheus", metrics={"age": "age"})
    with pytest.raises(BadAnswer, match=f"age: {ts} is not a time since 1970"):
        collector.collect()


SEEN = {
    "at": 1_600_000_000,
    "a": {"n": 1, "at": "2020-09-13T12:26:41Z"},
    "b": {"n": 2, "at": "1600000002000"},
}


@pytest.mark.parametrize(
    ("more", "wanted"),
    [
        ({"ts": "at"}, [1_600_000_000_000, 1_600_000_000_000]),
        ({"ts": "at", "ts_unit": "s"}, [1_600_000_000_000, 1_600_000_000_000]),
        ({"ts": "at", "ts_by_key": {"b": "b.at"}}, [1_600_000_000_000, 1_600_000_002_000]),
        ({"ts": "a.at", "ts_unit": "iso"}, [1_600_000_001_000, 1_600_000_001_000]),
        ({"ts": "b.at", "ts_unit": "ms"}, [1_600_000_002_000, 1_600_000_002_000]),
    ],
)
def test_a_number_counts_as_of_the_time_that_its_source_gives_it(shop, more, wanted):
    collector, _ = shop(SEEN, metrics={"a": "a.n", "b": "b.n"}, **more)
    assert [metric.ts_ms for metric in collector.collect()] == wanted
    assert collector.as_of_ms == max(wanted)


def test_times_are_found_in_text_and_in_prometheus_format_too(shop):
    text, users = b"users 17 at 1600000000", {"users": r"users (\d+)"}
    collector, _ = shop(text, headers={}, format="text", metrics=users, ts=r"at (\d+)")
    assert [metric.ts_ms for metric in collector.collect()] == [1_600_000_000_000]
    collector, _ = shop(b"users 17\nread_at 1600000000\n", headers={}, format="prometheus",
                        metrics={"users": "users"}, ts="read_at")  # fmt: skip
    assert [metric.ts_ms for metric in collector.collect()] == [1_600_000_000_000]


def test_what_has_not_moved_is_not_written_again_not_even_after_a_restart(shop):
    collector, server = shop(SEEN, metrics={"a": "a.n", "b": "b.n"}, ts="at")
    assert len(collector.collect()) == 2
    assert collector.collect() == []
    assert collector.said == "2 of 2 numbers; nothing new"
    again = build(collector.settings)
    again.tools = Tools(memory=collector.tools.memory)
    assert again.collect() == []
    later = {**SEEN, "at": SEEN["at"] + 60, "a": {"n": 1}}
    server.pages["/stats"] = (200, JSON, json.dumps(later).encode())
    assert values(again.collect()) == {"custom.shop.a": 1.0, "custom.shop.b": 2.0}


def test_without_a_time_every_number_is_new(shop):
    collector, _ = shop(STATS)
    assert len(collector.collect()) == len(collector.collect()) == 2


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (None, "orders: there is nothing at at"),
        ("soon", "orders: 'soon' is not a time; write 2026-01-31T08:00:00Z, or seconds since 1970"),
        (-5, "orders: -5 is not a time since 1970"),
        (True, "orders: True is not a time"),
    ],
)
def test_a_number_without_the_time_it_should_have_is_none(shop, at, words):
    collector, _ = shop({"n": 1, "at": at}, metrics={"orders": "n"}, ts="at")
    with pytest.raises(BadAnswer, match=words):
        collector.collect()


def test_a_time_ahead_of_now_is_clipped_and_counted(shop):
    collector, _ = shop({"n": 1, "at": "2999-01-01T00:00:00Z"}, metrics={"orders": "n"}, ts="at")
    before = collector.tools.counters.get("collectors.clipped")
    [metric] = collector.collect()
    assert metric.ts_ms <= collector.clock.now_ms()
    assert collector.tools.counters.get("collectors.clipped") == before + 1


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")  # pytest brings back what is switched off
@pytest.mark.parametrize("verify", [True, False])
def test_a_certificate_nobody_trusts_is_taken_where_the_settings_say_so(site, server_tls, verify):
    server = site({"/stats": (200, JSON, b'{"n": 1}')}, tls=server_tls("localhost"))
    url = f"https://localhost:{server.port}/stats"
    collector = build(HttpJsonSettings(name="shop", url=url, metrics={"n": "n"}, verify_tls=verify))
    collector.tools = Tools()
    if not verify:
        assert values(collector.collect()) == {"custom.shop.n": 1.0}
        return
    with pytest.raises(SourceError, match="a certificate that is not trusted"):
        collector.collect()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"ts": "data..x"}, "ts 'data..x' is no JMESPath"),
        ({"ts_by_key": {"a": "("}, "format": "text"}, r"ts_by_key.a '\(' is no regular expression"),
        ({"ts_by_key": {"z": "x"}}, "ts_by_key has 'z', which is none of metrics"),
        ({"name": ""}, "name is missing"),
        ({"metrics": {"a b": "x"}}, "metrics has 'a b'"),
        ({"metrics": {"a": "data..x"}}, "metrics.a .* is no JMESPath"),
        ({"metrics": {"a": "("}, "format": "text"}, "metrics.a .* is no regular expression"),
        ({"metrics": {"a": "x{"}, "format": "prometheus"}, "metrics.a .* is no series"),
        ({"metrics": {"a": 'x{b=~"("}'}, "format": "prometheus"}, "metrics.a .* is no regular expression"),
        ({"url": "http://a b/"}, "url has a space"),
    ],
)
def test_mistakes_are_told_when_the_settings_are_read(settings, words):
    given = {"name": "shop", "url": "http://127.0.0.1/", "metrics": {"a": "b"}, **settings}
    with pytest.raises(ValueError, match=words):
        HttpJsonSettings(**given)


def test_an_answer_that_drips_until_the_other_end_hangs_up_ends_in_time(answers):
    port = answers(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n", b"{", *[b" "] * 12, pause_s=0.3
    )
    settings = HttpJsonSettings(
        name="shop", url=f"http://127.0.0.1:{port}/", metrics={"a": "b"}, timeout=Duration(seconds=1)
    )
    with pytest.raises(OculusError, match=r"did not answer within (1s|9\d\dms)"):  # less what it waited
        collect_once(settings)


def test_a_closed_port_is_told_in_plain_words(closed_port):
    settings = HttpJsonSettings(
        name="shop", url=f"http://127.0.0.1:{closed_port}/?token=abc", metrics={"a": "b"}
    )
    with pytest.raises(OculusError, match="refuses connections") as failure:
        collect_once(settings)
    assert "abc" not in str(failure.value)


def test_a_broken_address_says_nothing_about_others_of_its_host(site):
    server = site({"/bad": (500, JSON, b""), "/good": (200, JSON, b'{"a": 1}')})
    tools = Tools()

    def ask(path):
        url = f"http://127.0.0.1:{server.port}{path}"
        collector = build(HttpJsonSettings(name="shop", url=url, metrics={"a": "a"}))
        collector.tools = tools
        return collector.collect()

    for _ in range(4):
        with pytest.raises(SourceError):
            ask("/bad")
    assert len(ask("/good")) == 1
    assert "/bad" not in str(tools.sources.status())
