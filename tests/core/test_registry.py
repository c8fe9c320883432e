"""Classes that are imported when they are first asked for."""

import sys

import pytest

from oculus.collectors import COLLECTORS
from oculus.core.registry import Registry
from oculus.notify import CHANNELS


@pytest.fixture
def shapes(tmp_path, monkeypatch):
    """A registry over a package with one module, which nobody has imported yet."""
    (tmp_path / "shapes").mkdir()
    (tmp_path / "shapes" / "__init__.py").touch()
    (tmp_path / "shapes" / "round.py").write_text("class Circle: ...")
    monkeypatch.syspath_prepend(tmp_path)
    yield Registry("shapes", {"circle": "round:Circle"})
    for name in ("shapes", "shapes.round"):
        sys.modules.pop(name, None)


def test_asking_whether_there_is_one_imports_nothing(shapes):
    assert "circle" in shapes
    assert "square" not in shapes
    assert list(shapes) == ["circle"]
    assert "shapes.round" not in sys.modules


def test_a_class_is_imported_when_it_is_asked_for(shapes):
    assert shapes["circle"].__name__ == "Circle"
    assert shapes["circle"] is sys.modules["shapes.round"].Circle


def test_who_asks_for_what_is_not_there_is_told_so(shapes):
    with pytest.raises(KeyError):
        shapes["square"]
    assert shapes.get("square") is None


@pytest.mark.parametrize("registry", [COLLECTORS, CHANNELS], ids=["collectors", "channels"])
def test_each_is_found_under_the_word_that_people_write(registry):
    for name, found in registry.items():
        assert name == found.kind == found.settings_class.__struct_config__.tag
