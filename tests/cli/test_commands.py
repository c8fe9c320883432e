"""What a person gets for what they type, with the exit codes they script against."""

import argparse
import json
import re
import signal
import subprocess
import sys
import time

import pytest

from fakes.messengers import free_port
from oculus.cli.place import place
from oculus.core.errors import ConfigError
from oculus.settings.load import load


def test_check_says_what_would_run(home):
    done = home.run("check")
    assert done.returncode == 0
    assert "net.ping.127.0.0.1" in done.stdout
    assert re.search(r"^desktop +desktop ", done.stdout, re.MULTILINE)  # there without being written
    assert "The settings are right." in done.stdout


def test_check_names_a_rule_that_is_judged_no_more(home):
    home.config.write_text("rules: [{name: line, condition: oculus.queue > 1, expires: 2020-01-31}]\n")
    assert "rule line: it expired (2020-01-31) and is judged no more" in home.run("check").stdout


def test_check_lists_every_mistake_and_exits_with_2(home):
    home.config.write_text(
        "collectors:\n  - {type: pnig}\n  - {type: tcp, target: 'a:1', interval: soon}\nserver: {prot: 1}\n"
    )
    done = home.run("check")
    assert done.returncode == 2
    assert done.stdout == ""
    for words in ("did you mean ping?", "'soon' is not a length of time", "did you mean port?"):
        assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_settings_file_that_does_not_exist_is_named_and_so_is_what_named_it(home, monkeypatch):
    home.config.unlink()
    done = home.run("check")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{home.config} does not exist; mend --config" in done.stderr
    monkeypatch.setenv("OCULUS_CONFIG", str(home.config))
    with pytest.raises(ConfigError, match="does not exist; mend OCULUS_CONFIG"):
        place(argparse.Namespace(config=None, data=str(home.data)))


def test_collect_asks_once_and_stores_nothing(home):
    done = home.run("collect", "127.0.0.1", "--json")
    symbols = [metric["symbol"] for metric in json.loads(done.stdout)["metrics"]]
    assert done.returncode == 0
    assert "net.ping.127.0.0.1.up" in symbols
    assert not (home.data / "oculus.db").exists()


def test_collectors_of_one_name_are_told_apart_as_on_the_pages(home):
    home.config.write_text(
        "collectors:\n  - {type: ping, target: localhost}\n  - {type: dns, target: localhost}\n"
    )
    assert re.search(r"ping +net\.ping\.localhost ", home.run("check").stdout)
    done = home.run("collect", "net.ping.localhost", "--json")
    assert json.loads(done.stdout)["metrics"][0]["symbol"].startswith("net.ping.localhost")
    done = home.run("collect", "localhost")
    assert done.returncode == 2
    assert "2 collectors are called 'localhost'; write net.ping.localhost or net.dns.localhost" in done.stderr


def test_collect_names_the_nearest_collector(home):
    done = home.run("collect", "127.0.0.2")
    assert done.returncode == 2
    assert "did you mean 127.0.0.1?" in done.stderr


def test_a_query_runs_on_the_file_and_through_the_running_copy_alike(home, eventually):
    sql = "SELECT count(*) > 0 AS any FROM metrics WHERE category = 'net.ping'"
    server = home.serve()
    eventually(lambda: home.numbers(server))
    assert json.loads(home.run("query", sql, "--json").stdout)["rows"] == [[True]]
    server.stop()
    stopped = home.run("query", sql, "--csv")
    assert (stopped.returncode, stopped.stdout) == (0, "any\nTrue\n")


@pytest.mark.parametrize("sql", ["DELETE FROM metrics", "SELECT * FROM nowhere", "SELEC 1"])
def test_a_wrong_query_is_refused_in_words_with_2(home, sql):
    home.store_nothing()
    done = home.run("query", sql)
    assert done.returncode == 2
    assert done.stderr.strip()
    assert "Traceback" not in done.stderr


def test_status_tells_of_the_running_copy_and_fails_without_one(home, eventually):
    without = home.run("status")
    server = home.serve()
    eventually(lambda: home.numbers(server))
    assert "ok" in home.run("status").stdout
    server.stop()
    assert without.returncode == 1
    assert "oculus serve" in without.stderr


def test_a_mistake_in_the_settings_keeps_nobody_from_the_running_copy(home):
    server = home.serve()
    home.config.write_text("collectors: [{type: pign, target: a}]")
    asked = home.run("status")
    assert (asked.returncode, f"is at {server.url}" in asked.stdout) == (0, True), asked.stderr
    assert f"held by the copy at {server.url}" in home.run("doctor").stdout


def test_a_second_copy_is_refused_with_3_and_told_who_holds_the_file(home):
    server = home.serve()
    bare = home.run(env={"BROWSER": "true"})
    assert (bare.returncode, f"Oculus runs already, at {server.url}." in bare.stderr) == (0, True)
    second = home.run("serve", "--port", "0")
    assert second.returncode == 3
    assert str(server.process.pid) in second.stderr
    assert server.url in second.stderr
    assert server.stop()[0] == 0


def test_what_a_start_says_into_a_file_lets_nobody_in_and_tells_how_to_get_in(home):
    _, said = home.serve().stop()
    assert "`oculus open` opens it in a browser" in said
    assert "login?" not in said


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_within_five_seconds_with_everything_written(home, eventually, how):
    server = home.serve()
    eventually(lambda: home.numbers(server) > 3)
    begun = time.monotonic()
    code, said = server.stop(how)
    assert code == 0
    assert time.monotonic() - begun < 30  # aimed at 5 s; the machine may be busy
    assert "Traceback" not in said
    assert "leaked" not in said
    stopped = home.run("query", "SELECT count(*) FROM events WHERE message = 'Oculus has stopped'", "--csv")
    assert stopped.stdout.splitlines()[1] == "1"


def test_the_log_says_when_and_where_it_ran_and_how_it_ended(home):
    server = home.serve()
    server.stop()
    lines = [json.loads(line)["message"] for line in (home.data / "logs/oculus.log").read_text().splitlines()]
    assert any(f"is at {server.url}" in line and str(home.data) in line for line in lines)
    assert lines[-1] == "oculus has stopped; everything collected is stored"


def test_the_token_is_shown_and_renewed_and_never_said_elsewhere(home):
    server = home.serve("--log-level", "trace")
    token = home.run("token").stdout.strip()
    renewed = home.run("token", "--rotate").stdout.strip()
    _, said = server.stop()
    logs = "".join(path.read_text() for path in (home.data / "logs").iterdir())
    assert len(token) >= 32
    assert renewed != token
    assert token not in said + logs
    assert (home.data / "token").stat().st_mode & 0o077 == 0


def test_a_backup_is_a_whole_database_whether_or_not_it_runs(home, eventually):
    server = home.serve()
    eventually(lambda: home.numbers(server) > 3)
    during = home.run("backup", "--to", str(home.folder / "during.db"))
    server.stop()
    after = home.run("backup", "--to", str(home.folder / "after.db"))
    assert (during.returncode, after.returncode) == (0, 0), during.stderr + after.stderr
    for name in ("during.db", "after.db"):
        other = home.folder / f"from-{name}"
        other.mkdir()
        (home.folder / name).rename(other / "oculus.db")
        done = home.run("query", "SELECT count(*) > 3 FROM metrics", "--csv", "--data", str(other))
        assert done.stdout.splitlines()[1] == "True", done.stderr


def test_nothing_is_overwritten(home):
    target = home.folder / "precious.db"
    target.write_text("mine")
    for words in (["backup"], ["export"]):
        assert home.run(*words, "--to", str(target)).returncode == 1
    assert target.read_text() == "mine"


@pytest.mark.parametrize("name", ["out.csv", "out.parquet"])
def test_metrics_are_exported_with_or_without_a_running_copy(home, eventually, name):
    server = home.serve()
    eventually(lambda: home.numbers(server) > 3)
    during = home.run("export", "--to", str(home.folder / name), "--symbol", "net.ping.*")
    server.stop()
    after = home.run("export", "--to", str(home.folder / f"2{name}"), "--since", "1h")
    assert (during.returncode, after.returncode) == (0, 0), during.stderr + after.stderr
    for file in (name, f"2{name}"):
        written = (home.folder / file).read_bytes()
        assert written.startswith(b"ts,category,symbol,value,tags" if name.endswith("csv") else b"PAR1")
        assert b"net.ping.127.0.0.1" in written
    misspelt = home.run("export", "--to", str(home.folder / f"3{name}"), "--symbol", "net.pnig.*")
    assert misspelt.returncode == 2
    assert "No symbol matches 'net.pnig.*'; nearest: net.ping.127.0.0.1" in misspelt.stderr
    assert not (home.folder / f"3{name}").exists()


def test_an_export_to_another_kind_of_file_is_refused_with_2(home):
    done = home.run("export", "--to", str(home.folder / "out.xlsx"))
    assert done.returncode == 2
    assert ".csv nor .parquet" in done.stderr


def test_a_statement_that_still_runs_neither_holds_up_the_stop_nor_crashes_it(home, eventually):
    server = home.serve()
    far = "levenshtein(repeat(chr(97 + (range % 20)::INT), 900), repeat(chr(98 + (range % 7)::INT), 900))"
    deaf = f"SELECT sum({' + '.join([far, f'2 * {far}', f'3 * {far}', f'4 * {far}'])}) FROM range(100000)"
    asking = subprocess.Popen(
        home.command("query", deaf),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=home.environment(),
    )
    eventually(lambda: "oculus_queries_active 1" in home.ask(server, "/metrics"), every_s=0.2)
    code, said = server.stop()
    asking.kill()
    asking.wait()
    assert code == 0, said
    assert "terminate" not in said


RULE_WITH_TESTS = """
rules:
  - name: api
    condition: net.http.api.status != 200
    for: 1m
    tests:
      - name: a short trouble tells nobody
        samples: {net.http.api.status: [200, 500, 500, 200]}
        news: []
      - name: a long one fires
        samples: {net.http.api.status: [200, 500, 500, 500, 500]}
        news: [NEWS]
"""


def test_check_tries_the_tests_that_rules_carry(home):
    home.config.write_text(RULE_WITH_TESTS.replace("NEWS", "1m30s FIRED"), "utf-8")
    ran = home.run("check")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "the rules' 2 tests hold" in ran.stdout
    home.config.write_text(RULE_WITH_TESTS.replace("NEWS", "30s FIRED"), "utf-8")
    ran = home.run("check")
    assert ran.returncode == 2
    assert (
        "rule api, test a long one fires: people would hear 90s FIRED; the test says 30s FIRED" in ran.stderr
    )


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the settings folder cannot be moved")
@pytest.mark.parametrize(
    ("words", "probe"), [(["--port", "{free}"], "127.0.0.1:{free}"), (["--port", "0"], "127.0.0.1:8420")]
)
def test_the_sample_of_a_first_start_watches_oculus_where_it_is(home, words, probe):
    free = str(free_port())
    folder = home.folder / "settings"
    command = [sys.executable, "-m", "oculus", "--data", str(home.data), "serve"]
    command += [word.format(free=free) for word in words]
    program = subprocess.Popen(
        command,
        stderr=subprocess.PIPE,
        text=True,
        env=home.environment() | {"XDG_CONFIG_HOME": str(folder), "HOME": str(folder)},
    )
    said = [program.stderr.readline() for _ in range(2)]
    program.send_signal(signal.SIGINT)
    program.communicate(timeout=30)
    assert "Wrote a sample" in said[0]
    written = load(folder / "oculus" / "oculus.yaml")
    (own,) = [each for each in written.collectors if each.name == "oculus"]
    assert (own.target, own.enabled) == (probe.format(free=free), "{free}" in probe)
