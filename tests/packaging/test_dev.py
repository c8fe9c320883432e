"""The commands of the README on machines of different kinds."""

import ast
import json
import subprocess
import sys

import pytest


@pytest.fixture
def quiet(dev, monkeypatch):
    """Programs that would be started, with the exit code each shall have."""
    started, codes = [], {}

    def run(command):
        started.append(command)
        text = " ".join(map(str, command))
        code = next((code for part, code in codes.items() if part in text), 0)
        return subprocess.CompletedProcess(command, code, "said\nthis")

    monkeypatch.setattr(dev, "quietly", run)
    run.started, run.codes = started, codes
    return run


@pytest.fixture
def checkout(dev, tmp_path, monkeypatch):
    """A checkout in a folder with spaces, whose environment is there and whose pip only notes."""
    folder = tmp_path / "my projects" / "oculus"
    locks = folder / "packaging" / "requirements"
    locks.mkdir(parents=True)
    for name in dev.EXTRAS:
        (locks / f"{name}.lock").write_text(f"# {name}\n")
    (folder / "pyproject.toml").write_text("[project]\n")
    python = folder / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text("")
    for name, value in {"ROOT": folder, "LOCKS": locks, "VENV": folder / ".venv", "PYTHON": python}.items():
        monkeypatch.setattr(dev, name, value)
    return folder


def installs(quiet):
    return [command for command in quiet.started if "install" in command]


def test_the_first_start_installs_by_hash_and_the_second_installs_nothing(dev, checkout, quiet):
    dev.prepare("run")
    pinned, project = installs(quiet)
    assert "--require-hashes" in pinned
    assert str(checkout / "packaging" / "requirements" / "run.lock") in pinned
    assert "--no-deps" in project
    quiet.started.clear()
    dev.prepare("run")
    assert quiet.started == []


@pytest.mark.parametrize("changed", ["pyproject.toml", "packaging/requirements/run.lock"])
def test_a_change_of_the_pins_or_the_project_installs_again(dev, checkout, quiet, changed):
    dev.prepare("run")
    quiet.started.clear()
    (checkout / changed).write_text("# other\n")
    dev.prepare("run")
    assert len(installs(quiet)) == 2


def test_an_environment_made_for_tests_serves_for_running(dev, checkout, quiet):
    dev.prepare("test")
    quiet.started.clear()
    dev.prepare("run")
    assert quiet.started == []


def test_a_failed_installation_shows_what_pip_said_and_is_tried_again(dev, checkout, quiet):
    quiet.codes["--require-hashes"] = 1
    with pytest.raises(SystemExit, match=r"said\nthis\n\nInstalling the pinned packages failed"):
        dev.prepare("run")
    assert not dev.is_current("run")


def test_an_environment_whose_python_is_gone_is_made_anew(dev, checkout, quiet):
    quiet.codes["pip --version"] = 1
    dev.make_environment()
    assert quiet.started[-1][1:4] == ["-m", "venv", "--clear"]


def test_debian_without_venv_gets_the_package_when_root(dev, checkout, quiet, monkeypatch):
    dev.PYTHON.unlink()
    monkeypatch.setattr(dev.importlib.util, "find_spec", lambda _: None)
    monkeypatch.setattr(dev, "permission", list)
    dev.make_environment()
    package = f"python3.{sys.version_info.minor}-venv"
    assert any(command[-1] == package and "apt-get" in command for command in quiet.started)


def test_without_permission_the_line_to_type_is_printed(dev, checkout, quiet, monkeypatch):
    dev.PYTHON.unlink()
    monkeypatch.setattr(dev.importlib.util, "find_spec", lambda _: None)
    monkeypatch.setattr(dev, "permission", lambda: None)
    with pytest.raises(SystemExit, match=r"    sudo apt-get install python3\.\d+-venv"):
        dev.make_environment()


def test_sudo_is_used_only_where_it_asks_for_no_password(dev, quiet, monkeypatch):
    monkeypatch.setattr(dev.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(dev.os, "geteuid", lambda: 1000)
    assert dev.permission() == ["sudo", "-n"]
    quiet.codes["sudo -n true"] = 1
    assert dev.permission() is None


def test_a_missing_browser_is_told_with_the_line_to_type(dev, quiet, monkeypatch, capsys):
    monkeypatch.setattr(dev.shutil, "which", lambda name: f"/usr/bin/{name}" if name == "dnf" else None)
    dev.system_packages()
    said = capsys.readouterr().err
    assert "chromium, ping" in said
    assert "sudo dnf install chromium" in said


def test_the_test_command_installs_all_that_the_desktop_of_the_tests_is_made_of(dev):
    from fakes import screen

    assert {*screen.NEEDED.values(), screen.PANEL} <= set(dev.DEBIAN)
    assert {"gir1.2-webkit2-4.1", "gir1.2-ayatanaappindicator3-0.1", "chromium"} <= set(dev.DEBIAN)


def test_what_can_be_had_is_not_told_to_be_missing(dev, monkeypatch, capsys):
    monkeypatch.setattr(dev, "PYTHON", sys.executable)
    dev.peers([])
    assert capsys.readouterr().err == ""


def test_the_style_builder_is_installed_once_and_its_failure_stops_nothing(
    dev, checkout, quiet, monkeypatch, capsys
):
    (checkout / "package-lock.json").write_text("{}")
    monkeypatch.setattr(dev.shutil, "which", lambda name: f"/usr/bin/{name}")
    quiet.codes["npm ci"] = 1
    assert not dev.style_builder()
    assert "npm could not: said\nthis" in capsys.readouterr().err
    (checkout / "node_modules").mkdir()
    (checkout / "node_modules" / ".package-lock.json").write_text("{}")
    quiet.started.clear()
    assert dev.style_builder()
    assert quiet.started == []


def test_every_check_runs_even_when_an_earlier_one_fails(dev, monkeypatch, capsys):
    ran = []
    monkeypatch.setattr(dev, "tool", lambda arguments: ran.append(arguments[1]) or len(ran) == 1)
    assert dev.together({"first": ["a"], "second": ["b"]}) == 1
    assert ran == ["a", "b"]
    assert "failed: first" in capsys.readouterr().err


def test_arguments_after_two_dashes_reach_pytest(dev, monkeypatch):
    ran = []
    monkeypatch.setattr(dev, "system_packages", lambda: None)
    monkeypatch.setattr(dev, "style_builder", lambda: True)
    monkeypatch.setattr(dev, "prepare", lambda _: None)
    monkeypatch.setattr(dev, "tool", lambda arguments: ran.append(arguments) or 0)
    assert dev.main(["test", "--", "-k", "lock"]) == 0
    assert ran[-1] == ["-m", "pytest", "-k", "lock"]


@pytest.mark.parametrize(("lint", "suite", "whole"), [(0, 0, 0), (1, 0, 1), (0, 1, 1)])
def test_without_arguments_style_and_every_test_are_judged(dev, monkeypatch, root, lint, suite, whole):
    ran = []
    for name in ("system_packages", "style_builder", "web_view"):
        monkeypatch.setattr(dev, name, lambda: True)
    for name in ("prepare", "peers"):
        monkeypatch.setattr(dev, name, lambda _: None)
    monkeypatch.setattr(dev, "together", lambda tools: ran.append(list(tools)) or lint)
    monkeypatch.setattr(dev, "tool", lambda arguments: ran.append(arguments) or suite)
    assert dev.main(["test"]) == whole
    assert ran == [list(dev.LINT), [str(root / "packaging" / "suite.py")]]


def test_running_becomes_oculus_itself_with_the_same_arguments(dev, checkout, quiet, monkeypatch):
    became = []
    monkeypatch.setattr(dev, "hand_over", lambda command: became.append(command) or 3)
    assert dev.main(["run", "check", "--json"]) == 3
    assert became == [[str(checkout / ".venv" / "bin" / "oculus"), "check", "--json"]]


def test_without_a_command_the_help_is_printed(dev, capsys):
    assert dev.main([]) == 0
    assert dev.main(["rum"]) == 2
    assert "dev.py run" in capsys.readouterr().out


def test_progress_stays_out_of_what_oculus_prints(root):
    # A query's JSON is piped; only a person may see how the environment was made.
    code = (
        "import json, runpy, sys; dev = runpy.run_path(sys.argv[1]); dev['say']('busy'); print(json.dumps(1))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(root / "packaging" / "dev.py")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == 1
    assert done.stderr == "oculus: busy\n"


def test_an_older_python_is_told_what_is_needed(root):
    source = (root / "packaging" / "dev.py").read_text("utf-8")
    ast.parse(source, feature_version=(3, 7))  # or the older one would only say "invalid syntax"
    older = "import sys\nsys.version_info = (3, 9, 2)\n" + source
    done = subprocess.run([sys.executable, "-c", older], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Oculus needs Python 3.11 or newer; this is Python 3.9." in done.stderr
    assert "Traceback" not in done.stderr


def test_ci_runs_the_test_command_of_the_readme_and_looks_at_what_was_installed(root):
    ci = (root / ".ci" / "run").read_text("utf-8")
    assert "\npython3 packaging/dev.py test\nexec python3 packaging/dev.py audit --offline\n" in ci
    assert "python3 packaging/dev.py test\n" in (root / "README.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("display", "arguments", "kind"),
    [("", [], "run"), (":0", [], "desktop"), (":0", ["--port", "0"], "desktop"), (":0", ["serve"], "run")],
)
def test_the_desktop_is_installed_only_where_it_can_be_seen(
    dev, checkout, quiet, monkeypatch, display, arguments, kind
):
    monkeypatch.setenv("DISPLAY", display)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setattr(dev.sys, "platform", "linux")
    monkeypatch.setattr(dev, "hand_over", lambda command: 0)
    assert dev.run(arguments) == 0
    assert [dev.is_current(each) for each in ("run", "desktop")] == [kind == "run", kind == "desktop"]
    asked = any("libcairo2-dev" in " ".join(command) for command in quiet.started)
    assert asked is (kind == "desktop" and dev.shutil.which("dpkg-query") is not None)


def test_a_web_view_that_does_not_compile_leaves_a_desktop_without_window(
    dev, checkout, quiet, monkeypatch, capsys
):
    monkeypatch.setattr(dev.sys, "platform", "linux")
    quiet.codes.update({"import gi": 1, "gtk.lock": 1})
    dev.web_view()
    assert "pip could not: said\nthis" in capsys.readouterr().err
    quiet.started.clear()
    quiet.codes["pkg-config"] = 1
    dev.web_view()
    assert installs(quiet) == []
