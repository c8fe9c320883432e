"""oculus.yaml, rules.yaml beside it and conf.d are one."""

from oculus.settings.merge import files_of, read_all


def told(path):
    return [str(problem) for problem in read_all(path).problems]


def test_the_files_beside_the_main_one_count_in_a_fixed_order(write):
    main = write("oculus.yaml", "a: 1")
    for name in (
        "conf.d/b.toml",
        "conf.d/a.yml",
        "rules.yaml",
        "other.yaml",
        "conf.d/.#a.yaml",
        "conf.d/a.yaml~",
    ):
        write(name, "")
    assert [path.name for path in files_of(main)] == ["oculus.yaml", "rules.yaml", "a.yml", "b.toml"]


def test_lists_are_put_one_after_another_and_keep_their_places(write):
    main = write("oculus.yaml", "collectors:\n  - {type: tcp}\n")
    write("conf.d/a.yaml", "\ncollectors:\n  - {type: dns, x: 1}\n  - {type: ping}\n")
    write("conf.d/b.toml", '[[collectors]]\ntype = "http"\n')
    draft = read_all(main)
    assert [entry["type"] for entry in draft.data["collectors"]] == ["tcp", "dns", "ping", "http"]
    place = draft.place(("collectors", 1, "x"))
    assert (place.file, place.line, place.path) == ("conf.d/a.yaml", 3, ("collectors", 0, "x"))
    assert draft.place(("collectors", 3, "type"))[:2] == ("conf.d/b.toml", 2)


def test_a_channel_named_in_two_files_names_both_places(write):
    main = write("oculus.yaml", "channels:\n  hook: {url: a}\n")
    write("conf.d/a.yaml", "channels:\n  other: {url: b}\n  hook: {url: c}\n")
    assert told(main) == [
        "conf.d/a.yaml:3: channels.hook: channels.hook is set in oculus.yaml:2 too; keep one of them"
    ]
    assert set(read_all(main).data["channels"]) == {"hook", "other"}


def test_a_section_that_is_one_may_stand_in_one_file_only(write):
    main = write("oculus.yaml", "server: {port: 1}\n")
    write("rules.yaml", "# x\nserver: {port: 2}\n")
    assert told(main) == ["rules.yaml:2: server: server is set in oculus.yaml:1 too; keep one of them"]


def test_an_empty_section_in_one_file_leaves_the_other_its_own(write):
    main = write("oculus.yaml", "rules:\n")
    write("rules.yaml", "rules: [{name: a}]\n")
    assert read_all(main).data["rules"] == [{"name": "a"}]


def test_mistakes_of_all_files_are_told_together(write):
    main = write("oculus.yaml", "a: [")
    write("rules.yaml", "a: 1\na: 2")
    write("conf.d/x.toml", "a")
    draft = read_all(main)
    assert len(draft.problems) == 3
    assert not draft.whole


def test_two_thousand_entries_in_two_files_are_merged_at_once(write):
    text = "collectors:\n" + "  - {type: tcp, target: a, interval: 5s}\n" * 2000
    main = write("oculus.yaml", text)
    write("conf.d/more.yaml", text)
    draft = read_all(main)
    assert draft.place(("collectors", 3999, "target")).line == 2001
