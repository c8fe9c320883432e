"""Templates and styles: what holds for all of them."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from oculus.core.paths import bundled
from oculus.web.templates import HTMX, HTMX_SETTINGS, IDIOMORPH

UI = bundled("ui")
# Mail programs know neither style sheets nor policies; emails are another matter.
TEMPLATES = [path for path in sorted((UI / "templates").rglob("*.html")) if path.parent.name != "email"]
CSS = (UI / "static" / "app.css").read_text("utf-8")
OWN = [*TEMPLATES, *(UI / "static").glob("*.*")]
JINJA = re.compile(r"{{.*?}}|{%.*?%}|{#.*?#}", re.DOTALL)
# The words that complete a class made in a template, as in "tone-{{ severity }}".
ENDINGS = {
    "tone-": ("info", "warn", "error", "critical"),
    "pulse-": ("idle", "error"),
    "panel-": ("net", "crypto", "stock", "pred", "custom", "oculus"),
    "is-": ("down", "failing", "stale", "closed", "paused", "waiting"),
}
UNSTYLED = {"fade", "is-ok", "is-lost", "pulse-ok"}


def named(path):
    return str(path.relative_to(UI))


def themes():
    """The two themes' variables, as written."""
    text = (UI / "styles" / "theme.css").read_text("utf-8")
    dark, light = text.split("@utility theme-light")
    return {
        "dark": dict(re.findall(r"(--[\w-]+): (#\w+)", dark)),
        "light": dict(re.findall(r"(--[\w-]+): (#\w+)", light)),
    }


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def mixed(over, under, share):
    pairs = [(int(over[i : i + 2], 16), int(under[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(a * share + b * (1 - share)):02x}" for a, b in pairs)


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_whatever_must_be_read_has_a_contrast_of_four_and_a_half(theme):
    colours = themes()[theme]
    grounds = [colours[name] for name in ("--ground", "--surface", "--raised")]
    for role in ("--text", "--second"):
        assert min(contrast(colours[role], ground) for ground in grounds) >= 4.5, role
    for tone in ("--info", "--warn", "--error", "--critical"):
        tinted = mixed(colours[tone], colours["--surface"], 0.07)
        for read in (colours[tone], colours["--text"], colours["--second"]):
            assert contrast(read, tinted) >= 4.5, tone
    assert contrast(colours["--on-accent"], colours["--accent"]) >= 4.5
    assert contrast(colours["--ground"], colours["--critical"]) >= 4.5


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_a_line_stands_out_from_its_card(theme):
    colours = themes()[theme]
    for role in ("--net", "--crypto", "--stock", "--pred", "--custom", "--own"):
        assert contrast(colours[role], colours["--surface"]) >= 3, role


def test_both_themes_know_the_same_roles():
    assert set(themes()["dark"]) - {"--ok"} == set(themes()["light"]) - {"--ok"}


def classes():
    """Every class that a template names, with the template."""
    for path in TEMPLATES:
        text = path.read_text("utf-8")
        for value in re.findall(r'class="((?:[^"{]|{{.*?}}|{%.*?%})*)"', text):
            spoken = re.sub(r"{%.*?%}", " ", value)
            for word in re.sub(r"{{.*?}}", "\0", spoken).split():
                yield named(path), word


def test_the_committed_styles_know_every_class_that_a_page_uses():
    missing = set()
    for where, word in classes():
        whole = (
            [word.replace("\0", end) for end in ENDINGS.get(word.rstrip("\0"), ())]
            if "\0" in word
            else [word]
        )
        missing |= {(where, name) for name in whole if name not in UNSTYLED and f".{name}" not in CSS}
    assert missing == set()


def test_the_committed_styles_are_what_the_build_makes(tmp_path):
    tool = UI.parent / "node_modules" / ".bin" / "tailwindcss"
    if not tool.exists():
        pytest.skip("the style builder is not installed: `npm ci` in the checkout, then `npm run css`")
    built = tmp_path / "app.css"
    command = [tool, "-i", UI / "styles" / "app.css", "-o", built, "--minify"]
    subprocess.run(command, check=True, capture_output=True, cwd=UI.parent, timeout=60)
    assert built.read_text("utf-8") == CSS, "run `npm run css` and commit ui/static/app.css"


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_a_template_says_first_what_it_is_or_needs(path):
    assert path.read_text("utf-8").startswith("{# ")


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_no_template_needs_what_the_policy_forbids(path):
    text = JINJA.sub("", path.read_text("utf-8"))
    assert not re.search(r"\sstyle\s*=|<style|\son\w+\s*=|javascript:", text)
    assert all(re.search(r"\bsrc=", tag) for tag in re.findall(r"<script[^>]*>", text))


@pytest.mark.parametrize("path", OWN, ids=named)
def test_nothing_is_loaded_from_elsewhere(path):
    text = path.read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
    foreign = re.findall(r"""(?:src|href|url|import|fetch)[=(\s"']+(?:https?:)?//[^\s"')]+""", text)
    assert foreign == []


def test_htmx_may_neither_run_text_nor_write_styles():
    settings = json.loads(HTMX_SETTINGS)
    assert settings["allowEval"] is False
    assert settings["includeIndicatorStyles"] is False
    assert settings["selfRequestsOnly"] is True


def test_borrowed_scripts_have_their_version_in_the_folder_and_their_licence_beside():
    for address in (HTMX, IDIOMORPH):
        script = UI / Path(address).relative_to("/")
        assert script.exists()
        assert re.search(r"-\d+\.\d+\.\d+$", script.parent.name)
        assert "Zero-Clause BSD" in (script.parent / "LICENSE").read_text("utf-8")


def test_the_lock_of_the_style_builder_names_no_registry():
    lock = (UI.parent / "package-lock.json").read_text("utf-8")
    assert '"resolved"' not in lock
