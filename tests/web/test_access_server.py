"""Without the token there is no data, and the token itself goes nowhere. Against the running server."""

import http.client
import logging
import re

import pytest
import requests

from oculus.web.serving import asgi

OPEN = {"/login", "/static/x", "/favicon.ico"}
VARIABLE = re.compile(r"<[^>]*>")


def routes(house):
    """Every route there is, with something in place of its variables."""
    return sorted({(route.method, VARIABLE.sub("x", route.rule)) for route in house.server.app().routes})


def test_no_route_gives_anything_without_the_token(shared):
    asked = [(method, path) for method, path in routes(shared) if path not in OPEN]
    assert len(asked) > 15
    for method, path in asked:
        for token in ("", "wrong"):
            answer = shared.ask(method, path, token=token)
            assert answer.status_code in (303, 401), f"{method} {path}"
            if path.startswith("/api/") or path == "/metrics":
                assert answer.json()["error"]["code"] == "unauthorized"
                assert answer.headers["WWW-Authenticate"] == "Bearer"
            else:
                assert answer.headers.get("Location", "/login").startswith("/login")


def test_the_token_opens_the_api(shared):
    assert shared.get("/api/status").status_code == 200
    secret = shared.token
    answer = requests.get(shared.url + "/api/status", headers={"X-Oculus-Token": secret}, timeout=30)
    assert answer.status_code == 200


def test_the_token_in_an_address_opens_nothing(shared):
    assert shared.get(f"/api/status?token={shared.token}", token="").status_code == 401


def test_a_person_without_a_session_is_led_to_the_login_and_back(shared):
    answer = shared.get("/rules", token="")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/login?next=/rules")
    page = shared.get("/login?next=/rules", token="")
    assert page.status_code == 200
    assert 'name="next" value="/rules"' in page.text
    entered = shared.post("/login", token="", data={"token": shared.token, "next": "/rules"})
    assert (entered.status_code, entered.headers["Location"]) == (303, "/rules")


def test_a_fragment_without_a_session_sends_the_whole_page_to_the_login(shared):
    answer = shared.get("/partials/metrics", token="", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/login")


def test_the_login_sets_a_cookie_that_opens_and_is_not_the_token(shared):
    answer = shared.post("/login", token="", data={"token": shared.token})
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    assert f"oculus_{shared.server.port}=" in cookie
    assert shared.token not in cookie
    opened = shared.get("/api/status", token="", cookies=answer.cookies)
    assert opened.status_code == 200


def test_a_wrong_token_is_told_so(house):
    answer = house.post("/login", token="", data={"token": "wrong"})
    assert answer.status_code == 401
    assert "That is not the token." in answer.text
    assert "Set-Cookie" not in answer.headers


def test_guessing_tokens_is_slowed(house):
    answers = [house.post("/login", token="", data={"token": f"guess-{n}"}).status_code for n in range(8)]
    assert answers[:5] == [401] * 5
    assert 429 in answers[5:]


def test_a_one_time_link_opens_once_and_leaves_no_code_in_the_address_bar(shared):
    link = shared.post("/api/link").json()["link"]
    assert shared.token not in link
    first = requests.get(link, timeout=30, allow_redirects=False)
    assert (first.status_code, first.headers["Location"]) == (303, "/")
    assert shared.get("/api/status", token="", cookies=first.cookies).status_code == 200
    second = requests.get(link, timeout=30, allow_redirects=False)
    assert second.status_code == 200
    assert "Set-Cookie" not in second.headers
    assert "was used" in second.text


def test_the_icon_that_browsers_ask_for_by_themselves_is_there_for_everybody(shared):
    answer = shared.get("/favicon.ico", token="")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/svg+xml")


def test_a_foreign_host_is_refused_before_anything_else(shared):
    for path in ("/", "/healthz", "/login", "/api/status", "/static/x"):
        answer = shared.get(path, headers={"Host": "evil.example"})
        assert answer.status_code == 421, path
    assert shared.get("/api/status", headers={"Host": "evil.example"}).json()["error"]["code"] == "wrong_host"


def test_another_site_cannot_write_even_with_the_cookie(shared):
    cookies = shared.post("/login", token="", data={"token": shared.token}).cookies
    answer = shared.post(
        "/api/query",
        token="",
        cookies=cookies,
        json={"sql": "SELECT 1"},
        headers={"Origin": "http://evil.example"},
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden")
    own = shared.post(
        "/api/query", token="", cookies=cookies, json={"sql": "SELECT 1"}, headers={"Origin": shared.url}
    )
    assert own.status_code == 200


def test_too_many_requests_are_told_when_to_come_back(strict):
    answers = [strict.get("/api/status") for _ in range(8)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert int(refused[0].headers["Retry-After"]) >= 1
    assert refused[0].json()["error"]["code"] == "rate_limited"
    assert strict.get("/healthz").status_code == 200


def test_another_sender_s_name_in_a_header_does_not_give_more_requests(strict):
    answers = [strict.get("/api/status", headers={"X-Forwarded-For": f"10.0.0.{n}"}) for n in range(8)]
    assert 429 in [answer.status_code for answer in answers]


@pytest.mark.parametrize(
    "path", ["/", "/login", "/healthz", "/api/status", "/nothing", "/api/nothing", "/metrics"]
)
def test_every_answer_forbids_foreign_scripts_frames_and_caches(shared, path):
    for token in (shared.token, ""):
        headers = shared.get(path, token=token).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/nothing", "/api/nothing", "/api/status/deep", "/login/x"])
def test_what_does_not_exist_is_told_in_the_shape_of_its_caller(shared, path):
    answer = shared.get(path)
    assert answer.status_code == 404
    if path.startswith("/api/"):
        assert answer.json()["error"]["code"] == "not_found"
    else:
        assert answer.headers["Content-Type"].startswith("text/html")
        assert "There is nothing at" in answer.text


def test_a_method_that_does_not_fit_is_told_which_does(shared):
    answer = shared.post("/api/status")
    assert answer.status_code == 405
    assert answer.json()["error"]["code"] == "method_not_allowed"
    assert "GET" in answer.headers["Allow"]


def test_words_from_an_address_are_escaped_on_an_error_page(shared):
    answer = shared.get("/<script>alert(1)</script>")
    assert answer.status_code == 404
    assert "<script>" not in answer.text


def test_a_mistake_of_ours_shows_neither_traceback_nor_token(house, monkeypatch, caplog):
    def broken():
        raise RuntimeError(f"inside with {house.token}")

    monkeypatch.setattr(house.oculus.scheduler, "status", broken)
    with caplog.at_level(logging.DEBUG, logger="oculus.web"):
        answer = house.get("/api/collectors")
    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "internal"
    assert "Traceback" not in answer.text
    assert house.token not in answer.text
    assert "inside" not in answer.text
    traced = [record.levelno for record in caplog.records if record.exc_info]
    assert traced == [logging.DEBUG]


def test_the_log_of_requests_holds_neither_token_nor_parameters(shared, caplog):
    link = shared.post("/api/link").json()["link"]
    with caplog.at_level(logging.DEBUG, logger="oculus.web"):
        requests.get(link, timeout=30)
        shared.get("/api/metrics?symbol=net.secret")
        shared.post("/login", token="", data={"token": "a-wrong-secret"})
    for secret in (shared.token, link.partition("once=")[2], "net.secret", "a-wrong-secret"):
        assert secret not in caplog.text
    assert any(record.name == asgi.log.name for record in caplog.records)


@pytest.mark.parametrize(
    "path",
    [
        "/static/../../pyproject.toml",
        "/static/%2e%2e/%2e%2e/pyproject.toml",
        "/static//etc/passwd",
        "/static/",
        "/static/..%5c..%5cpyproject.toml",
    ],
)
def test_static_files_end_at_their_folder(shared, path):
    connection = http.client.HTTPConnection("127.0.0.1", shared.server.port, timeout=30)
    connection.request("GET", path)
    assert connection.getresponse().status == 404
