"""What the README says is so."""

import re

import pytest

from oculus.cli.parser import COMMANDS

PAGES = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")


@pytest.fixture
def readme(root):
    return (root / "README.md").read_text("utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_every_link_and_picture_leads_to_a_file(root, page):
    targets = re.findall(r"\]\(([^)#]+)\)", (root / page).read_text("utf-8"))
    assert [name for name in targets if "://" not in name and not (root / name).exists()] == []


def test_the_table_of_commands_is_that_of_the_command_line(readme):
    told = re.findall(r"^\| `oculus (\w+)", readme, re.MULTILINE)
    assert sorted(told) == sorted(COMMANDS)


def test_every_command_of_dev_py_that_a_page_names_exists(root, dev):
    named = {
        name
        for page in PAGES
        for name in re.findall(r"packaging/dev\.py (\w+)", (root / page).read_text("utf-8"))
    }
    assert {
        name for name in named if f'"{name}": {name}' not in (root / "packaging/dev.py").read_text()
    } == set()
