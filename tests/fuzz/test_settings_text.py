"""Settings files as people, editors and full disks leave them: taken, or told in words."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
import yaml
from hypothesis import strategies as st

from fakes.fuzz import DEEP, attempt, fuzzed, mutated, scrambled
from oculus.core.durations import parse_duration, short, spoken
from oculus.core.errors import ConfigError
from oculus.core.fields import parse_size
from oculus.core.moments import parse_moment
from oculus.core.paths import bundled
from oculus.settings.load import load
from oculus.settings.read_toml import read_toml
from oculus.settings.read_yaml import read_yaml

SAMPLE = bundled("assets/config/oculus.yaml").read_text("utf-8")
TOML = """
[server]
port = 8420
rate_limit = {per_second = 10, burst = 20}

[[collectors]]
type = "tcp"
target = "db:5432"
interval = "30s"

[[collectors]]
type = "http"
target = "https://example.com"
expect_status = ["200-299", 301]
[collectors.headers]
"X-One" = 'a'

[channels.ops]
type = "webhook"
url = "https://example.com/"

[[rules]]
name = "down"
condition = \"\"\"net.tcp.db:5432.up == 0\"\"\"
channels = ["ops", "log"]
"""
WHOLE = yaml.safe_load(SAMPLE) | {
    "rules": [{"name": "r", "condition": "net.http.api.up == 0", "for": "2m", "cooldown": "15m",
               "channels": ["log"], "active": {"days": ["mon-fri"], "from": "08:00", "to": "20:00",
                                             "timezone": "Europe/Paris"}},
              {"name": "s", "sql": "SELECT symbol FROM metrics", "schedule": "*/5 * * * *"}],
    "channels": {"ops": {"type": "webhook", "url": "https://example.com", "body": "{{ text | tojson }}"},
                 "email": {"smtp_host": "m", "from_address": "a@b.c", "to_addresses": ["a@b.c"]}},
}  # fmt: skip


def told(name, content):
    """Every mistake, or none; each says where, what, and what to write instead."""
    with tempfile.TemporaryDirectory() as folder:
        main = Path(folder) / name
        main.write_bytes(content)
        try:
            load(main, environment={"A": "1"})
        except ConfigError as error:
            return error.problems
    return []


@fuzzed(mutated(WHOLE, most=4), examples=60)
def test_a_file_with_wrong_parts_is_taken_or_told(settings):
    for problem in told("oculus.yaml", json.dumps(settings).encode()):
        assert ": " in problem
        assert "Traceback" not in problem


@fuzzed(scrambled(SAMPLE), examples=40)
def test_a_yaml_file_that_was_torn_is_read_or_told(text):
    draft = read_yaml(text, "oculus.yaml")
    assert isinstance(draft.data, dict)
    assert all(str(problem) for problem in draft.problems)


@fuzzed(scrambled(TOML), examples=200)
def test_a_toml_file_that_was_torn_is_read_or_told(text):
    draft = read_toml(text, "oculus.toml")
    assert isinstance(draft.data, dict)
    assert all(str(problem) for problem in draft.problems)


@fuzzed(scrambled(TOML), examples=20)
def test_what_a_torn_toml_file_says_is_taken_or_told(text):
    assert all(": " in problem for problem in told("oculus.toml", text.encode(errors="replace")))


@fuzzed(st.binary(max_size=60), st.sampled_from(["oculus.yaml", "oculus.toml"]), examples=40)
def test_a_file_of_noise_is_told(content, name):
    assert all(": " in problem for problem in told(name, content))


@pytest.mark.parametrize("name", ["oculus.yaml", "oculus.toml"])
@pytest.mark.parametrize("text", DEEP, ids=["open lists", "open objects", "lists"])
def test_brackets_past_any_stack_are_told(name, text):
    assert told(name, b"a = " + text if name.endswith("toml") else text)


LENGTHS = st.one_of(
    st.text(max_size=12), st.from_regex(r"\s*\d{1,30}(\.\d+)?\s*(ms|s|m|h|d|w|y)\s*", fullmatch=True)
)
SIZES = st.one_of(
    st.text(max_size=12), st.from_regex(r"\s*\d{1,400}(\.\d+)?\s*[kmgtKMGT]?i?[bB]\s*", fullmatch=True)
)


@fuzzed(LENGTHS, examples=200)
def test_a_length_of_time_is_read_or_refused_in_words(text):
    length, error = attempt(lambda: parse_duration(text), ValueError)
    assert error is None or "write" in str(error)
    if error:
        return
    assert length.total_seconds() >= 0
    assert parse_duration(short(length.total_seconds())).total_seconds() == pytest.approx(
        length.total_seconds(), rel=1e-9, abs=1e-3
    )
    assert spoken(length.total_seconds())


@fuzzed(SIZES, examples=200)
def test_a_size_is_read_or_refused_in_words(text):
    size, error = attempt(lambda: parse_size(text), ValueError)
    assert error is None or "write" in str(error)
    assert error or size >= 0


@fuzzed(
    st.one_of(st.text(max_size=30), LENGTHS, st.datetimes().map(str)), st.integers(0, 2**50), examples=200
)
def test_a_moment_is_read_or_refused_in_words(text, now_ms):
    ms, error = attempt(lambda: parse_moment(text, now_ms), ValueError)
    assert error is None or "write" in str(error)
    assert error or isinstance(ms, int)
