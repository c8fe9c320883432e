"""The webhook against a real server that plays every kind of service."""

import contextlib
import hashlib
import hmac
import ssl
import threading
import time
from email.utils import formatdate

import pytest
import trustme

from fakes.services import failure
from oculus.core.alert import NewsKind
from oculus.core.durations import Duration
from oculus.core.errors import ChannelError
from oculus.core.secret import Secret
from oculus.notify.channels.webhook import Webhook, WebhookSettings
from oculus.notify.post.outcome import origin, retry_after_s
from oculus.notify.post.poster import BODY_LIMIT


@pytest.fixture
def webhook(open_channel, service):
    """A channel on `service`, or on the url given."""

    def make(url=None, **fields):
        url = url or service.url + "/in/s3cr3t-path?key=s3cr3t-key"
        return open_channel(Webhook, WebhookSettings(url=Secret(url), **fields))

    return make


def test_the_alert_is_posted_as_in_the_api_with_its_news(webhook, service, news):
    webhook().send([news(NewsKind.RESOLVED, alert=1_767_268_800_000_001, tags={"target": "x"})])
    (request,) = service.got
    assert request.path == "/in/s3cr3t-path?key=s3cr3t-key"
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["User-Agent"].startswith("oculus/")
    assert service.bodies() == [
        {
            "news": "RESOLVED",
            "id": 1_767_268_800_000_001,
            "ts": "2026-01-01T12:00:00.000Z",
            "rule": "api_down",
            "instance": "net.http.api",
            "severity": "warn",
            "state": "resolved",
            "message": "API unreachable",
            "value": 503.0,
            "threshold": 200.0,
            "worst": 612.0,
            "started_at": "2026-01-01T11:59:00.000Z",
            "fired_at": "2026-01-01T12:00:00.000Z",
            "ended_at": "2026-01-01T12:01:00.000Z",
            "acknowledged_at": None,
            "tags": {"target": "x"},
            "deliveries": [],
        }
    ]


def test_headers_are_sent_as_they_are_set_and_netrc_does_not_replace_them(
    webhook, service, news, tmp_path, monkeypatch
):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login other password other\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    headers = {"Authorization": Secret("Bearer tökën"), "content-type": Secret("application/alert+json")}
    webhook(headers=headers).send([news()])
    sent = {name.lower(): value for name, value in service.got[0].headers.items()}
    assert sent["authorization"].encode("latin-1").decode() == "Bearer tökën"
    assert sent["content-type"] == "application/alert+json"


def test_a_user_and_password_in_the_address_are_used(webhook, service, news):
    webhook(service.url.replace("://", "://me:pass@")).send([news()])
    assert service.got[0].headers["Authorization"].startswith("Basic ")


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_2xx_means_it_was_taken(webhook, service, news, status):
    service.answers.append(
        lambda handler: handler.answer(status, body=b"" if status == 204 else b"<html>ok</html>")
    )
    webhook().send([news()])
    assert len(service.got) == 1


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_an_answer_that_waiting_cannot_change_is_permanent(webhook, service, news, status):
    service.answers.append(status)
    error = failure(webhook(), news())
    assert error.permanent
    assert error.what.startswith(f"{service.url} answered {status} ")
    assert error.hint == "Check url and headers under channels, hook."


@pytest.mark.parametrize("status", [303, 400, 405, 408, 413, 429, 500, 502, 503, 504, 599])
def test_any_other_answer_is_worth_another_try(webhook, service, news, status):
    service.answers.append(status)
    error = failure(webhook(), news())
    assert not error.permanent
    assert error.retry_after_s is None


def test_a_page_of_html_is_no_part_of_what_people_are_told(webhook, service, news):
    page = b"<html><h1>It broke</h1>POST /in/s3cr3t-path</html>"
    service.answers.append(lambda handler: handler.answer(500, {"Content-Type": "text/html"}, page))
    assert str(failure(webhook(), news())) == f"{service.url} answered 500 Internal Server Error"


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after_is_understood_in_both_forms(webhook, service, news, clock, status, form):
    wish = "120" if form == "seconds" else formatdate(clock.now + 120, usegmt=True)
    service.answers.append(lambda handler: handler.answer(status, {"Retry-After": wish}))
    assert failure(webhook(), news()).retry_after_s == 120


@pytest.mark.parametrize(
    "text", ["", "soon", "nan", "inf", "Mon, 99 Foo", "1" * 400, "-5", "Thu, 01 Jan 1970 00:00:00 GMT"]
)
def test_a_strange_retry_after_is_no_wait_at_all(text):
    assert retry_after_s(text, 1_767_268_800_000) in (None, 0.0)


def test_a_service_that_hangs_is_left_after_the_time_out(webhook, service, news):
    service.answers.append(lambda handler: service.release.wait(60))
    begun = time.perf_counter()
    error = failure(webhook(timeout=Duration(milliseconds=200)), news())
    assert str(error) == f"{service.url} did not answer within 200ms"
    assert not error.permanent
    assert time.perf_counter() - begun < 30


def drip(handler, piece):
    """Send something every so often, for ever."""
    while not handler.server.release.wait(0.05):
        handler.wfile.write(piece)


def test_a_service_that_drips_its_answer_for_ever_is_left_too(webhook, service, news):
    def status_line(handler):
        handler.wfile.write(b"HTTP/1.1 ")
        drip(handler, b" ")

    service.answers.append(status_line)
    error = failure(webhook(timeout=Duration(milliseconds=300)), news())
    assert str(error) == f"{service.url} did not answer within 300ms"


def test_headers_that_never_end_are_left_after_the_time_out(webhook, service, news):
    def headers(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
        drip(handler, b"x")

    def taken(seconds):
        service.answers.append(headers)
        with contextlib.suppress(ChannelError):
            webhook(timeout=Duration(seconds=seconds)).send([news()])
            return True

    # The status says it was taken; on a busy machine it may take longer to arrive.
    assert any(taken(seconds) for seconds in (0.5, 2, 8, 32))


def test_an_endless_answer_is_not_read_to_its_end(webhook, service, news):
    def endless(handler):
        handler.send_response(200)
        handler.end_headers()
        while not service.release.is_set():
            handler.wfile.write(b"x" * BODY_LIMIT)

    service.answers.append(endless)
    begun = time.perf_counter()
    webhook().send([news()])  # the status says it was taken
    assert time.perf_counter() - begun < 30


def test_a_connection_closed_without_an_answer_is_worth_another_try(webhook, service, news):
    def hang_up(handler):
        handler.close_connection = True

    service.answers.append(hang_up)
    error = failure(webhook(), news())
    assert str(error) == f"{service.url} closed the connection without an answer"
    assert not error.permanent


def test_an_answer_that_breaks_off_after_its_status_counts_by_its_status(webhook, service, news):
    def break_off(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "100")
        handler.end_headers()
        handler.wfile.write(b"ten bytes!")
        handler.close_connection = True

    service.answers.append(break_off)
    webhook().send([news()])
    assert len(service.got) == 1


def test_what_is_no_http_at_all_is_worth_another_try(webhook, service, news):
    def noise(handler):
        handler.wfile.write(b"220 smtp.example ESMTP\r\n")
        handler.close_connection = True

    service.answers.append(noise)
    assert not failure(webhook(), news()).permanent


def test_a_port_where_nobody_listens_is_said_in_words(webhook, services, news):
    gone = services()
    url = gone.url
    gone.end()
    error = failure(webhook(url + "/s3cr3t"), news())
    assert str(error) == f"{url} refuses connections"
    assert not error.permanent


def test_a_host_that_does_not_exist_is_said_in_words(webhook, news):
    error = failure(webhook("https://no-such-host.invalid/s3cr3t"), news())
    why = "cannot be found: no such host, or this machine is offline"
    assert str(error) == f"https://no-such-host.invalid {why}"
    assert not error.permanent


@pytest.mark.parametrize(
    "url",
    ["", "hook.example/s3cr3t", "ftp://h/s3cr3t", "http://", "http://[::1/s3cr3t", "http://h:x/s3cr3t"],
)
def test_an_address_that_is_none_is_told_with_the_settings_and_not_quoted(webhook, news, url):
    with pytest.raises(ValueError, match="url is no address") as told:
        webhook(url or " ")
    assert "s3cr3t" not in str(told.value)
    error = failure(webhook(url or " ", enabled=False), news())  # of a channel that is off it does not matter
    assert error.permanent
    assert "Write the address like https://host/path" in str(error)


def test_a_header_that_is_none_is_permanent_and_not_quoted(webhook, news):
    error = failure(webhook(headers={"X-Key": Secret("s3cr3t\r\nX-Evil: 1")}), news())
    assert error.permanent


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_on_the_same_host_is_followed_with_the_whole_message(webhook, service, news, status):
    service.answers.append(lambda handler: handler.answer(status, {"Location": "/moved"}))
    webhook(headers={"Authorization": Secret("Bearer x")}).send([news()])
    assert [request.path for request in service.got][1:] == ["/moved"]
    assert service.got[1].headers["Authorization"] == "Bearer x"
    assert service.bodies()[0] == service.bodies()[1]


def test_a_redirect_to_another_host_is_not_followed(webhook, service, services, news):
    other = services()
    target = f"{other.url}/s3cr3t-elsewhere"
    service.answers.append(lambda handler: handler.answer(307, {"Location": target}))
    error = failure(webhook(), news())
    assert str(error).startswith(f"{service.url} sends messages on to {other.url}. ")
    assert not error.permanent  # the login page of a hotel's network does this to everybody
    assert other.got == []


def test_redirects_in_a_circle_end(webhook, service, news):
    service.answers.extend([lambda handler: handler.answer(307, {"Location": "/round"})] * 50)
    assert "round in circles" in str(failure(webhook(), news()))
    assert len(service.got) < 6


@pytest.fixture
def authority():
    return trustme.CA()


@pytest.fixture
def secure(services, authority):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return services(context)


def test_a_certificate_that_nobody_vouches_for_is_refused(webhook, secure, news):
    error = failure(webhook(secure.url + "/s3cr3t"), news())
    assert str(error).startswith(f"{secure.url} shows a certificate that is not trusted (")
    assert not error.permanent
    assert secure.got == []


def test_a_certificate_of_an_authority_of_ones_own_can_be_trusted(
    webhook, secure, authority, news, tmp_path, monkeypatch
):
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    webhook(secure.url).send([news()])
    assert len(secure.got) == 1


def test_an_address_with_https_where_plain_http_speaks_is_said_in_words(webhook, service, news):
    error = failure(webhook(service.url.replace("http:", "https:")), news())
    assert "TLS" in str(error)


def test_closing_frees_a_send_that_hangs_at_once(webhook, service, news, eventually):
    service.answers.append(lambda handler: service.release.wait(60))
    channel, caught = webhook(), []

    def send():
        try:
            channel.send([news()])
        except ChannelError as error:
            caught.append(error)

    thread = threading.Thread(target=send)
    thread.start()
    assert eventually(lambda: service.got)
    channel.close()
    thread.join(30)
    assert not thread.is_alive()
    assert not caught[0].permanent
    channel.send([news()])  # and it can be used again
    assert len(service.got) == 2


def test_messages_share_a_connection(webhook, service, news):
    ports = set()
    service.answers.extend([lambda handler: (ports.add(handler.client_address), handler.answer(200))] * 3)
    channel = webhook()
    for _ in range(3):
        channel.send([news()])
    assert len(ports) == 1


def test_one_thread_watches_the_time_of_all_that_is_sent(webhook, news):
    one, other = webhook(), webhook()
    for _ in range(5):
        one.send([news()])
        other.send([news()])
    names = [thread.name for thread in threading.enumerate()]
    assert names.count("notify-deadlines") == 1


def test_the_libraries_below_do_not_log_the_address(webhook, service, news, caplog):
    caplog.set_level("INFO")
    service.answers.append(lambda handler: handler.answer(307, {"Location": "http://h/s3cr3t"}))
    failure(webhook(), news())
    assert "s3cr3t" not in caplog.text


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://me:pw@Hook.Example:8443/a/b?c=d#e", "https://hook.example:8443"),
        ("http://[::1]:80/x", "http://[::1]:80"),
        ("https://hook.example", "https://hook.example"),
        ("mailto:me@example", "its address"),
        ("no address", "its address"),
    ],
)
def test_only_scheme_and_host_of_an_address_are_shown(url, shown):
    assert origin(url) == shown


def test_the_settings_never_show_the_address_or_the_headers():
    settings = WebhookSettings(url=Secret("http://x/s3cr3t"), headers={"Authorization": Secret("s3cr3t")})
    assert "s3cr3t" not in f"{settings} {settings!r}"


def test_with_a_secret_the_body_is_signed(webhook, service, news):
    webhook(secret=Secret("s3cr3t-key-of-the-receiver")).send([news()])
    (request,) = service.got
    wanted = hmac.new(b"s3cr3t-key-of-the-receiver", request.body, hashlib.sha256).hexdigest()
    assert request.headers["X-Oculus-Signature"] == f"sha256={wanted}"


def test_without_one_it_is_not(webhook, service, news):
    webhook().send([news()])
    assert "X-Oculus-Signature" not in service.got[0].headers


def test_a_template_makes_the_body(webhook, service, news):
    body = '{"text": {{ text | tojson }}, "level": "{{ severity }}", "what": "{{ news }}", "at": {{ value }}}'
    webhook(body=body).send([news(message='say "hi"\n</script>')])
    (told,) = service.bodies()
    assert told == {
        "text": 'api_down fired (warn): say "hi" </script>; 503 ms, limit 200 ms; for 1 m; net.http.api',
        "level": "warn",
        "what": "FIRED",
        "at": 503.0,
    }


@pytest.mark.parametrize(
    "body",
    ["{{ nothing }}", "{{ text", "{{ text.__class__.__mro__ }}", "{% for x in range(10**9) %}x{% endfor %}"],
)
def test_a_template_that_cannot_be_made_is_a_mistake_in_the_settings(webhook, body):
    with pytest.raises(ValueError, match="body is no template"):
        webhook(body=body)


@pytest.mark.parametrize(
    "body", ['{"text": "{{ text }}"}', '{"text": {{ message }}}', '{"all": "{{ alerts[0].message }}"}', "{,"]
)
def test_a_template_whose_json_a_quote_would_break_is_a_mistake_in_the_settings(webhook, body):
    with pytest.raises(ValueError, match="body makes no JSON of a text with quotes"):
        webhook(body=body)


@pytest.mark.parametrize(
    "body", ["[{{ severity }}] {{ text }}", "{{ text }}", "{% if 1 %}{{ text }}{% endif %}"]
)
def test_a_template_may_make_plain_text(webhook, body):
    webhook(body=body)


def test_a_template_that_fails_on_some_news_says_so(webhook, service, news):
    channel = webhook(body="{{ 1 / value }}")
    error = failure(channel, news(value=0.0))
    assert error.permanent
    assert error.hint == "Mend body under channels, hook"
