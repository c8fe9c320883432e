"""Whom the polite client trusts: a company's own authority comes from the environment."""

from __future__ import annotations

import pytest

from oculus.core.errors import SourceError

NAMES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")


@pytest.fixture
def secure(site, server_tls, kit, monkeypatch):
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    server = site({"/ping": (200, {"Content-Type": "application/json"}, b"[1]")}, tls=server_tls("localhost"))
    kit.set(coingecko={"base_url": f"https://localhost:{server.port}"})
    return lambda: kit.sources.get("coingecko").get_json("/ping")


def test_a_certificate_of_an_unknown_authority_is_refused_in_words_and_costs_no_call(secure, kit):
    with pytest.raises(SourceError, match="certificate that is not trusted"):
        secure()
    assert kit.sources.get("coingecko").status().calls_used == 0


@pytest.mark.parametrize("name", NAMES)
def test_a_companys_authority_is_taken_from_the_environment(secure, ca_file, monkeypatch, name):
    monkeypatch.setenv(name, ca_file)
    assert secure() == [1]
