"""The window where the pages are served over TLS, with a certificate that no authority has signed."""

import sys
from pathlib import Path

import pytest

from fakes import screen as bench
from fakes.screen import HEIGHT, WIDTH, last_page
from fakes.waiting import eventually
from oculus.core.metric import Metric
from oculus.core.secret import Secret
from oculus.desktop import trust
from oculus.desktop.keeper import Keeper
from oculus.runtime import Oculus
from oculus.settings.load import load
from oculus.web.serving.server import WebServer

trustme = pytest.importorskip("trustme")
READER = Path(bench.__file__).with_name("window_reader.py")
TOKEN = Secret("a-token-for-tests-of-43-characters-in-length")


def certificate(folder, name):
    """Two files in PEM, for a host that this is not."""
    made = trustme.CA().issue_cert("oculus.example")
    (folder / f"{name}.pem").write_bytes(b"".join(blob.bytes() for blob in made.cert_chain_pems))
    made.private_key_pem.write_to_path(folder / f"{name}.key")
    return folder / f"{name}.pem"


@pytest.fixture
def served(screen, tmp_path, monkeypatch):
    """An Oculus behind TLS, and a window over it that knows the certificate of that name."""
    bench.needs_gtk()
    monkeypatch.setenv("DISPLAY", screen.name)
    monkeypatch.setattr("oculus.desktop.keeper.SHOWN_S", 120.0)  # the machine may be busy
    for name in ("own", "other"):
        certificate(tmp_path, name)
    config = tmp_path / "oculus.yaml"
    config.write_text("server: {port: 0, tls: {cert: own.pem, key: own.key}}")
    seen, keepers = tmp_path / "seen", []

    def open_window(server, known):
        keeper = Keeper(
            lambda path: f"{server.one_time_link()}&next={path}",
            server.url,
            tmp_path,
            software=True,
            certificate=tmp_path / f"{known}.pem",
            browse=lambda link: keeper.browsed.append(link) is None,
            command=["sh", "-c", f"exec {sys.executable} {READER} > {seen}"]
            if known == "own"
            else [sys.executable, str(READER)],
        )
        keeper.browsed = []
        keepers.append(keeper)
        keeper.open()
        return keeper

    with (
        Oculus(load(config, environment={}), tmp_path / "data") as oculus,
        WebServer(oculus, "127.0.0.1", 0, TOKEN) as server,
    ):
        open_window.oculus, open_window.server, open_window.seen = oculus, server, seen
        yield open_window
        for keeper in keepers:
            keeper.close()


def test_a_certificate_of_ones_own_is_known_to_the_window_and_the_dashboard_is_live(served):
    oculus, server = served.oculus, served.server
    assert server.url.startswith("https://")

    def tell(value):
        oculus.writer.put([Metric(oculus.clock.now_ms(), "net.ping", "net.ping.gw", value, {})])

    def text():
        return last_page(served.seen)["text"]

    tell(11.8)
    keeper = served(server, "own")
    eventually(lambda: "11.8" in text())
    tell(47.3)
    eventually(lambda: "47.3" in text())
    assert keeper.browsed == []


def test_a_certificate_that_is_not_ours_opens_the_browser_with_one_line(served):
    keeper = served(served.server, "other")
    eventually(lambda: keeper.browsed)
    assert keeper.trouble == (
        "No window: the pages' certificate is not known to it. The pages open in the browser instead"
    )
    eventually(lambda: not keeper.is_open())


@pytest.mark.parametrize(
    ("host", "here"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("192.168.1.5", False), ("oculus.lan", False)],
)
def test_elsewhere_than_on_linux_only_this_machine_is_believed_without_a_look(monkeypatch, host, here):
    class WebView:
        settings = {"IGNORE_SSL_ERRORS": False}  # noqa: RUF012

    monkeypatch.setattr("sys.platform", "win32")
    address = f"[{host}]" if ":" in host else host
    trust.trust(WebView, None, f"https://{address}:8420/login?once=x", "own.pem", print)
    assert WebView.settings["IGNORE_SSL_ERRORS"] is here


def test_the_program_hands_its_own_certificate_to_its_window(full_screen, oculus, tmp_path):
    made = certificate(tmp_path, "own")
    program = oculus(full_screen, server=f"tls: {{cert: {made}, key: {made.with_suffix('.key')}}}, ")
    eventually(full_screen.windows)
    whole = (0, 0, WIDTH, HEIGHT)
    eventually(lambda: len(full_screen.colours(whole)) > 500)  # a page of errors has but black and white
    assert program.address().startswith("https://")
    assert program.opened() == ""
    assert program.quit() == 0
