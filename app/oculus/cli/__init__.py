"""The command line: what a person can ask Oculus to do.

Only argparse is imported here, so that `oculus --help` answers at once; a command's own module is
imported when it runs. Results go to stdout, messages to stderr.

Exit codes: 0 done, 1 it failed, 2 the settings or the arguments are wrong, 3 another copy holds the database.
"""

from __future__ import annotations

import argparse
import sys
from importlib import import_module

from oculus.cli.parser import read, window
from oculus.core.errors import ConfigError, LockedError, OculusError, QueryError

DONE, FAILED, WRONG, HELD = 0, 1, 2, 3
INTERRUPTED = 130


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit code. Nothing prints a traceback at a person."""
    words = sys.argv[1:] if argv is None else argv
    args = window().parse_args(words[1:]) if words[:1] == ["window"] else read(words)
    try:
        return run(args)
    except ConfigError as error:
        return _tell(error, WRONG)
    except LockedError as error:
        return _tell(error, HELD)
    except QueryError as error:
        return _tell(error, FAILED if error.code == "query_timeout" else WRONG)
    except OculusError as error:
        return _tell(error, FAILED)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # `oculus query ... | head`: the reader had enough
        sys.stderr.close()
        return DONE
    except Exception as error:
        return _tell(import_module("oculus.cli.surprise").told(error, args), FAILED)


def run(args: argparse.Namespace) -> int:
    """Import the command's module and hand it the arguments."""
    module = import_module(f"oculus.cli.{args.module}")
    return int(module.run(args))


def _tell(error: OculusError, code: int) -> int:
    print(error, file=sys.stderr)
    return code
