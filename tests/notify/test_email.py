"""Email against a real mail server, with STARTTLS, TLS and a login."""

import email
import re
import socket
import ssl
import threading
from email import policy
from types import SimpleNamespace

import msgspec
import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from fakes.messengers import free_port
from fakes.services import failure
from oculus.core.alert import NewsKind
from oculus.core.durations import Duration
from oculus.core.event import Severity
from oculus.core.fields import read_special
from oculus.core.secret import Secret
from oculus.notify.channels.email import Email, EmailSettings
from oculus.notify.post.outcome import DEADLINES
from oculus.notify.render.words import arranged

PNG = b"\x89PNG\r\n\x1a\n"
USER, PASSWORD = "oculus", "s3cr3t-Pässword"


class Box:
    """What the server took, and what it says to the next messages instead."""

    def __init__(self):
        self.mails = []
        self.says = {}  # command: answer

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if answer := self.says.get(f"RCPT {address}", self.says.get("RCPT")):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        if answer := self.says.get("DATA"):
            return answer
        message = email.message_from_bytes(envelope.content, policy=policy.default)
        self.mails.append(
            SimpleNamespace(
                message=message, to=envelope.rcpt_tos, tls=session.ssl is not None, raw=envelope.content
            )
        )
        return "250 OK"


def check_login(server, session, envelope, mechanism, data):
    right = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=right, handled=right)


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    authority = trustme.CA()
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(server)
    return SimpleNamespace(path=str(path), server=server)


@pytest.fixture
def servers(authority):
    running = []

    def start(tls="starttls", login=True):
        box = Box()
        options = {"auth_required": login, "auth_require_tls": tls != "none", "authenticator": check_login}
        if tls == "starttls":
            options |= {"tls_context": authority.server, "require_starttls": True}
        if tls == "tls":
            options |= {"ssl_context": authority.server, "auth_require_tls": False}
        controller = Controller(box, "127.0.0.1", free_port(), **options)
        controller.start()
        running.append(controller)
        box.port = controller.port
        return box

    yield start
    for controller in running:
        controller.stop()


@pytest.fixture
def server(servers):
    return servers()


@pytest.fixture
def mailer(authority, clock, facts):
    def make(port, **fields):
        given = {
            "smtp_host": "127.0.0.1", "smtp_port": port, "smtp_user": USER, "smtp_pass": Secret(PASSWORD),
            "from_address": "Oculus <oculus@example.com>", "ca_file": authority.path,
            "to_addresses": ("me@example.com", "you@example.com"),
        }  # fmt: skip
        return Email("mail", EmailSettings(**given | fields), clock, facts)

    return make


def parts(mail):
    return {part.get_content_type(): part for part in mail.message.walk() if not part.is_multipart()}


def test_a_mail_goes_over_starttls_after_a_login_to_everybody(server, mailer, news):
    mailer(server.port).send([news()])
    (mail,) = server.mails
    assert mail.tls
    assert mail.to == ["me@example.com", "you@example.com"]
    assert mail.message["From"] == "Oculus <oculus@example.com>"
    assert mail.message["Auto-Submitted"] == "auto-generated"
    assert mail.message["Date"].datetime.timestamp() * 1000 == news().ts_ms


@pytest.mark.parametrize("tls", ["tls", "none"])
def test_it_goes_over_tls_from_the_start_or_in_the_clear_where_that_is_set(servers, mailer, news, tls):
    server = servers(tls)
    mailer(server.port, tls=tls).send([news()])
    assert len(server.mails) == 1


def test_it_goes_without_a_login_where_none_is_set(servers, mailer, news):
    server = servers(login=False)
    mailer(server.port, smtp_user="").send([news()])
    assert len(server.mails) == 1


def test_it_has_text_html_the_chart_inside_and_a_table_of_what_belongs_to_it(server, mailer, news):
    mailer(server.port).send([news(severity=Severity.CRITICAL)])
    (mail,) = server.mails
    found = parts(mail)
    text, html = found["text/plain"].get_content(), found["text/html"].get_content()
    for shown in (text, html):
        assert "api_down fired (critical)" in shown
        assert "API unreachable" in shown
        assert "503 ms" in shown
        assert "http://oculus.test:8420/metric/net.http.api" in shown
        assert "net.http.api.status" in shown.replace("<wbr>", "")
        assert shown.index("net.http.api") < shown.replace("<wbr>", "").index("net.http.shop")
        assert "88.5 ms" in shown
    images = {
        part["Content-ID"].strip("<>"): part
        for part in mail.message.walk()
        if part.get_content_type() == "image/png"
    }
    assert set(re.findall(r'src="cid:([^"]+)"', html)) == set(images)
    assert len(images) == 2  # one for light, one for dark grounds
    assert all(part.get_content().startswith(PNG) for part in images.values())
    assert all(part.get_content_disposition() == "inline" for part in images.values())
    assert not re.search(r'src="http|<script|<link', html)


@pytest.mark.parametrize(("chart", "count"), [("light", 1), ("dark", 1), ("off", 0)])
def test_the_charts_look_can_be_chosen(server, mailer, news, chart, count):
    mailer(server.port, chart=chart).send([news()])
    assert server.mails[0].raw.count(b"Content-Type: image/png") == count


def test_without_data_there_is_no_chart_and_no_table(server, mailer, news):
    mailer(server.port).send([news(instance="no.such.series")])
    html = parts(server.mails[0])["text/html"].get_content()
    assert "<img" not in html
    assert "Age" not in html


def test_the_end_stands_in_the_thread_of_the_beginning_after_a_restart_too(server, mailer, news):
    mailer(server.port).send([news(alert=7, severity=Severity.CRITICAL)])
    mailer(server.port).send([news(NewsKind.RESOLVED, alert=7, severity=Severity.CRITICAL)])
    first, second = (mail.message for mail in server.mails)
    assert first["Subject"] == "[critical] api_down: API unreachable"
    assert second["Subject"] == "Re: [critical] api_down: API unreachable"
    assert second["In-Reply-To"] == second["References"] == first["Message-ID"]
    assert second["Message-ID"] != first["Message-ID"]
    assert first["Message-ID"].endswith("@example.com>")
    assert "resolved: Lasted 2 m" in parts(server.mails[1])["text/html"].get_content()


def test_a_mail_that_is_sent_again_is_known_as_the_same(server, mailer, news):
    item = news(alert=7)
    mailer(server.port).send([item])
    mailer(server.port).send([item])
    assert server.mails[0].message["Message-ID"] == server.mails[1].message["Message-ID"]


def test_news_within_the_time_set_is_one_mail_worst_first(server, mailer, news):
    channel = mailer(server.port, group_for=Duration(minutes=5))
    assert channel.group_for == Duration(minutes=5)
    group = [news(rule=f"rule{n}") for n in range(24)] + [news(rule="worst", severity=Severity.CRITICAL)]
    channel.send(arranged(group))
    (mail,) = server.mails
    text = parts(mail)["text/plain"].get_content()
    assert mail.message["Subject"] == "[Oculus] 25 alerts: 1 critical, 24 warn"
    assert text.index("worst fired") < text.index("rule0 fired")
    assert text.count(" fired (") == 20
    assert "and 5 more" in text


def test_a_later_mail_refers_to_all_that_it_is_about(server, mailer, news):
    channel = mailer(server.port)
    channel.send([news(alert=1)])
    channel.send([news(alert=2)])
    channel.send([news(NewsKind.RESOLVED, alert=1), news(NewsKind.RESOLVED, alert=2)])
    first, second, last = (mail.message for mail in server.mails)
    assert last["References"].split() == [first["Message-ID"], second["Message-ID"]]


def test_text_from_elsewhere_is_shown_as_it_is_and_adds_no_header(server, mailer, news, nasty):
    mailer(server.port).send([news(message=f"{nasty}\r\nBcc: all@example.com", rule=nasty)])
    (mail,) = server.mails
    html = parts(mail)["text/html"].get_content()
    assert mail.message["Bcc"] is None
    assert "&lt;b&gt;@everyone" in html
    assert "<b>@everyone" not in html
    assert len(mail.message["Subject"]) <= 120


def test_the_severe_is_marked_as_important(server, mailer, news):
    channel = mailer(server.port, mention_from=Severity.ERROR)
    channel.send([news(severity=Severity.ERROR)])
    channel.send([news(severity=Severity.WARN)])
    assert [mail.message["Importance"] for mail in server.mails] == ["high", None]


def test_a_wrong_password_is_final_and_says_what_to_do(server, mailer, news):
    error = failure(mailer(server.port, smtp_pass=Secret("s3cr3t-wrong")), news())
    assert error.permanent
    assert error.what.startswith(f"127.0.0.1:{server.port} answered 535: ")
    assert "app password" in error.hint


def test_a_server_without_starttls_is_given_no_password(servers, mailer, news):
    server = servers("none")
    error = failure(mailer(server.port), news())
    assert error.permanent
    assert error.what == f"127.0.0.1:{server.port} does not offer STARTTLS"
    assert server.mails == []


def test_a_certificate_that_is_not_trusted_is_refused_unless_told_otherwise(server, mailer, news):
    error = failure(mailer(server.port, ca_file=""), news())
    assert "certificate that is not trusted" in error.what
    assert "ca_file" in error.hint
    mailer(server.port, ca_file="", verify_tls=False).send([news()])
    assert len(server.mails) == 1


def test_a_certificate_for_another_name_is_refused(server, mailer, news, monkeypatch):
    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda _host, *rest, **more: real("127.0.0.1", *rest, **more))
    error = failure(mailer(server.port, smtp_host="other.test"), news())
    assert "certificate that is not trusted" in error.what


@pytest.mark.parametrize(
    ("answer", "final"), [("550 5.1.1 no such user", True), ("450 4.2.1 try later", False)]
)
@pytest.mark.parametrize("command", ["RCPT", "DATA"])
def test_5xx_is_final_and_4xx_is_tried_again(server, mailer, news, command, answer, final):
    server.says[command] = answer
    error = failure(mailer(server.port), news())
    assert error.permanent is final
    assert error.answered is (command == "DATA")  # then it may be this mail that it does not take
    assert f"answered {answer[:3]}: " in error.what
    assert ("to_addresses" in error.hint) is final


def test_one_address_that_is_refused_keeps_the_mail_from_nobody_else(server, mailer, news, caplog):
    server.says["RCPT you@example.com"] = "550 no such user"
    mailer(server.port).send([news()])
    assert server.mails[0].to == ["me@example.com"]
    assert "you@example.com was refused: 550" in caplog.text


def test_a_port_where_nobody_listens_is_worth_another_try(mailer, news):
    error = failure(mailer(free_port()), news())
    assert "refuses connections" in error.what
    assert not error.permanent


@pytest.fixture
def odd_server():
    """Speaks as `script` says to whoever connects."""
    listening = socket.create_server(("127.0.0.1", 0))
    done = threading.Event()
    made, threads = [], []

    def start(script):
        def serve():
            connection, _ = listening.accept()
            made.append(connection)
            script(connection, done)

        threads.append(threading.Thread(target=serve, name="odd-server", daemon=True))
        threads[-1].start()
        return listening.getsockname()[1]

    yield start
    done.set()
    for thread in threads:
        thread.join()
    for connection in made:
        connection.close()
    listening.close()


def drip(connection, done):
    """A greeting that never ends."""
    connection.sendall(b"220 ")
    while not done.wait(0.05):
        try:
            connection.sendall(b"x")
        except OSError:
            return


def hang(connection, done):
    done.wait(60)


@pytest.mark.parametrize("script", [drip, hang])
def test_a_server_that_keeps_us_waiting_is_left_in_time(odd_server, mailer, news, script):
    error = failure(mailer(odd_server(script), timeout=Duration(milliseconds=300)), news())
    assert "did not take it within 300ms" in error.what
    assert not error.permanent


def test_whichever_of_the_two_limits_is_first_it_is_called_late(odd_server, mailer, news, monkeypatch):
    later = DEADLINES.within
    monkeypatch.setattr(DEADLINES, "within", lambda seconds, act: later(seconds + 60, act))
    error = failure(mailer(odd_server(hang), timeout=Duration(milliseconds=300)), news())
    assert "did not take it within 300ms" in error.what


def test_a_server_that_hangs_up_is_worth_another_try(odd_server, mailer, news):
    error = failure(mailer(odd_server(lambda connection, done: connection.close())), news())
    assert not error.permanent


MISTAKES = (
    {"tls": "ssl"}, {"to_addresses": ()}, {"to_addresses": ("nobody",)}, {"from_address": "x"},
    {"smtp_port": 0}, {"to_addresses": ("a b@c.example",)},
)  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_the_settings_is_refused(mistake):
    given = {"smtp_host": "h", "from_address": "a@b.example", "to_addresses": ("c@d.example",)}
    msgspec.convert({"type": "email"} | given, EmailSettings, dec_hook=read_special)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"type": "email"} | given | mistake, EmailSettings, dec_hook=read_special)


def test_the_mail_of_a_storm_is_not_so_large_that_programs_cut_it_off(server, mailer, news):
    group = [
        news(rule="r" * 100, message="m" * 2000, instance=f"net.http.{n}." + "i" * 200) for n in range(1000)
    ]
    mailer(server.port).send(group)
    html = parts(server.mails[0])["text/html"].get_content()
    assert html.count(" fired (") == 20
    assert len(html.encode()) < 102_000
