"""Files as plain data, with the line of every part; and what is said of files that cannot be read."""

import os
import time

import pytest

from oculus.settings.read import read


def told(path):
    return [str(problem) for problem in read(path, path.name).problems]


def test_yaml_is_read_with_the_line_of_every_part(write):
    draft = read(write("a.yaml", "server:\n  port: 1\nlist:\n  - a\n  - {b: 2,\n     c: 3}\n"), "a.yaml")
    assert draft.data == {"server": {"port": 1}, "list": ["a", {"b": 2, "c": 3}]}
    lines = {where: place.line for where, place in draft.places.items()}
    assert lines[("server", "port")] == 2
    assert lines[("list", 1)] == 5
    assert lines[("list", 1, "c")] == 6


def test_toml_is_read_with_the_line_of_every_part(write):
    text = '''
        "a b".c = """
        many # no comment
        lines"""
        [server]
        port = 1
        hosts = [  # a comment
          "a",
          {x = 1, y = [2,
             3]},
        ]
        [[rules]]
        name = "one"
        [[rules]]
        name = 'two'
        [[rules.deep]]
        q = 2020-01-01
        [[rules.deep]]
        q = 22:00:00
        '''
    draft = read(write("a.toml", text), "a.toml")
    lines = {where: place.line for where, place in draft.places.items()}
    assert lines[("a b", "c")] == 2
    assert lines[("server", "port")] == 6
    assert lines[("server", "hosts", 0)] == 8
    assert lines[("server", "hosts", 1, "y", 1)] == 10
    assert lines[("rules", 1, "name")] == 15
    assert lines[("rules", 1, "deep", 1, "q")] == 19
    assert draft.data["rules"][1]["deep"] == [{"q": "2020-01-01"}, {"q": "22:00:00"}]


def test_every_part_of_a_toml_file_has_a_line(write):
    text = "a.b.c = 1\nx = {y = {z = [[1, [2]], {}]}}\n[t.u]\n[[t.v]]\n[t.v.w]\nk = '''#'''\nl = \"\\\"]\"\n"
    draft = read(write("a.toml", text), "a.toml")

    def parts(value, where):
        yield where
        if isinstance(value, dict | list):
            for step, part in value.items() if isinstance(value, dict) else enumerate(value):
                yield from parts(part, (*where, step))

    assert set(parts(draft.data, ())) <= set(draft.places)


def test_yaml_words_stay_words_and_times_of_day_stay_text(write):
    draft = read(
        write("a.yaml", "a: on\nb: no\nc: 22:00\nd: 2020-01-01\ne: true\nf: 1.5\ng:\nh: '5'\n"), "a.yaml"
    )
    assert draft.data == {
        "a": "on", "b": "no", "c": "22:00", "d": "2020-01-01", "e": True, "f": 1.5, "g": None, "h": "5",
    }  # fmt: skip


def test_a_name_set_twice_in_one_file_names_both_lines(write):
    assert told(write("a.yaml", "a: 1\nb: 2\na: 3\n")) == [
        "a.yaml:3: a: is set on line 1 and again on line 3; keep one of them"
    ]


def test_anchors_and_merge_keys_are_unfolded(write):
    draft = read(write("a.yaml", "a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\nc: [*a]\n"), "a.yaml")
    assert draft.data["b"] == {"x": 1, "y": 3}
    assert draft.data["c"] == [{"x": 1, "y": 2}]


@pytest.mark.parametrize("link", ["[{}]", "{{<<: [{}]}}"])
def test_a_billion_laughs_are_refused_at_once(write, link):
    lines = ["a: &a {x: 1}"]
    for before, name in zip("abcdefghi", "bcdefghij", strict=True):
        lines.append(f"{name}: &{name} {link.format(','.join([f'*{before}'] * 10))}")
    begun = time.monotonic()
    assert "aliases" in told(write("a.yaml", "\n".join(lines)))[0]
    assert time.monotonic() - begun < 60


@pytest.mark.parametrize(
    "text", ["a: &a [*a]", "a: &a {b: *a}", "a: &a {<<: *a}", "[" * 100_000, "a: " + "{b: " * 5000]
)
def test_what_has_no_end_is_refused(write, text):
    (only,) = told(write("a.yaml", text))
    assert "a.yaml:1: " in only


@pytest.mark.parametrize(
    "tag", ["!!python/object/apply:os.system [x]", "!!python/name:os.system", "!!set {a}", "!x y"]
)
def test_tags_are_refused_and_nothing_is_run(write, tag):
    assert "is not read here" in " ".join(told(write("a.yaml", f"a: {tag}")))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a:\n\t- b", "a.yaml:2: a tab is used to indent; indent with spaces"),
        ("a: b: c", "a.yaml:1: a colon where none can stand"),
        ("a: [1,\n 2\nb: 3", "a.yaml:3: a [ is not closed"),
        ("a: {b: 1,\nc: 2", "a.yaml:1: a { is not closed"),
        ("a: 'x\n\n\n", "a.yaml:1: a quote is opened here and never closed"),
        ("a: @x", "a.yaml:1: a value cannot begin with @"),
        ('a: "C:\\Users"', "a.yaml:1: in double quotes a backslash begins an escape"),
        ("a: *.example.com", "a.yaml:1: a value that begins with * needs quotes"),
        ("a: *x", "a.yaml:1: *x is used, but nothing is marked &x"),
        ("- a\nb: c", "a.yaml:2: does not line up"),
        ("a: 1\n---\nb: 2", "a.yaml:2: --- begins a second document"),
        ("a: |\n x\ny", "a.yaml:3: a name without a value"),
        ("a: \x07", "a.yaml:1: holds a character that is no text"),
        ("- a", "a.yaml:1: holds no settings"),
        ("hello", "a.yaml:1: holds no settings"),
        ("[a]: b", "a.yaml:1: a name must be plain text"),
        ("", "a.yaml: is empty"),
        ("\n \n", "a.yaml: is empty"),
        ("ok: 1\nbad: \xff".encode("latin-1"), "a.yaml:2: is not UTF-8 text"),
        ("a: 1".encode("utf-16"), "a.yaml:1: is not UTF-8 text"),
        ("a: " + "x" * 10_000_000, "a.yaml: is larger than 1 MB"),
    ],
)
def test_a_broken_yaml_file_is_told_in_words_with_its_line(write, text, words):
    (only,) = told(write("a.yaml", text))
    assert only.startswith(words)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a = 1\na = 2", "a.toml:2: is set a second time"),
        ("[a]\n[a]", "a.toml:2: this table is opened a second time"),
        ("x = 1\na = on", "a.toml:2: no value that TOML knows"),
        ("a = 'x", "a.toml:1: a quote is opened and never closed"),
        ("a", "a.toml:1: a name without a value"),
        ("a = {" * 3, "a.toml:1: "),
        ("a = " + "[" * 100_000, "a.toml:1: is nested far too deeply"),
    ],
)
def test_a_broken_toml_file_is_told_in_words_with_its_line(write, text, words):
    (only,) = told(write("a.toml", text))
    assert only.startswith(words)


def test_a_file_of_comments_is_no_mistake_and_sets_nothing(write):
    assert read(write("a.yaml", "# later\n"), "a.yaml").data == {}
    assert read(write("a.toml", "# later\n"), "a.toml").problems == []


def test_a_byte_order_mark_does_no_harm(write):
    assert read(write("a.yaml", "\ufeffa: 1"), "a.yaml").data == {"a": 1}


def test_a_folder_a_missing_file_and_a_pipe_are_told(tmp_path):
    (tmp_path / "folder.yaml").mkdir()
    os.mkfifo(tmp_path / "pipe.yaml")
    assert "is a folder" in told(tmp_path / "folder.yaml")[0]
    assert "is no ordinary file" in told(tmp_path / "pipe.yaml")[0]
    assert "does not exist" in told(tmp_path / "none.yaml")[0]


def test_a_file_that_may_not_be_read_is_told(write, monkeypatch):
    path = write("a.yaml", "a: 1")
    path.chmod(0)
    if os.access(path, os.R_OK):  # root may read everything

        def refuse(*_, **__):
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(type(path), "open", refuse)
    assert told(path) == [
        "a.yaml: cannot be read (Permission denied); make it readable for the user who runs Oculus"
    ]
