"""The file that a first start writes."""

import stat

import pytest

from oculus.core.errors import ConfigError
from oculus.core.paths import bundled
from oculus.settings import sample
from oculus.settings.load import load
from oculus.settings.sample import ensure_settings


def test_a_first_start_writes_a_sample_that_only_its_owner_can_read(tmp_path):
    path = tmp_path / "new" / "oculus.yaml"
    assert ensure_settings(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert {each.name for each in path.parent.iterdir()} == {"oculus.yaml", "oculus.schema.json"}


def test_the_sample_has_no_mistakes_and_nothing_odd(tmp_path):
    ensure_settings(tmp_path / "oculus.yaml")
    settings = load(tmp_path / "oculus.yaml", environment={})
    assert settings.notices == []
    watched = [
        (each.__struct_config__.tag, getattr(each, "target", ""))
        for each in settings.collectors
        if each.enabled
    ]
    assert watched == [
        ("ping", "127.0.0.1"), ("tcp", "127.0.0.1:8420"), ("dns", "example.com"),
        ("ping", "1.1.1.1"), ("http", "https://example.com"),
        ("crypto.price", ""), ("crypto.fng", ""), ("stock.index", ""),
    ]  # fmt: skip


@pytest.mark.parametrize("own", ["127.0.0.1:9000", "[fd00::1]:8420", "example.local:80"])
def test_its_probe_of_oculus_itself_goes_where_oculus_is(tmp_path, own):
    ensure_settings(tmp_path / "oculus.yaml", own)
    (probe,) = [each for each in load(tmp_path / "oculus.yaml").collectors if each.name == "oculus"]
    assert (probe.target, probe.enabled) == (own, True)


def test_a_port_that_is_another_at_each_start_is_not_probed(tmp_path):
    ensure_settings(tmp_path / "oculus.yaml", "")
    (probe,) = [each for each in load(tmp_path / "oculus.yaml").collectors if each.name == "oculus"]
    assert not probe.enabled


def test_a_settings_file_that_is_there_is_never_touched(tmp_path):
    path = tmp_path / "oculus.yaml"
    path.write_text("# mine")
    assert not ensure_settings(path)
    assert path.read_text() == "# mine"
    assert list(tmp_path.iterdir()) == [path]


def test_a_schema_of_an_older_version_is_brought_up_to_date(tmp_path):
    (tmp_path / "oculus.yaml").write_text("# mine")
    schema = tmp_path / "oculus.schema.json"
    schema.write_text("{}")
    ensure_settings(tmp_path / "oculus.yaml")
    assert schema.read_bytes() == bundled("assets", "config", "oculus.schema.json").read_bytes()


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be written"):
        ensure_settings(tmp_path / "file" / "oculus.yaml")


def test_no_yaml_is_written_into_a_toml_file(tmp_path):
    with pytest.raises(ConfigError, match="does not exist"):
        ensure_settings(tmp_path / "oculus.toml")


def test_a_write_that_fails_leaves_nothing_behind(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sample.Path, "replace", full)
    with pytest.raises(ConfigError, match="No space left"):
        ensure_settings(tmp_path / "oculus.yaml")
    assert list(tmp_path.iterdir()) == []


def test_what_the_sample_shows_commented_out_is_right_too(tmp_path):
    """Uncommented, every `# name: value` line still makes sense, and shows the default."""
    lines = bundled("assets", "config", "oculus.yaml").read_text("utf-8").splitlines()
    open_lines = [
        line.replace("# ", "", 1) if line.lstrip().startswith("# ") and looks_like_setting(line) else line
        for line in lines
    ]
    path = tmp_path / "oculus.yaml"
    path.write_text("\n".join(open_lines))
    settings = load(path, environment={"OCULUS_WEBHOOK_URL": "http://127.0.0.1/"})
    plain = load(bundled("assets", "config", "oculus.yaml"))
    assert list(settings.channels) == ["log", "webhook"]
    assert settings.collectors == plain.collectors
    assert (settings.server, settings.storage, settings.logging) == (
        plain.server,
        plain.storage,
        plain.logging,
    )


def looks_like_setting(line):
    text = line.lstrip().removeprefix("# ")
    name = text.lstrip().partition(":")[0]
    return ":" in text and name.replace("_", "").isalpha() and name.islower() and " " not in name
