"""The soak tells growth from noise."""

import importlib

import pytest


@pytest.fixture
def soak(root, monkeypatch):
    monkeypatch.syspath_prepend(str(root / "tests" / "bench"))
    return importlib.import_module("soak")


@pytest.mark.parametrize(
    ("name", "middle", "end", "grew"),
    [
        ("threads", 90, 92, False),
        ("threads", 90, 120, True),
        ("files held open", 40, 45, False),
        ("files held open", 40, 80, True),
        ("memory of its own", 120, 125, False),
        ("memory of its own", 120, 160, True),
        ("push to message, p95", 60, 90, False),
        ("push to message, p95", 60, 400, True),
    ],
)
def test_what_grew_beyond_noise_is_told(soak, name, middle, end, grew):
    figure = next(each for each in soak.FIGURES if each.name == name)
    assert soak.has_grown(figure, [{name: 0}, {name: middle}, {name: end}]) is grew


def test_the_soak_has_five_hundred_collectors_and_two_hundred_rules_that_are_sound(soak, tmp_path):
    from oculus.settings.load import load

    given = soak.world.settings(8001, 8002, "http://127.0.0.1:8001/told")
    settings = load(soak.write_settings(tmp_path / "oculus.yaml", **given))
    assert len(settings.collectors) == 500
    assert len(settings.rules) == 200
