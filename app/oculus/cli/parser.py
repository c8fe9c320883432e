"""The words of the command line, and their help."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence

from oculus import __version__
from oculus.core.nearest import did_you_mean

TYPE_CHECKING = False
if TYPE_CHECKING:  # importing typing would take a tenth of the time that `--help` needs
    from typing import Any, NoReturn

# Paths stay text here: importing pathlib would take a fifth of the time that `--help` has.
Arguments = Callable[[argparse.ArgumentParser], object]

DESCRIPTION = "Oculus watches hosts, markets and odds, and tells you when something you care about changes."
EPILOG = """\
exit codes:
  0  done
  1  it failed
  2  the settings or the arguments are wrong
  3  another copy holds the database
"""


class Parser(argparse.ArgumentParser):
    """Names the nearest word that there is."""

    commands: Mapping[str, Parser] = {}

    def __init__(self, prog: str | None = None, **more: Any) -> None:
        # Half a word is none: what `--r` means today may mean something else once there are more options.
        super().__init__(prog, allow_abbrev=False, **more)

    def refuse(self, word: str) -> NoReturn:
        """End the program for a word that nothing takes."""
        if not word.startswith("-"):
            self.error(f"{word!r} is one word too many; put what belongs together into quotes")
        name = word.partition("=")[0]
        advice = did_you_mean(name, self._option_string_actions) or f"`{self.prog} --help` lists them"
        self.error(f"there is no option {name}; {advice}")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        known = list(action.choices or [value])  # only commands are chosen from a list
        if value not in known:
            advice = did_you_mean(value, known) or f"there are {', '.join(known)}"
            raise argparse.ArgumentError(None, f"there is no command {value!r}; {advice}")


def read(words: Sequence[str]) -> argparse.Namespace:
    """What was asked for. Ends the program with code 2, in words, where that cannot be understood."""
    top = parser()
    args, rest = top.parse_known_args(words)
    if rest:
        top.commands.get(args.command, top).refuse(rest[0])
    return args


def parser() -> Parser:
    """The whole command line. Shared options may stand before or after the command."""
    top = Parser(
        "oculus",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[_shared()],
    )
    top.add_argument("--version", action="version", version=f"oculus {__version__}")
    top.add_argument("--hidden", action="store_true", help="start without opening the window, as at login")
    top.set_defaults(module="desktop", config=None, data=None, host=None, port=None, log_level=None)
    shared = _shared()  # not the one of the top: set_defaults has given that one's options defaults
    commands = top.add_subparsers(title="commands", metavar="COMMAND", dest="command")
    for name, (help_text, arguments) in COMMANDS.items():
        command = commands.add_parser(
            name, help=help_text, description=_sentence(help_text), parents=[shared]
        )
        command.set_defaults(module=name.replace("open", "open_").replace("-", "_"))
        if arguments:
            arguments(command)
    top.commands = commands.choices
    return top


def window() -> argparse.ArgumentParser:
    """`oculus window`: only the desktop starts it, so no help and no list of commands has it."""
    inner = argparse.ArgumentParser("oculus window", add_help=False)
    inner.add_argument("--url", required=True)
    inner.set_defaults(module="window", config=None, data=None, log_level=None)
    return inner


def _shared() -> Parser:
    # SUPPRESS: a command's own default must not overwrite what stood before the command.
    shared = Parser(add_help=False, argument_default=argparse.SUPPRESS)
    group = shared.add_argument_group("shared options")
    group.add_argument("--config", metavar="FILE", help="settings file (or OCULUS_CONFIG)")
    group.add_argument("--data", metavar="DIR", help="data folder (or OCULUS_DATA)")
    group.add_argument("--host", help="address to serve the pages on")
    group.add_argument("--port", type=port, help="port to serve the pages on; 0 picks a free one")
    group.add_argument(
        "--log-level", metavar="LEVEL", help="info, or per part: info,rules=debug (or OCULUS_LOG)"
    )
    return shared


def port(text: str) -> int:
    """A port number, 0 to 65535. argparse shows the message to the person."""
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port; write a number from 0 to 65535")
    return int(text)


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _json(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help="print JSON")


def _collect(command: argparse.ArgumentParser) -> None:
    command.add_argument("name", metavar="NAME", help="the collector, as `oculus check` lists it")
    _json(command)


def _query(command: argparse.ArgumentParser) -> None:
    command.add_argument("sql", metavar="SQL", help="one SELECT; - reads it from standard input")
    command.add_argument("--csv", action="store_true", help="print CSV")
    _json(command)


def _backtest(command: argparse.ArgumentParser) -> None:
    command.add_argument("rule", metavar="RULE", help="the rule, as `oculus check` lists it")
    command.add_argument("--since", metavar="WHEN", default="7d", help="7d (the default), or 2026-01-31")
    command.add_argument("--until", metavar="WHEN", default="", help="the end, if that is not now")
    command.add_argument("--condition", metavar="TEXT", default="", help="try another condition beside it")
    command.add_argument("--clear", metavar="TEXT", default="", help="try another clear")
    command.add_argument("--for", metavar="TIME", default="", dest="for_", help="try another for")
    command.add_argument("--cooldown", metavar="TIME", default="", help="try another cooldown")
    _json(command)


def _send_test(command: argparse.ArgumentParser) -> None:
    command.add_argument("channel", metavar="CHANNEL", help="the channel, as `oculus check` lists it")


def _doctor(command: argparse.ArgumentParser) -> None:
    command.add_argument("--deep", action="store_true", help="read every row of the database, too")
    command.add_argument(
        "--bench", action="store_true", help="measure how fast Oculus is here; your data are not touched"
    )
    _json(command)


def _token(command: argparse.ArgumentParser) -> None:
    command.add_argument("--rotate", action="store_true", help="make a new one; the old one ends at once")


def _to(command: argparse.ArgumentParser) -> None:
    command.add_argument("--to", metavar="FILE", required=True, help="the file to write")


def _export(command: argparse.ArgumentParser) -> None:
    _to(command)
    command.add_argument("--symbol", metavar="GLOB", help="only these: net.ping.* or crypto.price.btc_usd")
    command.add_argument("--since", metavar="WHEN", help="2026-01-31, 2026-01-31T08:00:00Z, or 7d")


COMMANDS: dict[str, tuple[str, Arguments | None]] = {
    "serve": ("collect, judge and notify, with web pages and API", None),
    "check": ("read the settings and print what would run, or every mistake at once", _json),
    "collect": ("run one collector once and print its metrics; nothing is stored", _collect),
    "query": ("run read-only SQL, through the running copy if there is one", _query),
    "backtest": ("play a rule over the stored past, with other settings beside its own", _backtest),
    "send-test": ("send one real message through a channel", _send_test),
    "status": ("show what runs, what fires and what is broken in the running copy", _json),
    "doctor": ("look at all that Oculus needs, and say what to do where it is missing", _doctor),
    "open": ("open the dashboard of the running copy, in its window or a browser", None),
    "token": ("show or renew the API token", _token),
    "backup": ("write a consistent copy of the database while it runs", _to),
    "export": ("write stored metrics as .csv or .parquet", _export),
}
