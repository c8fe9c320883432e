import pytest

from oculus.cli import main
from oculus.cli.parser import COMMANDS, parser


def test_shared_options_may_stand_before_or_after_the_command():
    before = parser().parse_args(["--port", "9", "--config", "a.yaml", "check"])
    after = parser().parse_args(["check", "--port", "9", "--config", "a.yaml"])
    assert vars(before) == vars(after)
    assert before.port == 9


def test_the_last_word_counts_when_an_option_stands_on_both_sides():
    assert parser().parse_args(["--port", "1", "serve", "--port", "2"]).port == 2


def test_without_a_command_the_program_is_the_desktop():
    assert parser().parse_args([]).module == "desktop"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_module_and_explains_itself(name, capsys):
    from importlib import import_module

    needs = {
        "collect": ["x"],
        "query": ["SELECT 1"],
        "backup": ["--to", "f"],
        "export": ["--to", "f.csv"],
        "send-test": ["x"],
        "backtest": ["x"],
    }
    args = parser().parse_args([name, *needs.get(name, [])])
    assert callable(import_module(f"oculus.cli.{args.module}").run)
    with pytest.raises(SystemExit) as ended:
        parser().parse_args([name, "--help"])
    assert ended.value.code == 0
    assert "--config" in capsys.readouterr().out


@pytest.mark.parametrize("port", ["-1", "65536", "http", "8 0", "٣"])
def test_a_port_that_is_none_is_refused_in_words(port, capsys):
    with pytest.raises(SystemExit) as ended:
        parser().parse_args(["serve", f"--port={port}"])
    assert ended.value.code == 2
    assert "write a number from 0 to 65535" in capsys.readouterr().err


def test_an_unknown_command_is_told_the_commands_of_people_only(capsys):
    with pytest.raises(SystemExit) as ended:
        parser().parse_args(["bogus"])
    told = capsys.readouterr().err
    assert ended.value.code == 2
    assert all(name in told for name in COMMANDS)
    assert "window" not in told


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["statsu"], "there is no command 'statsu'; did you mean status?"),
        (["Status"], "there is no command 'Status'; did you mean status?"),
        (["status", "--jsn"], "there is no option --jsn; did you mean --json?"),
        (["serve", "--prot=1"], "there is no option --prot; did you mean --port?"),
        (["token", "--rotat"], "there is no option --rotat; did you mean --rotate?"),
        (["serve", "--json"], "there is no option --json; `oculus serve --help` lists them"),
        (["--conifg=x"], "did you mean --config?"),
        (["query", "SELECT", "1"], "'1' is one word too many; put what belongs together into quotes"),
    ],
)
def test_a_misspelt_word_is_answered_with_the_one_that_was_meant(words, said, capsys):
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_the_window_is_for_the_desktop_alone(monkeypatch):
    asked = []
    monkeypatch.setattr("oculus.cli.run", lambda args: asked.append((args.module, args.url)) or 0)
    assert main(["window", "--url", "http://127.0.0.1:1"]) == 0
    assert asked == [("window", "http://127.0.0.1:1")]


@pytest.mark.parametrize(
    "words", [["check"], ["collect", "x"], ["query", "SELECT 1"], ["status"], ["backtest", "r"], ["doctor"]]
)
def test_what_is_promised_as_json_can_be_had_as_json(words):
    assert parser().parse_args([*words, "--json"]).json is True
    assert parser().parse_args(words).json is False


def test_nothing_is_printed_in_colour_so_that_nobody_has_to_switch_it_off():
    import re
    from pathlib import Path

    import oculus

    house = Path(oculus.__file__).parent
    printing = [*house.glob("cli/*.py"), *house.glob("core/log*.py")]
    colour = re.compile(r"(\\x1b|\\033|\\u001b)\[[0-9;{]*[}0-9;]*m")
    assert colour.search(r"print('\x1b[31mred')")
    assert [path.name for path in printing if colour.search(path.read_text("utf-8"))] == []
