"""TLS with a certificate of one's own: pages, stream, cookie, and the command line on the same machine."""

import asyncio
import ssl

import pytest
import requests
import trustme
from websockets.asyncio.client import connect

from oculus.cli.client import Running
from oculus.core.errors import ConfigError, OculusError
from oculus.core.secret import Secret
from oculus.runtime import Oculus
from oculus.settings.load import load
from oculus.settings.schema import Settings
from oculus.web.serving.server import WebServer
from oculus.web.serving.tls import client_context, server_context

TOKEN = Secret("a-token-for-tests-of-43-characters-in-length")
BEARER = {"Authorization": f"Bearer {TOKEN.reveal()}"}


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def config(tmp_path, authority):
    """A settings file with a certificate beside it."""
    made = authority.issue_cert("oculus.example", "127.0.0.1")
    (tmp_path / "cert.pem").write_bytes(b"".join(blob.bytes() for blob in made.cert_chain_pems))
    made.private_key_pem.write_to_path(tmp_path / "key.pem")
    path = tmp_path / "oculus.yaml"
    path.write_text("server: {port: 0, tls: {cert: cert.pem, key: key.pem}}")
    return path


@pytest.fixture
def secured(config, tmp_path):
    with (
        Oculus(load(config, environment={}), tmp_path) as oculus,
        WebServer(oculus, "127.0.0.1", 0, TOKEN) as server,
    ):
        yield oculus, server


@pytest.fixture
def trusted(authority, tmp_path):
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    return str(tmp_path / "ca.pem")


def test_the_pages_are_served_over_tls_and_the_cookie_goes_nowhere_else(secured, trusted):
    _, server = secured
    assert server.url.startswith("https://")
    assert requests.get(f"{server.url}/healthz", verify=trusted, timeout=30).json() == {"status": "ok"}
    answer = requests.get(server.one_time_link(), verify=trusted, timeout=30, allow_redirects=False)
    assert answer.status_code == 303
    assert "Secure" in answer.headers["Set-Cookie"]


def test_the_stream_is_served_over_tls(secured, trusted):
    _, server = secured
    context = ssl.create_default_context(cafile=trusted)
    url = server.url.replace("https", "wss") + "/api/stream"

    async def understood():
        # A client with a thread that reads would do so while it writes, which OpenSSL does not stand.
        async with connect(url, ssl=context, additional_headers=BEARER, proxy=None) as link:
            await link.send("{}")
            while '"type":"error"' not in await link.recv():
                pass  # what came of itself
            return True

    assert asyncio.run(asyncio.wait_for(understood(), 60))


def test_without_tls_nothing_is_answered_on_that_port(secured):
    _, server = secured
    with pytest.raises(requests.ConnectionError):
        requests.get(server.url.replace("https", "http"), timeout=30)


def test_the_command_line_knows_the_certificate_of_this_machine_without_its_authority(secured):
    oculus, server = secured
    copy = Running(server.url, TOKEN, client_context(oculus.settings))
    assert copy.get("/api/status")["ready"]


def test_the_command_line_trusts_no_other_certificate(secured, authority, tmp_path):
    _, server = secured
    other = authority.issue_cert("127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    other.cert_chain_pems[0].write_to_path(tmp_path / "other.pem")
    context.load_verify_locations(tmp_path / "other.pem")
    with pytest.raises(OculusError):
        Running(server.url, TOKEN, context).get("/api/status")


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda folder: (folder / "cert.pem").unlink(), r"server\.tls\.cert: cert\.pem cannot be read"),
        (lambda folder: (folder / "key.pem").unlink(), r"server\.tls\.key: key\.pem cannot be read"),
        (lambda folder: (folder / "key.pem").write_text("no key"), r"server\.tls: .* do not fit together"),
    ],
)
def test_a_certificate_that_cannot_be_used_ends_the_start_with_words(config, spoil, told):
    settings = load(config, environment={})
    spoil(config.parent)
    with pytest.raises(ConfigError, match=told):
        server_context(settings)


def test_a_key_with_a_password_is_refused_rather_than_asked_for(config):
    from cryptography.hazmat.primitives import serialization as s

    path = config.parent / "key.pem"
    key = s.load_pem_private_key(path.read_bytes(), None)
    hidden = s.BestAvailableEncryption(b"x")
    path.write_bytes(key.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, hidden))
    with pytest.raises(ConfigError, match="without a password"):
        server_context(load(config, environment={}))


def test_without_the_setting_there_is_no_tls():
    assert server_context(Settings()) is None
    assert client_context(Settings()) is None
