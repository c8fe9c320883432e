"""Where the token comes from, who can read it, and what renewing it does."""

import os
import stat

import pytest

from oculus.core.errors import OculusError
from oculus.core.secret import Secret
from oculus.settings.schema import ServerSettings
from oculus.web.access.token import load_token, rotate_token


@pytest.fixture(autouse=True)
def no_token_around(monkeypatch):
    monkeypatch.delenv("OCULUS_TOKEN", raising=False)


def test_the_first_start_makes_a_token_that_only_its_owner_can_read(tmp_path):
    token = load_token(tmp_path / "data")
    file = tmp_path / "data" / "token"
    assert len(token.reveal()) >= 43
    assert file.read_text().strip() == token.reveal()
    if os.name == "posix":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_later_starts_find_the_same_token(tmp_path):
    assert load_token(tmp_path).reveal() == load_token(tmp_path).reveal()


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_a_token_that_others_can_read_is_closed_to_them(tmp_path):
    load_token(tmp_path)
    (tmp_path / "token").chmod(0o644)
    load_token(tmp_path)
    assert stat.S_IMODE((tmp_path / "token").stat().st_mode) == 0o600


def test_the_settings_come_first_then_the_environment_then_the_file(tmp_path, monkeypatch):
    kept = load_token(tmp_path).reveal()
    assert load_token(tmp_path, ServerSettings()).reveal() == kept
    monkeypatch.setenv("OCULUS_TOKEN", "from-environment")
    assert load_token(tmp_path).reveal() == "from-environment"
    assert load_token(tmp_path, ServerSettings(token=Secret("from-settings"))).reveal() == "from-settings"


def test_an_empty_file_gets_a_token(tmp_path):
    (tmp_path / "token").write_text("\n")
    assert len(load_token(tmp_path).reveal()) >= 43


def test_renewing_counts_at_once_for_whoever_holds_the_old_one(tmp_path):
    held = load_token(tmp_path)
    old = held.reveal()
    new = rotate_token(tmp_path).reveal()
    assert new != old
    assert held.reveal() == new
    assert [path.name for path in tmp_path.iterdir()] == ["token"]


def test_a_token_that_is_deleted_while_oculus_runs_goes_on_to_count(tmp_path):
    held = load_token(tmp_path)
    old = held.reveal()
    (tmp_path / "token").unlink()
    assert held.reveal() == old


def test_a_folder_that_cannot_be_used_is_told_in_words(tmp_path):
    (tmp_path / "token").mkdir()
    with pytest.raises(OculusError, match="cannot be used"):
        load_token(tmp_path)


def test_a_token_is_never_printed_by_accident(tmp_path):
    token = load_token(tmp_path)
    assert token.reveal() not in f"{token} {token!r}"
