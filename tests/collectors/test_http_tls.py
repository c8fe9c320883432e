import ssl
from datetime import UTC, datetime, timedelta

import pytest
import trustme

from oculus.collectors.network.certificate import days_left, expires
from oculus.collectors.network.http import HttpSettings
from oculus.core.durations import Duration
from oculus.core.errors import SourceError

PAGE = {"/": (200, {}, b"ok")}
PHASES = ("dns", "connect", "tls", "first_byte", "transfer")
NOW = datetime.now(UTC)


@pytest.fixture
def probe(site, ask, ca_file):
    """Probe a real HTTPS site with this TLS: (values, trouble)."""

    def run(tls, host="127.0.0.1", **more):
        server = site(PAGE, tls=tls)
        more = {"ca_file": ca_file, **more}
        values, trouble, _ = ask(HttpSettings(target=f"https://{host}:{server.port}/", **more))
        return values, trouble

    return run


def test_a_trusted_certificate_is_up_with_the_days_it_has_left(probe, server_tls):
    values, trouble = probe(server_tls(not_after=NOW + timedelta(days=30, hours=1)))
    assert trouble == ""
    assert (values["up"], values["match"], values["tls_days"]) == (1, 1, 30)
    assert values["tls"] > 0
    assert values[""] == pytest.approx(sum(values[phase] for phase in PHASES), abs=0.011)


def test_an_expired_certificate_is_down_and_says_for_how_long(probe, server_tls):
    tls = server_tls(not_before=NOW - timedelta(days=20), not_after=NOW - timedelta(days=9, hours=1))
    values, trouble = probe(tls)
    assert trouble == "its certificate has expired"
    assert (values["up"], values["tls_days"]) == (0, -10)
    assert "" not in values
    assert "tls" not in values


def test_a_certificate_of_another_host_is_down(probe, server_tls):
    values, trouble = probe(server_tls("other.example"), host="localhost")
    assert trouble == "its certificate is for another name"
    assert values["up"] == 0
    assert values["tls_days"] > 0


def test_a_certificate_of_another_address_is_down(probe, server_tls):
    assert probe(server_tls("localhost"))[1] == "its certificate is for another address"


def test_an_unknown_authority_is_down(probe, server_tls):
    values, trouble = probe(server_tls(signed_by=trustme.CA()))
    assert trouble == "its certificate comes from an authority this machine does not trust"
    assert values["tls_days"] > 0


def test_a_certificate_signed_by_itself_is_down(probe, tmp_path):
    alone = trustme.CA()
    alone.private_key_pem.write_to_path(str(tmp_path / "key.pem"))
    alone.cert_pem.write_to_path(str(tmp_path / "cert.pem"))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    assert probe(tls)[1] == "its certificate is self-signed"


def test_where_trust_does_not_matter_any_certificate_is_up(probe, server_tls):
    values, trouble = probe(server_tls("other.example", signed_by=trustme.CA()), verify_tls=False)
    assert (values["up"], trouble) == (1, "")
    assert values["tls_days"] > 0


def test_a_port_without_tls_is_named_so(site, ask):
    server = site(PAGE)
    values, trouble, _ = ask(HttpSettings(target=f"https://127.0.0.1:{server.port}/"))
    assert trouble == "does not speak TLS on this port"
    assert set(values) == {"dns", "connect", "up"}


def test_a_server_that_hangs_up_during_the_handshake_is_named_so(answers, ask):
    _, trouble, _ = ask(HttpSettings(target=f"https://127.0.0.1:{answers()}/"))
    assert trouble == "closed the connection during the TLS handshake"


def test_a_handshake_that_drags_on_is_given_up_at_the_timeout(listen, ask):
    port = listen(lambda connection: connection.recv(1) and connection.recv(65536) and connection.recv(1))
    settings = HttpSettings(target=f"https://127.0.0.1:{port}/", timeout=Duration(milliseconds=300))
    assert ask(settings)[1] == "the TLS handshake did not end within 0.3 s"


def test_an_endless_body_is_cut_off_over_tls_too(listen, ask, server_tls, ca_file):
    def handle(connection):
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b"a" * 65536)

    port = listen(handle, tls=server_tls())
    _, trouble, _ = ask(HttpSettings(target=f"https://127.0.0.1:{port}/", ca_file=ca_file))
    assert trouble == "its body was cut off at 10 MiB"


def test_a_broken_file_of_authorities_is_no_fault_of_the_host(probe, server_tls, tmp_path):
    broken = tmp_path / "ca.pem"
    broken.write_text("not a certificate")
    with pytest.raises(SourceError, match=r"ca_file: .*ca.pem is no file of certificates"):
        probe(server_tls(), ca_file=str(broken))


@pytest.mark.parametrize("year", [2049, 2050, 2090])
def test_the_end_of_a_certificate_is_read_in_both_its_spellings(year):
    end = datetime(year, 12, 31, 23, 59, 58, tzinfo=UTC)
    issued = trustme.CA().issue_cert("host.example", not_after=end)
    der = ssl.PEM_cert_to_DER_cert(issued.cert_chain_pems[0].bytes().decode())
    assert expires(der) == end
    assert days_left(der, end - timedelta(hours=36)) == 1
    assert days_left(der, end + timedelta(seconds=1)) == -1


@pytest.mark.parametrize(
    "junk", [b"", b"\x30", b"\x30\x03\x02\x01\x01", b"\x30\x84\xff\xff\xff\xff", b"hello there"]
)
def test_other_bytes_are_no_certificate(junk):
    with pytest.raises(ValueError, match=r"."):
        expires(junk)
