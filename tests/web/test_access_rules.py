"""The guard and its parts, without a server."""

import pytest

from oculus.core.errors import ConfigError
from oculus.core.secret import Secret
from oculus.settings.schema import ServerSettings
from oculus.web.access.guard import Guard, Request, check_exposure, host_of, is_loopback
from oculus.web.access.limits import MOST_ADDRESSES, Limit
from oculus.web.access.login import inside
from oculus.web.access.session import MOST_LINKS, OnceCodes, Sessions
from oculus.web.errors import HttpError

TOKEN = "t" * 43
SECRET = Secret(TOKEN)
DAY_MS = 86_400_000


class StillClock:
    def __init__(self):
        self.ms = 1_700_000_000_000
        self.seconds = 100.0

    def now_ms(self):
        return self.ms

    def monotonic(self):
        return self.seconds


@pytest.fixture
def clock():
    return StillClock()


@pytest.fixture
def guard(clock):
    return Guard(SECRET, "oculus_8420", "127.0.0.1", clock)


def request(method="GET", path="/api/status", client="127.0.0.1", local="127.0.0.1", **headers):
    given = {"host": "127.0.0.1:8420", "authorization": f"Bearer {TOKEN}"}
    given.update({name.replace("_", "-"): value for name, value in headers.items()})
    return Request(method, path, {k: v for k, v in given.items() if v is not None}, client, local)


def refusal(guard, asked, server=None):
    with pytest.raises(HttpError) as caught:
        guard.check(asked, server or ServerSettings())
    return caught.value


def test_the_token_opens_as_bearer_and_as_header(guard):
    guard.check(request(), ServerSettings())
    guard.check(request(authorization=None, x_oculus_token=TOKEN), ServerSettings())
    guard.check(request(authorization=f"bearer  {TOKEN}"), ServerSettings())


@pytest.mark.parametrize(
    "given", ["", "Bearer", "Bearer ", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer ümlaut"]
)
def test_anything_but_the_token_is_refused(guard, given):
    error = refusal(guard, request(authorization=given))
    assert (error.status, error.code) == (401, "unauthorized")
    assert TOKEN not in str(error)


def test_a_cookie_holds_for_a_month_and_only_with_its_signature(guard, clock):
    cookie = guard.sessions.issue(clock.now_ms())
    assert TOKEN not in cookie
    with_cookie = request(authorization=None, cookie=f"a=b; oculus_8420={cookie}")
    guard.check(with_cookie, ServerSettings())
    until, rest = cookie.split(".", 1)
    forged = f"{int(until) + 1}.{rest}"
    assert refusal(guard, request(authorization=None, cookie=f"oculus_8420={forged}")).status == 401
    clock.ms += 31 * DAY_MS
    assert refusal(guard, with_cookie).status == 401


@pytest.mark.parametrize(
    "cookie", ["", "oculus_8420", "oculus_8420=", "oculus_8420=..", "oculus_8420=x.y.z", "\x00;=,"]
)
def test_a_broken_cookie_is_no_cookie(guard, cookie):
    assert refusal(guard, request(authorization=None, cookie=cookie)).status == 401


def test_renewing_the_token_ends_every_session(guard, clock):
    cookie = guard.sessions.issue(clock.now_ms())
    assert not Sessions(Secret("u" * 43)).valid(cookie, clock.now_ms())


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8420", "127.0.0.1.evil.example", "", "a@127.0.0.1", "[::1", "127.0.0.2"],
)
def test_a_foreign_host_name_is_refused_even_with_the_token(guard, host):
    error = refusal(guard, request(host=host))
    assert (error.status, error.code) == (421, "wrong_host")


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8420", "127.0.0.1", "localhost:8420", "LOCALHOST", "localhost:9000"]
)
def test_the_names_of_this_machine_are_answered(guard, host):
    guard.check(request(host=host), ServerSettings())


def test_a_configured_name_is_answered(guard):
    guard.check(request(host="Oculus.Example:443"), ServerSettings(names=["oculus.example"]))


@pytest.mark.parametrize("host", ["192.168.1.5:8420", "10.0.0.1", "localhost:9000", "[fd00::1]:8420"])
def test_listening_on_everything_answers_to_every_address(clock, host):
    guard = Guard(SECRET, "c", "0.0.0.0", clock)
    guard.check(request(host=host, local="192.168.1.5"), ServerSettings())


@pytest.mark.parametrize("host", ["evil.example", "192.168.1.5.evil.example", "1.2.3", "localhost.evil"])
def test_listening_on_everything_still_answers_to_no_foreign_name(clock, host):
    guard = Guard(SECRET, "c", "0.0.0.0", clock)
    assert refusal(guard, request(host=host, local="192.168.1.5")).status == 421


def test_listening_on_one_address_answers_to_no_other(clock):
    guard = Guard(SECRET, "c", "192.168.1.5", clock)
    guard.check(request(host="192.168.1.5:8420", local="192.168.1.5"), ServerSettings())
    assert refusal(guard, request(host="192.168.1.6", local="192.168.1.5")).status == 421


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
    ],
)
def test_a_write_from_another_site_is_refused(guard, headers):
    error = refusal(guard, request("POST", "/api/query", **headers))
    assert (error.status, error.code) == (403, "forbidden")


@pytest.mark.parametrize(
    "headers",
    [{}, {"origin": "http://127.0.0.1:8420"}, {"sec_fetch_site": "same-origin"}, {"sec_fetch_site": "none"}],
)
def test_a_write_from_our_own_pages_or_a_program_passes(guard, headers):
    guard.check(request("POST", "/api/query", **headers), ServerSettings())


def test_the_api_takes_a_burst_and_then_so_many_a_second(guard, clock):
    for _ in range(20):
        guard.check(request(), ServerSettings())
    error = refusal(guard, request())
    assert (error.status, error.code, error.headers["Retry-After"]) == (429, "rate_limited", "1")
    guard.check(request(client="10.0.0.9"), ServerSettings())
    clock.seconds += 0.11
    guard.check(request(), ServerSettings())


def test_strangers_are_counted_wherever_they_knock(guard):
    for _ in range(20):
        assert refusal(guard, request(path="/", authorization=None)).status == 401
    assert refusal(guard, request(path="/", authorization=None)).status == 429


def test_guessing_at_the_login_is_slow(guard, clock):
    for _ in range(5):
        guard.check(request("POST", "/login", authorization=None), ServerSettings())
    assert refusal(guard, request("POST", "/login", authorization=None)).status == 429
    clock.seconds += 2.1
    guard.check(request("POST", "/login", authorization=None), ServerSettings())


def test_a_household_of_ipv6_addresses_shares_one_limit():
    limit = Limit(1, 1)
    assert limit.take("2001:db8::1", 0.0) == 0
    assert limit.take("2001:db8::2", 0.0) > 0
    assert limit.take("2001:db8:0:1::1", 0.0) == 0
    assert limit.take("::ffff:10.0.0.1", 0.0) == 0
    assert limit.take("10.0.0.1", 0.0) > 0


def test_strangers_cannot_fill_the_memory_with_addresses():
    limit = Limit(1, 1)
    for number in range(MOST_ADDRESSES + 100):
        limit.take(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", 0.0)
    assert len(limit) == MOST_ADDRESSES


def test_a_one_time_code_opens_once_and_within_a_minute():
    codes = OnceCodes()
    code = codes.issue(0.0)
    assert codes.redeem(code, 59.0)
    assert not codes.redeem(code, 59.0)
    assert not codes.redeem(codes.issue(0.0), 60.0)
    assert not codes.redeem("made-up", 0.0)


def test_only_the_newest_codes_are_kept():
    codes = OnceCodes()
    first = codes.issue(0.0)
    for _ in range(MOST_LINKS):
        codes.issue(0.0)
    assert not codes.redeem(first, 1.0)


def test_our_own_login_form_passes_though_browsers_hide_where_it_comes_from(guard):
    guard.check(request("POST", "/login", authorization=None, origin="null"), ServerSettings())


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "oculus.example"])
def test_a_short_token_is_refused_where_others_can_reach_the_port(host):
    with pytest.raises(ConfigError, match="at least 32"):
        check_exposure(host, Secret("short"))
    check_exposure(host, SECRET)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.1.2.3", "::ffff:127.0.0.1"])
def test_a_port_that_only_this_machine_reaches_may_have_a_short_token(host):
    assert is_loopback(host)
    check_exposure(host, Secret("short"))


@pytest.mark.parametrize(
    "back", ["//evil.example", "https://evil.example", "/\\evil.example", "evil", "", "/a\r\nSet-Cookie: x=y"]
)
def test_the_login_never_leads_to_another_site(back):
    assert inside(back) == "/"


def test_the_login_leads_back_to_where_one_wanted_to_go():
    assert inside("/rules/btc") == "/rules/btc"


def test_a_host_may_be_an_ipv6_address():
    assert host_of(request(host="[::1]:8420")) == "::1"
