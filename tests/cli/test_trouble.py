"""When the folder, the disk or Oculus itself fails a command: words, the right exit code, no traceback."""

import ctypes
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from oculus import cli


def test_a_data_folder_that_is_a_file_is_named_with_2(home):
    home.data.write_text("not a folder")
    done = home.run("serve", "--port", "0")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"{home.data} is no folder; name another one with --data\n"


@pytest.mark.parametrize("words", [["serve", "--port", "0"], ["token"], ["token", "--rotate"]])
def test_a_data_folder_that_cannot_be_made_is_told_in_words(home, words):
    (home.folder / "file").write_text("not a folder")
    done = home.run(*words, "--data", str(home.folder / "file" / "data"))
    assert (done.returncode, done.stdout) == (1, "")
    assert "Not a directory" in done.stderr
    assert "--data" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "words", [["query", "SELECT 1"], ["export", "--to", "x.csv"], ["backup", "--to", "x"]]
)
def test_a_misspelt_data_folder_is_told_instead_of_made(home, words):
    done = home.run(*words)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"Nothing is stored in {home.data}" in done.stderr
    assert not home.data.exists()


def test_looking_makes_no_data_folder(home):
    assert home.run("check").returncode == 0
    assert home.run("status").returncode == 1
    assert not home.data.exists()


@pytest.fixture
def broken(home, monkeypatch):
    """`oculus check` with a mistake of ours in it. Gives the exit code."""

    def run(*words, raises=None):
        def fail(_args):
            raise raises or KeyError("nobody thought of it")

        monkeypatch.setattr("oculus.cli.check.run", fail)
        return cli.main(["--data", str(home.data), "--config", str(home.config), "check", *words])

    return run


def test_what_nobody_foresaw_is_told_in_one_line(broken, home, capsys):
    assert broken() == 1
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "nobody thought of it" in told
    assert "Traceback" not in told
    assert not home.data.exists()


def test_at_the_level_debug_the_log_holds_the_traceback(broken, home, capsys):
    assert broken("--log-level", "debug") == 1
    assert "Traceback" not in capsys.readouterr().err
    assert "Traceback" in (home.data / "logs" / "oculus.log").read_text()


def test_the_level_of_the_settings_file_counts_as_well(broken, home, capsys):
    home.config.write_text("logging: {level: debug}")
    assert broken() == 1
    assert "Traceback" not in capsys.readouterr().err
    assert "Traceback" in (home.data / "logs" / "oculus.log").read_text()


def test_settings_that_are_themselves_the_failure_do_not_hide_it(broken, home, capsys, monkeypatch):
    def fail(*_):
        raise RuntimeError("a second mistake")

    monkeypatch.setattr("oculus.cli.surprise.read_settings", fail)
    assert broken() == 1
    assert "nobody thought of it" in capsys.readouterr().err


def test_a_mistake_in_the_environment_is_told_by_the_variables_name(home):
    done = home.run("check", env={"OCULUS_LOG": "rules=loud"})
    assert done.returncode == 2
    assert done.stderr.startswith("OCULUS_LOG: logging.level: 'loud' is no level; ")


def test_what_the_system_refuses_is_told_with_the_file_it_is_about(broken, capsys):
    assert broken(raises=PermissionError(13, "Permission denied", "/somewhere")) == 1
    assert capsys.readouterr().err.startswith("/somewhere: Permission denied. ")


@pytest.mark.skipif(os.name != "posix", reason="a limit on the size of files stands in for a full disk")
def test_what_could_not_be_stored_at_the_stop_is_said_and_is_no_success(home, eventually):
    home.store_nothing()
    server = home.serve(largest_file=2000)
    eventually(lambda: "cannot be written" in "".join(server.said))
    code, said = server.stop()
    assert code == 1
    assert re.search(r"Oculus has stopped; \d+ rows could not be stored\.", said)


@pytest.mark.skipif(os.name != "posix", reason="an open file cannot be deleted elsewhere")
def test_a_database_that_is_deleted_can_be_saved_while_it_runs_and_is_missed_at_the_stop(home, eventually):
    server = home.serve()
    eventually(lambda: json.loads(home.ask(server, "/api/status"))["rows_written"])
    (home.data / "oculus.db").unlink()
    eventually(lambda: "deleted or moved away" in "".join(server.said))
    assert json.loads(home.ask(server, "/api/status"))["database_bytes"] == 0
    saved = home.folder / "saved.db"
    assert home.run("backup", "--to", str(saved)).returncode == 0
    _, said = server.stop()
    assert "Oculus has stopped; oculus.db had been deleted or moved away." in said
    saved.rename(home.data / "oculus.db")
    assert int(home.run("query", "SELECT count(*) FROM metrics", "--csv").stdout.split()[1])


def test_a_statement_that_is_too_large_is_wrong_with_or_without_a_running_copy(home):
    sql = "SELECT repeat('abc', 500000000)"
    server = home.serve()
    during = home.run("query", sql)
    server.stop()
    after = home.run("query", sql)
    assert (during.returncode, after.returncode) == (2, 2)
    assert during.stderr == after.stderr


@pytest.mark.skipif(os.name != "posix", reason="this system has no such modes")
def test_nothing_in_the_data_folder_is_open_to_others(home, eventually):
    home.data.mkdir(mode=0o755)
    server = home.serve()
    made = [eventually(lambda: next(home.data.glob("oculus.db.wal"), None))]
    assert home.run("backup", "--to", str(home.data / "kept.db")).returncode == 0
    made += home.data.rglob("*")
    server.stop()
    made += list(home.data.rglob("*"))
    names = {path.name for path in made}
    assert {"oculus.db", "oculus.db.wal", "oculus.db.owner", "token", "oculus.log", "kept.db"} <= names
    assert [path for path in made if path.exists() and path.stat().st_mode & 0o077] == []


@pytest.mark.skipif(
    sys.platform != "linux" or os.uname().machine != "x86_64", reason="it is asked of Linux by number"
)
def test_a_signal_that_is_given_to_another_thread_ends_it_as_well(home):
    server = home.serve()
    pid = server.process.pid
    # The oldest of them: one that has just been begun may be over before it has handled anything.
    other = min(number for task in Path(f"/proc/{pid}/task").iterdir() if (number := int(task.name)) != pid)
    tgkill = 234
    assert ctypes.CDLL(None).syscall(tgkill, pid, other, signal.SIGINT) == 0
    assert server.process.wait(60) == 0


@pytest.mark.skipif(shutil.which("nohup") is None, reason="there is no nohup")
def test_what_nohup_started_outlives_the_session(home):
    server = home.serve(through=["nohup"])
    server.process.send_signal(signal.SIGHUP)
    with pytest.raises(subprocess.TimeoutExpired):
        server.process.wait(1)
    assert server.stop()[0] == 0


def test_it_goes_on_though_nobody_reads_what_it_says(home, eventually):
    reader, writer = os.pipe()
    os.close(reader)
    process = subprocess.Popen(home.command("serve", "--port", "0"), stderr=writer, env=home.environment())
    os.close(writer)
    try:
        eventually(lambda: process.poll() is not None or home.run("status").returncode == 0)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(1)
    finally:
        process.terminate()
        code = process.wait(60)
    assert code == 0
