"""What can be set for the database."""

from __future__ import annotations

import msgspec
import pytest

from oculus.core.fields import read_special
from oculus.storage.settings import StorageSettings


def test_the_defaults_are_those_of_the_interface():
    settings = StorageSettings()
    assert settings.path == "oculus.db"
    assert settings.retention.total_seconds() == 7 * 86400
    assert (settings.rollups.minutes, settings.rollups.hours, settings.rollups.days) == (
        "30d",
        "2y",
        "forever",
    )
    assert settings.max_size == 4 * 2**30
    assert settings.vacuum == "daily"
    assert settings.memory_limit == 256_000_000


def test_settings_are_read_as_people_write_them():
    given = {
        "retention": "2d",
        "rollups": {"1m": "10d"},
        "max_size": "1GiB",
        "vacuum": "off",
        "memory_limit": "64MB",
    }
    settings = msgspec.convert(given, StorageSettings, dec_hook=read_special)
    assert settings.retention.total_seconds() == 2 * 86400
    assert settings.rollups.minutes == "10d"
    assert settings.max_size == 2**30
    assert settings.vacuum == "off"


@pytest.mark.parametrize(
    "given",
    [
        {"retention": "7 days"},
        {"rollups": {"1m": "always"}},
        {"vacuum": "weekly"},
        {"path": ""},
        {"max_sice": "1GiB"},
    ],
)
def test_a_mistake_is_found(given):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(given, StorageSettings, dec_hook=read_special)
