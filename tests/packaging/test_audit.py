"""What is installed is looked at: pinned, untouched, and not known to be unsafe."""

import importlib
import importlib.metadata
import json

import pytest

PIN = "bottle==0.13.4 \\\n    --hash=sha256:" + "0" * 64 + " \\\n    --hash=sha256:" + "1" * 64 + "\n"


@pytest.fixture
def audit(root, monkeypatch):
    monkeypatch.syspath_prepend(str(root / "packaging"))
    return importlib.import_module("audit")


def test_a_pin_with_its_hashes_is_fine(audit):
    assert list(audit.loose("run.lock", f"# made by uv\n{PIN}{PIN}")) == []


@pytest.mark.parametrize(
    ("lock", "where"),
    [
        ("bottle>=0.13\n", "run.lock:1: is not pinned"),
        ("bottle==0.13.4\n", "run.lock:1: is not pinned"),
        (f"bottle==0.13.4 \\\n{PIN}", "run.lock:2: is not pinned"),
        ("bottle==0.13.4 \\\n", "run.lock: its last pin has no hash"),
        (f"{PIN}bottle @ https://example.com/bottle.whl\n", "run.lock:4: is not pinned"),
    ],
)
def test_what_is_not_pinned_by_version_and_hash_is_told(audit, lock, where):
    assert any(line.startswith(where) for line in audit.loose("run.lock", lock))


def test_the_locks_of_this_checkout_are_pinned_throughout(audit):
    for path in audit.LOCKS.glob("*.lock"):
        assert list(audit.loose(path.name, path.read_text("utf-8"))) == []


def test_a_package_that_nobody_pinned_or_in_another_version_is_told(audit):
    pins = audit.all_pins([PIN])
    told = list(audit.strangers({"bottle": "0.13.5", "evil": "1.0", "pip": "26"}, pins))
    assert [line.partition(" is installed")[0] for line in told] == ["bottle 0.13.5", "evil 1.0"]
    assert "0.13.4 is pinned" in told[0]
    assert list(audit.strangers({"bottle": "0.13.4"}, pins)) == []


def test_a_file_that_was_changed_after_it_was_installed_is_told(audit, tmp_path):
    info = tmp_path / "thing-1.0.dist-info"
    info.mkdir()
    (tmp_path / "thing.py").write_text("x = 1\n")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: thing\nVersion: 1.0\n")
    right = audit.digest(tmp_path / "thing.py", "sha256")
    (info / "RECORD").write_text(f"thing.py,sha256={right},6\nthing-1.0.dist-info/RECORD,,\n")
    found = list(importlib.metadata.distributions(path=[str(tmp_path)]))
    assert list(audit.touched(found)) == []
    (tmp_path / "thing.py").write_text("x = 2\n")
    assert "thing: thing.py was changed" in next(audit.touched(found))
    (tmp_path / "thing.py").unlink()
    assert "thing: thing.py was changed or removed" in next(audit.touched(found))


def test_what_is_known_against_a_package_is_told_with_what_mends_it(audit, capsys):
    answer = json.dumps(
        {
            "dependencies": [
                {"name": "bottle", "version": "0.12", "vulns": [{"id": "CVE-1", "fix_versions": ["0.13"]}]},
                {"name": "msgspec", "version": "0.22", "vulns": []},
                {"name": "unheard", "skip_reason": "nobody knows it"},
            ]
        }
    )
    assert audit.judged(answer, "") == ["bottle 0.12: CVE-1, mended in 0.13"]
    assert "2 of 3 packages are known" in capsys.readouterr().out


def test_where_nobody_can_be_asked_that_is_said_and_is_no_failure(audit, capsys):
    assert audit.judged("", "ConnectionError: no route") == []
    assert "nobody could be asked" in capsys.readouterr().out
