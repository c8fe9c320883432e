"""The JSON Schema that editors use."""

import pytest
import yaml
from jsonschema import Draft202012Validator

from oculus.core.paths import bundled
from oculus.settings.schema_json import schema, text


def check(given):
    return [error.json_path for error in Draft202012Validator(schema()).iter_errors(yaml.safe_load(given))]


def test_the_schema_in_assets_is_current():
    """If not: python -m oculus.settings.schema_json"""
    assert bundled("assets", "config", "oculus.schema.json").read_text("utf-8") == text()


def test_the_schema_is_itself_right():
    Draft202012Validator.check_schema(schema())


def test_the_sample_fits_the_schema():
    assert check(bundled("assets", "config", "oculus.yaml").read_text("utf-8")) == []


def test_every_setting_is_described_in_it():
    groups = [group for group in schema()["$defs"].values() if "properties" in group]
    silent = [
        name
        for group in groups
        for name, setting in group["properties"].items()
        if name != "type" and "description" not in setting
    ]
    assert len(groups) > 8
    assert silent == []


@pytest.mark.parametrize(
    "right",
    [
        "{}",
        "rules:",
        'server: {port: "${PORT}", token: "${TOKEN:-}"}',
        "collectors: [{type: tcp, target: 'a:1', interval: 5s}]",
        "channels: {log: {}, webhook: {url: x}, hook: {type: webhook, url: x}}",
        "rules: [{name: a, condition: a > 1, for: 2m, severity: warn}]",
        "storage: {max_size: 4GiB}",
    ],
)
def test_what_oculus_takes_the_schema_takes(right):
    assert check(right) == []


@pytest.mark.parametrize(
    "wrong",
    [
        "colectors: []",
        "server: {port: 70000}",
        "server: {prot: 1}",
        "collectors: [{target: a}]",
        "collectors: [{type: tpc, target: 'a:1'}]",
        "collectors: [{type: tcp, target: a}]",
        "collectors: [{type: ping, target: a, interval: 5 minutes}]",
        "channels: {hook: {url: x}}",
        "rules: [{name: a}]",
        "rules: [{name: a, condition: a > 1, severity: warning}]",
    ],
)
def test_what_oculus_refuses_the_schema_refuses(wrong):
    assert check(wrong) != []
