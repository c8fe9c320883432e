"""Run Oculus from a checkout, or test it, on a machine that has Python 3.11+ and git and nothing else.

    python3 packaging/dev.py run [oculus arguments]      make what is missing, then start Oculus
    python3 packaging/dev.py test [-- pytest arguments]  make what the tests need, then run them all
    python3 packaging/dev.py bench [name]                measure, and print one table
    python3 packaging/dev.py soak [minutes]              a day in 20 minutes: does anything grow
    python3 packaging/dev.py audit [--offline]           is what is installed what was pinned, and safe
    python3 packaging/dev.py lint                        the part of `test` that takes seconds
    python3 packaging/dev.py lock [--upgrade]            pin the dependencies anew, with hashes
    python3 packaging/dev.py css                         build the style sheet anew (needs Node.js)
    python3 packaging/dev.py build                       sdist and wheel into dist/
    python3 packaging/dev.py bundle [--window]           programs that need no Python, tried, packed in dist/

Everything goes into .venv in the checkout, from the lock files in packaging/requirements; delete .venv to
begin afresh. Only the standard library is used here, because nothing else is there yet.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import NoReturn

if sys.version_info < (3, 11):  # noqa: UP036  this file is the one that meets older interpreters
    sys.exit(
        "Oculus needs Python 3.11 or newer; this is Python %d.%d.\n"  # noqa: UP031
        "Call this file with a newer one, for example: python3.12 packaging/dev.py run" % sys.version_info[:2]
    )

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ROOT / "packaging" / "requirements"
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

# What each lock holds, as extras of pyproject.toml. `test` comes first and holds everything, so that
# the others take their versions from it and one .venv can serve them all.
EXTRAS = {"test": ["test", "dev", "desktop", "apprise"], "run": [], "desktop": ["desktop", "apprise"]}
# Groups that are installed apart from the rest: what compiles, and what asks whether the rest is safe.
ALONE = ("gtk", "audit")

# What the window and the icon need of Linux: the web view, and what Python's way to it is compiled with.
WINDOW = (
    "gir1.2-webkit2-4.1", "gir1.2-ayatanaappindicator3-0.1", "libcairo2-dev", "libgirepository1.0-dev",
    "gcc", "pkg-config",
)  # fmt: skip
# What the tests need of the system: a browser, a font for its pages, the system's own ping, and a desktop
# that nobody looks at.
DEBIAN = (
    "chromium", "fonts-dejavu-core", "iputils-ping", "xvfb", "openbox", "trayer", "xfce4-panel", "dunst",
    "dbus", *WINDOW,
)  # fmt: skip
ELSEWHERE = {
    "apt-get": "sudo apt-get install " + " ".join(DEBIAN),
    "dnf": "sudo dnf install chromium dejavu-sans-fonts iputils",
    "zypper": "sudo zypper install chromium dejavu-fonts iputils",
    "pacman": "sudo pacman -S chromium ttf-dejavu iputils",
    "apk": "sudo apk add chromium font-dejavu iputils",
    "brew": "brew install --cask chromium",
    "winget": "winget install Google.Chrome",
}
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")

LINT = {
    "ruff check": ["ruff", "check", "."],
    "ruff format": ["ruff", "format", "--check", "."],
    "mypy": ["mypy"],
}


def main(arguments: list[str]) -> int:
    """Do what the first argument says. Returns the exit code."""
    command, rest = (arguments[0], arguments[1:]) if arguments else ("help", [])
    commands = {
        each.__name__: each for each in (run, test, bench, soak, audit, lint, lock, css, build, bundle)
    }
    if command not in commands:
        print(__doc__)
        return 0 if command in ("help", "-h", "--help") else 2
    return commands[command](rest)


def run(arguments: list[str]) -> int:
    """Start Oculus with `arguments`; `run check` is `oculus check`."""
    if has_display() and (not arguments or arguments[0].startswith("-")):
        window()
    else:
        prepare("run")
    return hand_over([str(PYTHON.with_name("oculus.exe" if os.name == "nt" else "oculus")), *arguments])


def test(arguments: list[str]) -> int:
    """Lint, then every test. All of it runs even when something fails early; 1 if anything did."""
    system_packages()
    style_builder()  # without it, one test skips
    prepare("test")
    peers(["promtool"])  # judges the rules
    web_view()
    chosen = arguments[1:] if arguments[:1] == ["--"] else arguments
    if chosen:
        return together({**LINT, "pytest": ["pytest", *chosen]})
    failed = together(LINT)
    say("pytest, in two halves at the same time")
    return tool([str(ROOT / "packaging" / "suite.py")]) or failed


def lint(_: list[str]) -> int:
    """Style and types."""
    prepare("test")
    return together(LINT)


def bench(names: list[str]) -> int:
    """Run the benchmarks in tests/bench, or the named ones."""
    prepare("test")
    return tool([str(ROOT / "tests" / "bench" / "run.py"), *names])


def soak(options: list[str]) -> int:
    """Many collectors, rules and pages, hurried; one table of what grew."""
    prepare("test")
    return tool([str(ROOT / "tests" / "bench" / "soak.py"), *options])


def audit(options: list[str]) -> int:
    """Whether what is installed is what was pinned, and whether something is known against it."""
    prepare("test")
    if "--offline" not in options:
        auditor()
    return tool([str(ROOT / "packaging" / "audit.py"), *options])


def css(_: list[str]) -> int:
    """ui/static/app.css, from the classes that the templates use."""
    if not style_builder():
        fail("Building the style sheet needs npm, which comes with Node.js, and the packages it fetches.")
    return subprocess.run(
        [str(shutil.which("npm")), "run", "--silent", "css"], cwd=ROOT, check=False
    ).returncode


def build(_: list[str]) -> int:
    """The sdist and the wheel."""
    prepare("test")
    return tool(["-m", "build", "--no-isolation", str(ROOT)])


def bundle(options: list[str]) -> int:
    """Programs that need no Python, frozen by PyInstaller. Not part of `test`: it takes minutes."""
    system_packages()  # a desktop to try icon, window and popup on
    prepare("test")
    web_view()
    return tool([str(ROOT / "packaging" / "freeze.py"), *options])


def lock(options: list[str]) -> int:
    """Write the lock files. Pins stay as they are where they still fit; `--upgrade` takes the newest."""
    make_environment()
    pip("uv", "uv>=0.9,<1")
    for name, extras in EXTRAS.items():
        say(f"locking {name}")
        command = ["-m", "uv", "pip", "compile", "--quiet", "pyproject.toml", "--group", "install"]
        command += [word for extra in extras for word in ("--extra", extra)]
        command += ["--universal", "--python-version", "3.11", "--generate-hashes", "--no-emit-index-url"]
        command += ["--no-annotate", "--custom-compile-command", "python3 packaging/dev.py lock", *options]
        command += [] if name == "test" else ["--constraint", str(LOCKS / "test.lock")]
        if tool([*command, "--output-file", str(LOCKS / f"{name}.lock")]):
            fail(f"The lock file for {name} could not be made; uv says why above.")
    for name in ALONE:
        say(f"locking {name}")
        command = ["-m", "uv", "pip", "compile", "--quiet", "--group", name, "--universal"]
        command += ["--python-version", "3.11", "--generate-hashes", "--no-emit-index-url", "--no-annotate"]
        command += ["--no-header", *options]
        if tool([*command, "--output-file", str(LOCKS / f"{name}.lock")]):
            fail(f"The lock file for {name} could not be made; uv says why above.")
    return 0


# The environment


def prepare(kind: str) -> None:
    """Make .venv hold what `kind` needs. Returns at once when nothing changed since the last time."""
    if any(is_current(name) for name in (kind, "test")):
        return
    make_environment()
    say("installing the pinned packages (once, about a minute)")
    pip("the pinned packages", "--require-hashes", "-r", str(LOCKS / f"{kind}.lock"))
    pip("Oculus", "--no-deps", "--no-build-isolation", "--editable", str(ROOT))
    stamp(kind).write_text(fingerprint(kind), encoding="utf-8")


def is_current(kind: str) -> bool:
    return PYTHON.exists() and stamp(kind).exists() and stamp(kind).read_text("utf-8") == fingerprint(kind)


def stamp(kind: str) -> Path:
    return VENV / f"oculus-{kind}.stamp"


def fingerprint(kind: str) -> str:
    """What the environment was made from: the pins, the project, the place and the interpreter."""
    files = [(LOCKS / f"{kind}.lock").read_bytes(), (ROOT / "pyproject.toml").read_bytes()]
    places = [str(ROOT).encode(), str(PYTHON.resolve()).encode()]
    return hashlib.sha256(b"\0".join(files + places)).hexdigest()


def make_environment() -> None:
    """Make .venv unless there is one that works. A half-made or outlived one is made anew."""
    if PYTHON.exists() and quietly([str(PYTHON), "-m", "pip", "--version"]).returncode == 0:
        return
    if importlib.util.find_spec("ensurepip") is None:  # Debian keeps it in a package of its own
        package = f"python3.{sys.version_info.minor}-venv"
        if not apt_install([package]):
            fail("This Python cannot make environments.", f"sudo apt-get install {package}")
    say(f"making .venv with Python {sys.version_info.major}.{sys.version_info.minor}")
    made = quietly([sys.executable, "-m", "venv", "--clear", str(VENV)])
    if made.returncode:
        fail(f"The environment {VENV} could not be made. Python says:\n{made.stdout.strip()}")


def pip(what: str, *arguments: str) -> None:
    """Install with the environment's own pip. Its chatter is shown only when it fails."""
    done = quietly([str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", *arguments])
    if done.returncode:
        last = "\n".join(done.stdout.strip().splitlines()[-30:])
        fail(f"{last}\n\nInstalling {what} failed; pip says why above. If the network was away, try again.")


def peers(programs: list[str]) -> None:
    """Unpack what Oculus is compared with. Where that cannot be, the tests that need it skip and say so."""
    asked = f"import sys, peers; sys.exit(peers.fetch({programs!r}) or 0)"
    done = quietly([str(PYTHON), "-c", f"import sys; sys.path.insert(0, 'packaging'); {asked}"])
    if done.returncode:
        say(f"cannot be had here: {done.stdout.strip()}")


def auditor() -> None:
    """pip-audit, in an environment of its own. audit.py says so where there is none."""
    python = VENV / "audit" / PYTHON.relative_to(VENV)
    if not python.exists() and quietly([str(PYTHON), "-m", "venv", str(VENV / "audit")]).returncode:
        return
    command = ["install", "--disable-pip-version-check", "--require-hashes", "-r", str(LOCKS / "audit.lock")]
    reported("pip", quietly([str(python), "-m", "pip", *command]))


# The desktop


def has_display() -> bool:
    """Whether a window could be shown to whoever types here."""
    return sys.platform in ("win32", "darwin") or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY")))


def window() -> None:
    """What icon, window and popups need. Whatever cannot be had, Oculus goes on without and says so."""
    fresh = not any(is_current(name) for name in ("desktop", "test"))
    if fresh and shutil.which("dpkg-query"):
        missing = [name for name in (*WINDOW, *headers()) if not debian_has(name)]
        if missing and not apt_install(missing):
            say("the pages will open in the browser. To have a window and an icon with a menu:")
            say(f"sudo apt-get install {' '.join(missing)}")
    prepare("desktop")
    if fresh:
        web_view()


def web_view() -> None:
    """Python's way to GTK. It is compiled here (20 s), so it may fail, and then there is no window."""
    if sys.platform != "linux" or quietly([str(PYTHON), "-c", "import gi"]).returncode == 0:
        return
    if quietly(["pkg-config", "--exists", "cairo", "gobject-introspection-1.0"]).returncode:
        return  # what it is compiled with is not here; that was told
    say("compiling the way to the web view (once)")
    command = ["install", "--disable-pip-version-check", "--require-hashes", "-r", str(LOCKS / "gtk.lock")]
    reported("pip", quietly([str(PYTHON), "-m", "pip", *command]))


def headers() -> list[str]:
    """Debian keeps what extensions of its own Python are compiled with in a package of its own."""
    there = Path(sysconfig.get_path("include"), "Python.h").exists()
    return [] if there else [f"python3.{sys.version_info.minor}-dev"]


# The system


def system_packages() -> None:
    """Install what the tests need of the system where that is allowed; otherwise say how."""
    missing = missing_packages()
    if not missing or apt_install(missing):
        return
    remedy = next((line for manager, line in ELSEWHERE.items() if shutil.which(manager)), "")
    say(f"not on this system: {', '.join(missing)}. The tests that need it are skipped and say so.")
    if remedy:
        say(f"to run them too: {remedy}")


def missing_packages() -> list[str]:
    if shutil.which("dpkg-query"):
        return [name for name in (*DEBIAN, *headers()) if not debian_has(name)]
    missing = [] if any(map(shutil.which, BROWSERS)) or os.name == "nt" else ["chromium"]
    return missing + ([] if shutil.which("ping") else ["ping"])


def debian_has(package: str) -> bool:
    return quietly(["dpkg-query", "-W", "-f=${db:Status-Abbrev}", package]).stdout.startswith("ii")


def style_builder() -> bool:
    """Install what builds the style sheet, if there is Node.js; a test compares what it makes."""
    npm, pins, made = (
        shutil.which("npm"),
        ROOT / "package-lock.json",
        ROOT / "node_modules/.package-lock.json",
    )
    if npm is None or (made.exists() and made.stat().st_mtime >= pins.stat().st_mtime):
        return npm is not None
    say("installing the style builder")
    return reported("npm", quietly([npm, "ci", "--silent"]))


def apt_install(packages: list[str]) -> bool:
    """Install Debian packages if this user may without being asked. False when it may not, or apt failed."""
    leave = permission()
    if leave is None:
        return False
    say(f"installing {', '.join(packages)}")
    apt = [*leave, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y"]
    quietly([*apt, "update"])  # a stale list of one source must not stop the others
    return reported("apt-get", quietly([*apt, "install", "--no-install-recommends", *packages]))


def reported(program: str, done: "subprocess.CompletedProcess[str]") -> bool:
    """Whether it did what it should; if not, its last words are shown."""
    if done.returncode:
        say(f"{program} could not: " + "\n".join(done.stdout.strip().splitlines()[-3:]))
    return done.returncode == 0


def permission() -> list[str] | None:
    """What to put before apt-get: nothing for root, sudo where it asks for no password, else None."""
    if not shutil.which("apt-get"):
        return None
    if os.geteuid() == 0:
        return []
    sudo = ["sudo", "-n"]
    return sudo if shutil.which("sudo") and quietly([*sudo, "true"]).returncode == 0 else None


# Running other programs


def together(tools: dict[str, list[str]]) -> int:
    """Run each tool of the environment, whatever the others say, and name those that failed."""
    failed = []
    for name, command in tools.items():
        say(name)
        if tool(["-m", *command]):
            failed.append(name)
    if failed:
        say(f"failed: {', '.join(failed)}")
    return 1 if failed else 0


def tool(arguments: list[str]) -> int:
    """Run the environment's Python in the checkout, with its output shown."""
    return subprocess.run([str(PYTHON), *arguments], cwd=ROOT, check=False).returncode


def quietly(command: list[str]) -> "subprocess.CompletedProcess[str]":
    """Run to the end, with all that it said in `stdout`. A program that is not there has failed."""
    try:
        return subprocess.run(
            command, cwd=ROOT, check=False, encoding="utf-8", errors="replace",
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
    except OSError as error:
        return subprocess.CompletedProcess(command, 127, str(error))


def hand_over(command: list[str]) -> int:
    """Become `command`, so that Ctrl+C and signals reach it and nobody else."""
    if os.name != "nt":
        sys.stdout.flush()
        os.execv(command[0], command)  # noqa: S606  no shell is wanted
    child = subprocess.Popen(command)
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:  # Windows tells the child too; it stops by itself
            continue


def say(text: str) -> None:
    """Progress goes to stderr: what Oculus itself prints can then be piped."""
    print(f"oculus: {text}", file=sys.stderr, flush=True)


def fail(what: str, remedy: str = "") -> NoReturn:
    sys.exit(f"{what}\nRun this, then try again:\n    {remedy}" if remedy else what)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
