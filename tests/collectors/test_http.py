import json

import pytest

from oculus import __version__
from oculus.collectors.network.expect import ExpectJson
from oculus.collectors.network.http import HttpSettings
from oculus.core.secret import Secret

PAGE = {"/": (200, {"Content-Type": "text/html"}, b"<h1>all ok</h1>")}
PHASES = ("dns", "connect", "first_byte", "transfer")


def url(server, path="/", host="127.0.0.1"):
    return f"http://{host}:{server.port}{path}"


def test_a_good_answer_is_up_with_its_status_size_and_time(site, ask):
    server = site(PAGE)
    values, trouble, metrics = ask(HttpSettings(target=url(server)))
    assert trouble == ""
    assert set(values) == {"", *PHASES, "status", "match", "bytes", "up"}  # no tls: it was not reached
    assert (values["up"], values["match"], values["status"], values["bytes"]) == (1, 1, 200, 15)
    assert metrics[0].symbol == "net.http.127.0.0.1"
    assert metrics[0].tags == {"probe": "http", "target": url(server)}


def test_the_phases_add_up_to_the_whole(site, ask):
    values, _, _ = ask(HttpSettings(target=url(site(PAGE), host="localhost")))
    assert values[""] == pytest.approx(sum(values[phase] for phase in PHASES), abs=0.011)


def test_a_slow_first_byte_and_a_slow_body_are_told_apart(answers, listen, ask):
    port = answers(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", b"o", b"k", pause_s=0.15)
    values, trouble, _ = ask(HttpSettings(target=f"http://127.0.0.1:{port}/"))
    assert trouble == ""
    assert values["transfer"] > 140
    assert values["first_byte"] < 140


def test_a_site_is_reached_over_ipv6(site, ask):
    server = site(PAGE, host="::1")
    values, trouble, metrics = ask(HttpSettings(target=f"http://[::1]:{server.port}/"))
    assert values["up"] == 1, trouble
    assert server.asked[0][2]["Host"] == f"[::1]:{server.port}"
    assert metrics[0].symbol == "net.http.::1"


def test_the_question_is_sent_as_it_is_set(site, ask):
    server = site({"/form": (200, {}, b"")})
    ask(
        HttpSettings(
            target=url(server, "/form?a=1&b=ü"),
            method="POST",
            headers={"X-Key": Secret("k1"), "user-agent": Secret("mine")},
            body='{"ä": 1}',
        )
    )
    method, path, headers, body = server.asked[0]
    assert (method, path, body) == ("POST", "/form?a=1&b=%C3%BC", '{"ä": 1}')
    assert headers["X-Key"] == "k1"
    assert headers["user-agent"] == "mine"
    assert "User-Agent" not in headers


def test_it_says_who_asks_and_wants_the_body_as_it_is(site, ask):
    server = site(PAGE)
    ask(HttpSettings(target=url(server)))
    headers = server.asked[0][2]
    assert headers["User-Agent"] == f"oculus/{__version__}"
    assert headers["Accept-Encoding"] == "identity"


def test_asking_for_the_head_alone_has_no_body(site, ask):
    values, trouble, _ = ask(HttpSettings(target=url(site(PAGE)), method="HEAD"))
    assert (values["up"], values["bytes"], trouble) == (1, 0, "")


@pytest.mark.parametrize(
    ("status", "expected", "match"),
    [
        (200, ["200-399"], 1),
        (399, ["200-399"], 1),
        (404, ["200-399"], 0),
        (404, [404], 1),
        (418, [200, "410-420"], 1),
        (500, ["200-299", "404"], 0),
    ],
)
def test_the_status_is_held_against_what_is_expected(site, ask, status, expected, match):
    server = site({"/": (status, {}, b"")})
    values, trouble, _ = ask(HttpSettings(target=url(server), expect_status=expected))
    assert (values["up"], values["match"], values["status"]) == (match, match, status)
    assert bool(trouble) != bool(match)


def test_a_wrong_answer_is_down_but_its_time_status_and_size_are_kept(site, ask):
    server = site({"/": (503, {}, b"sorry")})
    values, trouble, _ = ask(HttpSettings(target=url(server)))
    assert trouble == "answered 503 Service Unavailable, expected 200-399"
    assert (values["up"], values["match"], values["status"], values["bytes"]) == (0, 0, 503, 5)
    assert values[""] > 0


@pytest.mark.parametrize(
    ("expected", "match"),
    [("all ok", 1), ("all okay", 0), (r"/<h1>.* ok/", 1), (r"/^ok$/", 0), ("/", 1), ("[a-z]", 0)],
)
def test_the_body_is_held_against_a_text_or_a_regular_expression(site, ask, expected, match):
    values, trouble, _ = ask(HttpSettings(target=url(site(PAGE)), expect_body=expected))
    assert values["match"] == values["up"] == match
    assert trouble == ("" if match else f"its body does not have {expected}")


def test_the_body_is_read_in_its_own_alphabet(site, ask):
    server = site({"/": (200, {"Content-Type": "text/plain; charset=iso-8859-1"}, "grün".encode("latin-1"))})
    assert ask(HttpSettings(target=url(server), expect_body="grün"))[0]["up"] == 1


def test_an_expression_that_takes_too_long_is_the_reason_and_not_a_hung_machine(site, ask, monkeypatch):
    monkeypatch.setattr("oculus.core.pattern.LONGEST_S", 0.2)
    server = site({"/": (200, {}, b"a" * 60 + b"b")})
    values, trouble, _ = ask(HttpSettings(target=url(server), expect_body="/^(a|aa)+$/"))
    assert (values["up"], values["match"]) == (0, 0)
    assert "takes longer than 0.2 s; write a simpler one" in trouble


@pytest.mark.parametrize(
    ("body", "path", "equals", "trouble"),
    [
        ('{"status": "up"}', "status", "up", ""),
        ('{"status": "down"}', "status", "up", 'status is "down", expected "up"'),
        ('{"queues": [{"name": "mail", "size": 3}]}', "queues[?name=='mail'].size | [0]", 3, ""),
        ('{"n": 1}', "n", True, "n is 1, expected true"),
        ("{}", "status", "up", 'status is null, expected "up"'),
        ("<html>", "status", "up", "its body is not JSON"),
        ("[" * 100_000, "status", "up", "its body is not JSON"),
        ("\ufeff[1]", "[0]", 1, ""),
        ('{"a": "x"}', "abs(a)", 1, "abs(a) cannot be found in its body"),
    ],
)
def test_a_place_in_a_json_body_is_held_against_a_value(site, ask, body, path, equals, trouble):
    server = site({"/": (200, {"Content-Type": "application/json"}, body.encode())})
    expect = ExpectJson(path=path, equals=equals)
    values, said, _ = ask(HttpSettings(target=url(server), expect_json=expect))
    assert said.startswith(trouble)
    assert values["up"] == (0 if trouble else 1)


def test_every_broken_expectation_is_named(site, ask):
    server = site({"/": (500, {}, b"oops")})
    expect = ExpectJson(path="a", equals=1)
    _, trouble, _ = ask(HttpSettings(target=url(server), expect_body="ok", expect_json=expect))
    assert trouble.split("; ") == [
        "answered 500 Internal Server Error, expected 200-399",
        "its body does not have ok",
        "its body is not JSON",
    ]


def test_redirects_are_followed_and_every_hop_is_part_of_the_time(site, ask):
    last = site(PAGE)
    first = site({"/": (302, {"Location": "/next"}, b""), "/next": (301, {"Location": url(last)}, b"")})
    values, trouble, _ = ask(HttpSettings(target=url(first)))
    assert (values["up"], values["status"], values["bytes"], trouble) == (1, 200, 15, "")
    assert values[""] == pytest.approx(sum(values[phase] for phase in PHASES), abs=0.011)


def test_a_redirect_is_an_answer_when_it_is_not_to_be_followed(site, ask):
    server = site({"/": (302, {"Location": "/next"}, b"")})
    settings = HttpSettings(target=url(server), follow_redirects=False, expect_status=[302])
    assert ask(settings)[0]["up"] == 1
    assert len(server.asked) == 1


def test_a_password_does_not_follow_a_redirect_to_another_site(site, ask):
    other = site(PAGE)
    server = site({"/": (302, {"Location": url(other)}, b"")})
    headers = {"Authorization": Secret("Bearer t0ken"), "X-Api-Key": Secret("k"), "Accept": Secret("text/*")}
    ask(HttpSettings(target=url(server), headers=headers))
    assert server.asked[0][2]["Authorization"] == "Bearer t0ken"
    assert "Authorization" not in other.asked[0][2]
    assert "X-Api-Key" not in other.asked[0][2]
    assert other.asked[0][2]["Accept"] == "text/*"


def test_a_password_does_follow_a_redirect_within_the_site(site, ask):
    server = site({"/": (302, {"Location": "/next"}, b""), "/next": (200, {}, b"ok")})
    ask(HttpSettings(target=f"http://joe:pw@127.0.0.1:{server.port}/", headers={"X-Key": Secret("k")}))
    assert [asked[2]["Authorization"] for asked in server.asked] == ["Basic am9lOnB3"] * 2
    assert server.asked[1][2]["X-Key"] == "k"


def test_what_a_server_says_cannot_write_on_the_terminal(answers, ask):
    port = answers(b"HTTP/1.1 500 \x1b[2J\x9bbad\r\nContent-Length: 0\r\n\r\n")
    assert ask(HttpSettings(target=f"http://127.0.0.1:{port}/"))[1] == "answered 500 [2Jbad, expected 200-399"


def test_a_post_becomes_a_get_where_a_browser_would_do_so(site, ask):
    server = site({"/": (303, {"Location": "/done"}, b""), "/done": (200, {}, b"ok")})
    ask(HttpSettings(target=url(server), method="POST", body="x"))
    assert [asked[0] for asked in server.asked] == ["POST", "GET"]


def test_a_post_stays_a_post_where_the_server_asks_for_it(site, ask):
    server = site({"/": (307, {"Location": "/done"}, b""), "/done": (200, {}, b"ok")})
    ask(HttpSettings(target=url(server), method="POST", body="x"))
    assert [(asked[0], asked[3]) for asked in server.asked] == [("POST", "x"), ("POST", "x")]


def test_user_and_password_in_the_address_are_sent_but_never_shown(site, ask):
    server = site({"/": (302, {"Location": "/"}, b"")})
    target = f"http://joe:p%40ss@127.0.0.1:{server.port}/?api_key=s3cret"
    _, trouble, metrics = ask(HttpSettings(target=target))
    assert server.asked[0][2]["Authorization"] == "Basic am9lOnBAc3M="
    shown = trouble + str(metrics)
    assert "joe" not in shown
    assert "p%40ss" not in shown
    assert "s3cret" not in json.dumps(metrics[0].tags)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"target": "http://"}, "is not a host"),
        ({"target": "http://a b/"}, "has a space"),
        ({"target": "http://host:99999/"}, "out of range"),
        ({"target": "http://x/", "expect_status": ["2xx"]}, "'2xx' is not a status; write 200 or 200-299"),
        ({"target": "http://x/", "expect_status": ["299-200"]}, "write 200-299"),
        ({"target": "http://x/", "expect_body": "/(/"}, "is not a regular expression"),
        ({"target": "http://x/", "headers": {"A": Secret("x\r\nB: y")}}, "headers.A has a line break"),
        ({"target": "http://x/", "headers": {"A b": Secret("x")}}, "headers.A b is not the name of a header"),
        ({"target": "http://x/", "headers": {"Content-Length": Secret("1")}}, "is set by Oculus itself"),
        ({"target": "http://x/", "ca_file": "/nowhere.pem"}, "/nowhere.pem is not there"),
    ],
)
def test_settings_that_cannot_work_are_refused_in_words(given, said):
    with pytest.raises(ValueError, match=r".") as caught:
        HttpSettings(**given)
    assert said in str(caught.value)


def test_a_header_that_is_refused_is_not_shown():
    with pytest.raises(ValueError, match=r"headers.A") as caught:
        HttpSettings(target="http://x/", headers={"A": Secret("s3cret\n")})
    assert "s3cret" not in str(caught.value)


def test_a_path_into_json_that_is_none_is_refused():
    with pytest.raises(ValueError, match="is not JMESPath"):
        ExpectJson(path="a[", equals=1)
