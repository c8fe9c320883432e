"""Run every test, in two halves at the same time; what failed is tried once more by itself.

The tests use real windows, browsers, daemons and sockets, on machines that others use too. A test that fails
beside the others and passes alone does not fail the run, but it is named at the end: it asks for a look, at
the product first and at the test second. In one file many may fail by one accident, for what its tests share
is made once; failures in more than a few files are none, and fail the run at once.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Tests that mostly wait, for programs, browsers and the next second; the others compute meanwhile.
WAITING = [f"tests/{name}" for name in ("cli", "crash", "desktop", "e2e", "runtime")]
OTHERS = ["tests", *(f"--ignore={path}" for path in WAITING)]
ACCIDENTS = 3  # of a half, failures in so many files may be tried again
FAILED = 1  # what pytest exits with when tests failed, and nothing worse happened


def main() -> int:
    """0 when every test passed, at the second try at the latest."""
    with tempfile.TemporaryDirectory() as memory:
        halves = [Half("waiting", WAITING, Path(memory)), Half("others", OTHERS, Path(memory))]
        codes = beside(*(half.command() for half in halves))
        verdicts = [half.verdict(code) for half, code in zip(halves, codes, strict=True)]
        return int(any(verdicts))


class Half:
    """One part of the tests, with a memory of its own of what failed."""

    def __init__(self, name: str, tests: Sequence[str], memory: Path) -> None:
        self._tests, self._cache = tests, memory / name

    def command(self, *options: str) -> list[str]:
        """How to run it."""
        return [sys.executable, "-m", "pytest", "-o", f"cache_dir={self._cache}", *options, *self._tests]

    def verdict(self, code: int) -> int:
        """The exit code of the half that ended with `code`, after what failed had its second try."""
        failed = self._failed()
        files = {name.partition("::")[0] for name in failed}
        if code != FAILED or not 0 < len(files) <= ACCIDENTS:
            return code
        say("once more, alone: " + ", ".join(failed))
        if again := subprocess.run(self.command("--last-failed"), cwd=ROOT, check=False).returncode:
            return again
        say("UNSTEADY, failed once and passed alone; find out why: " + ", ".join(failed))
        return 0

    def _failed(self) -> list[str]:
        found = self._cache / "v" / "cache" / "lastfailed"
        return sorted(json.loads(found.read_text("utf-8"))) if found.exists() else []


def beside(one: list[str], other: list[str]) -> tuple[int, int]:
    """Run two at the same time, and give their exit codes. The other's words come when both have ended."""
    with tempfile.TemporaryFile() as said:
        running = subprocess.Popen(other, cwd=ROOT, stdout=said, stderr=subprocess.STDOUT)
        try:
            codes = subprocess.run(one, cwd=ROOT, check=False).returncode, running.wait()
        finally:
            running.kill()
        said.seek(0)
        print(said.read().decode("utf-8", "replace"), flush=True)
    return codes


def say(text: str) -> None:
    print(f"oculus: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
