"""Files become settings that make sense, or every mistake at once."""

import json
import tempfile
from pathlib import Path

import hypothesis
import pytest
from hypothesis import strategies

from oculus.core.durations import Duration
from oculus.core.errors import ConfigError
from oculus.core.masking import mask
from oculus.settings.load import load


def told(path, **more):
    with pytest.raises(ConfigError) as caught:
        load(path, environment={}, **more)
    return caught.value.problems


def test_settings_of_all_files_are_one(write):
    main = write(
        "oculus.yaml",
        """
        server: {port: 0}
        collectors:
          - {type: tcp, target: "localhost:1", interval: 1m}
        """,
    )
    write("rules.yaml", 'rules: [{name: a, condition: "net.tcp.localhost:1.up == 0", channels: [hook, log]}]')
    write("conf.d/hook.toml", '[channels.hook]\ntype = "webhook"\nurl = "http://127.0.0.1/x"\n')
    settings = load(main)
    assert settings.server.port == 0
    assert settings.collectors[0].interval == Duration(minutes=1)
    assert settings.rules[0].channels == ("hook", "log")
    assert list(settings.channels) == ["hook"]
    assert [path.name for path in settings.files] == ["oculus.yaml", "rules.yaml", "hook.toml"]
    assert settings.notices == []


def test_yaml_and_toml_say_the_same(write):
    yaml = write(
        "a/oculus.yaml",
        """
        server: {port: 1, names: [a, b]}
        collectors: [{type: ping, target: localhost, tags: {room: "1"}}]
        rules: [{name: r, condition: net.ping.localhost > 5, for: 2m}]
        """,
    )
    toml = write(
        "b/oculus.toml",
        """
        server = {port = 1, names = ["a", "b"]}
        [[collectors]]
        type = "ping"
        target = "localhost"
        tags.room = "1"
        [[rules]]
        name = "r"
        condition = "net.ping.localhost > 5"
        for = "2m"
        """,
    )
    one, other = load(yaml), load(toml)
    assert (one.server, one.collectors, one.rules) == (other.server, other.collectors, other.rules)


def test_nothing_but_comments_gives_the_defaults(write):
    settings = load(write("oculus.yaml", "# nothing yet\n"))
    assert (settings.server.host, settings.server.port) == ("127.0.0.1", 8420)
    assert (settings.collectors, settings.rules, settings.channels) == ([], [], {})


def test_ten_mistakes_are_told_as_ten_with_line_and_remedy(write):
    main = write(
        "oculus.yaml",
        """\
        server:
          prot: 8420
        logging: {level: loud}
        collectors:
          - {type: tpc, target: "a:1"}
          - {type: tcp}
          - {type: ping, target: b, interval: 5 minutes}
          - {type: ping, target: c, interval: 1s, timeout: 5s}
          - {type: dns, target: d, retries: 99}
        channels:
          webhok: {url: "http://x"}
        """,
    )
    write(
        "rules.yaml",
        """\
        rules:
          - {name: a, condition: "net.ping.c >> 5"}
          - {name: b, condition: net.ping.c > 5, severity: warning, channels: [logg]}
          - name: c
            condition: net.ping.c > 5
            depends_on: [aa]
        """,
    )
    problems = told(main)
    hint_of_another_stage = {
        1: "'loud' is no level; write ",
        8: "column 13: '>' where a symbol or a number was",
    }
    for number, words in hint_of_another_stage.items():
        assert words in problems[number]
        problems[number] = problems[number].partition(": ")[0]
    assert problems == [
        "oculus.yaml:2: server.prot: no such setting; did you mean port?",
        "oculus.yaml:3",
        "oculus.yaml:5: collectors[0].type: 'tpc' is no type there is; did you mean tcp?",
        "oculus.yaml:6: collectors[1].target: is missing; write target: host:port to connect to",
        "oculus.yaml:7: collectors[2].interval: '5 minutes' is not a length of time; "
        "write 500ms, 30s, 2m, 1h or 7d",
        "oculus.yaml:8: collectors[3].timeout: 5s is longer than the interval 1s; write less",
        "oculus.yaml:9: collectors[4].retries: 99 is too large; write a whole number from 0 to 10",
        "oculus.yaml:11: channels.webhok.type: is missing; "
        "write type: log, desktop, email, telegram, discord, slack, webhook or apprise",
        "rules.yaml:2",
        "rules.yaml:3: rules[1].severity: 'warning' is not known here; did you mean warn?",
        "rules.yaml:3: rules[1].channels[0]: there is no channel 'logg'; did you mean log?",
        "rules.yaml:6: rules[2].depends_on: there is no rule 'aa'; did you mean a?",
    ]


def test_each_channel_to_choose_from_is_named_once(write):
    main = write(
        "oculus.yaml", "channels: {log: {}}\nrules: [{name: a, condition: x > 1, channels: [hook]}]\n"
    )
    with pytest.raises(ConfigError, match=r"no channel 'hook'; write log or desktop$"):
        load(main)


def test_what_the_command_line_says_stands_above_the_file(write):
    main = write("oculus.yaml", "server: {port: 1, host: 10.0.0.1}\n")
    settings = load(main, {"server": {"port": 2, "token": "abc"}, "logging": {"level": "debug"}})
    assert (settings.server.port, settings.server.host) == (2, "10.0.0.1")
    assert settings.server.token.reveal() == "abc"
    assert settings.logging.level == "debug"


def test_a_mistake_on_the_command_line_is_told_as_one(write):
    assert told(write("oculus.yaml", "server:\n"), overrides={"server": {"port": 70000}}) == [
        "command line: server.port: 70000 is too large; write a whole number from 0 to 65535"
    ]


def test_the_environment_fills_the_files(write):
    main = write("oculus.yaml", 'server: {port: "${PORT}", token: "${TOKEN:-}"}\n')
    settings = load(main, environment={"PORT": "99"})
    assert settings.server.port == 99
    assert not settings.server.token


def test_secrets_are_masked_wherever_they_turn_up_from_then_on(write):
    write_text = """
        server: {token: "hunter2-token"}
        collectors:
          - {type: http, target: "http://bob:hunter2-user@localhost/?api_key=hunter2-query", name: a,
             headers: {Authorization: Bearer hunter2-header}}
        channels:
          hook: {type: webhook, url: "http://127.0.0.1/hunter2-path"}
        """
    load(write("oculus.yaml", write_text))
    told_all = mask(
        "hunter2-token hunter2-user hunter2-query Bearer hunter2-header http://127.0.0.1/hunter2-path"
    )
    assert "hunter2" not in told_all


def test_a_name_given_twice_names_both_places(write):
    main = write(
        "oculus.yaml",
        """\
        collectors:
          - {type: ping, target: a, name: x}
          - {type: tcp, target: "b:1", name: x}
        rules:
          - {name: r, condition: a > 1}
        """,
    )
    write("conf.d/more.yaml", "rules:\n  - {name: r, condition: b > 1}\n")
    assert told(main) == [
        "oculus.yaml:3: collectors[1].name: 'x' is the name of oculus.yaml:2 too; "
        "write another name for one of them",
        "conf.d/more.yaml:2: rules[0].name: 'r' is the name of oculus.yaml:5 too; "
        "write another name for one of them",
    ]


def test_two_probes_of_one_host_need_no_names(write):
    load(
        write("oculus.yaml", "collectors: [{type: ping, target: a.example}, {type: dns, target: a.example}]")
    )


def test_two_collectors_of_one_symbol_name_both_places(write):
    text = "collectors:\n  - {type: ping, target: a}\n  - {type: ping, target: A}\n"
    assert told(write("oculus.yaml", text)) == [
        "oculus.yaml:3: collectors[1]: writes net.ping.a as oculus.yaml:2 does; "
        "give one of them a name of its own"
    ]


def test_rules_that_wait_for_one_another_are_refused(write):
    text = """\
        rules:
          - {name: a, condition: x > 1, depends_on: [b]}
          - {name: b, condition: x > 1, depends_on: [a]}
        """
    assert (
        "oculus.yaml:2: rules[0].depends_on: the rules wait for one another: a -> b -> a"
        in told(write("oculus.yaml", text))[0]
    )


def test_one_mistake_does_not_make_others_up(write):
    """The broken channel and the broken rule exist, so what refers to them is right."""
    text = """\
        channels:
          hook: {type: webhook}
        rules:
          - {name: a, condition: ""}
          - {name: b, condition: x > 1, depends_on: [a], channels: [hook]}
        """
    assert [problem.partition(": ")[0] for problem in told(write("oculus.yaml", text))] == [
        "oculus.yaml:2", "oculus.yaml:4",
    ]  # fmt: skip


def test_what_stands_in_an_unreadable_file_is_not_missed_elsewhere(write):
    main = write("oculus.yaml", "rules: [{name: a, condition: x > 1, channels: [hook], depends_on: [b]}]")
    write("conf.d/hook.yaml", "channels: [")
    (only,) = told(main)
    assert only.startswith("conf.d/hook.yaml:")


def test_a_rule_on_a_symbol_nobody_collects_is_only_noticed(write):
    text = """\
        collectors: [{type: http, target: "http://shop.example", name: shop}, {type: ping, target: gw}]
        rules:
          - {name: a, condition: net.http.shopp.up == 0}
          - {name: b, condition: net.http.*.status != 200 and net.http.* > 5 and net.http.shop.up == 1}
          - {name: c, condition: oculus.queue > 5}
          - {name: d, condition: net.ping.gw.loss > 5}
        """
    assert load(write("oculus.yaml", text)).notices == [
        "oculus.yaml:3: rules[0].condition: column 1: no collector writes net.http.shopp.up; "
        "did you mean net.http.shop?"
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "collectors: [{type: http, url: 'http://a'}]",
            "collectors[0].url: no such setting; did you mean target?",
        ),
        (
            "collectors: [{type: tcp, target: redis, port: 6379}]",
            "collectors[0].port: no such setting; did you mean target?",
        ),
        (
            "collectors: [{type: ping, target: a, ping_count: 1}]",
            "ping_count: no such setting; did you mean count?",
        ),
        ("rules: [{name: a, expr: x > 1}]", "rules[0].expr: no such setting; did you mean condition?"),
        ("channels: {telegram: {token: a}}", "token: no such setting; did you mean telegram_bot_token?"),
        ("channels: {telegram: {chat: 1}}", "chat: no such setting; did you mean chat_id?"),
        ("channels: {email: {from: a}}", "from: no such setting; did you mean mention_from or from_address?"),
    ],
)
def test_a_setting_is_known_by_its_words_and_by_what_other_tools_call_it(write, text, words):
    assert any(words in problem for problem in told(write("oculus.yaml", text)))


def test_a_window_may_reach_as_far_back_as_summaries_do(write):
    text = """\
        collectors: [{{type: ping, target: gw}}]
        rules: [{{name: a, condition: "avg(net.ping.gw, 30d) > 5"}}]
        storage: {{rollups: {rollups}}}
        """
    assert load(write("oculus.yaml", text.format(rollups="{}"))).notices == []
    (odd,) = load(write("oculus.yaml", text.format(rollups="{1m: 1d, 1h: 20d, 1d: 20d}"))).notices
    assert "avg(net.ping.gw, 30d) looks further back than numbers are kept (20d)" in odd


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("colectors: []", "oculus.yaml:1: colectors: no such section; did you mean collectors?"),
        ("collectors: {type: ping}", "oculus.yaml:1: collectors: a group of settings is no list; "),
        ("collectors: [ping]", "oculus.yaml:1: collectors[0]: 'ping' is no group of settings; "),
        (
            "collectors: [{target: a}]",
            "oculus.yaml:1: collectors[0].type: is missing; write type: ping, tcp, ",
        ),
        (
            "collectors: [{type: [1]}]",
            "oculus.yaml:1: collectors[0].type: a list is no type there is; write ping",
        ),
        (
            "rules: [{name: a, condition: a > 1, channels: log}]",
            "oculus.yaml:1: rules[0].channels: 'log' is not a list; ",
        ),
        ("collectors:\n  -", "oculus.yaml:2: collectors[0]: nothing is no group of settings; "),
        ("channels: [log]", "oculus.yaml:1: channels: a list is no group of channels; "),
        (
            "channels: {a: {type: webhok}}",
            "oculus.yaml:1: channels.a.type: 'webhok' is no type there is; did you mean",
        ),
        ("rules: 5", "oculus.yaml:1: rules: 5 is no list; "),
        ("rules: [{condition: a > 1}]", "oculus.yaml:1: rules[0].name: is missing; "),
        ("server: 8420", "oculus.yaml:1: server: 8420 is not a group of settings; "),
        ("server: {rate_limit: {burst: 0}}", "oculus.yaml:1: server.rate_limit.burst: 0 is too small; "),
        ("rules: [{name: a, condition: a > 1, message: '{{ x'}]", "oculus.yaml:1: rules[0].message: "),
        ("rules: [{name: a, condition: a > 1, clear: a <}]", "oculus.yaml:1: rules[0].clear: column "),
    ],
)
def test_each_kind_of_mistake_is_told_in_words(write, text, words):
    (only,) = told(write("oculus.yaml", text))
    assert only.startswith(words)


def test_a_section_with_nothing_in_it_counts_as_not_written(write):
    settings = load(write("oculus.yaml", "server:\ncollectors:\nrules:\nchannels:\n  log:\n"))
    assert list(settings.channels) == ["log"]


def test_a_file_that_is_not_there_is_told_with_its_folder(tmp_path):
    main = tmp_path / "oculus.yaml"
    assert told(main) == [f"{main}: does not exist; write it, or start Oculus once: it writes a sample"]


NAMES = (
    "server",
    "port",
    "collectors",
    "type",
    "target",
    "interval",
    "channels",
    "log",
    "rules",
    "name",
    "condition",
)
ANYTHING = strategies.recursive(
    strategies.sampled_from(
        [None, True, -1, 10**30, 1.5, "", "tcp", "ping", "a:1", "5s", "${A}", "${", "log", "a > 1"]
    ),
    lambda part: (
        strategies.lists(part, max_size=3)
        | strategies.dictionaries(strategies.sampled_from(NAMES), part, max_size=5)
    ),
    max_leaves=20,
)


@hypothesis.settings(max_examples=200)
@hypothesis.given(strategies.dictionaries(strategies.sampled_from(NAMES), ANYTHING, max_size=6))
def test_whatever_a_file_holds_it_is_taken_or_told_in_words(given):
    with tempfile.TemporaryDirectory() as folder:
        main = Path(folder) / "oculus.yaml"
        main.write_text(json.dumps(given))
        try:
            problems = load(main, environment={"A": "1"}).notices
        except ConfigError as error:
            problems = error.problems
    assert all(": " in problem for problem in problems)


def test_muted_hours_and_active_hours_are_read(tmp_path):
    (tmp_path / "oculus.yaml").write_text(
        'mute:\n  - {name: night, days: [mon-fri], from: "22:00", to: "07:00", timezone: Europe/Paris, '
        "below: critical}\n"
        "rules:\n  - name: r\n    condition: a > 1\n"
        '    active: {days: [mon-fri], from: "08:00", to: "20:00", timezone: Europe/Paris}\n',
        "utf-8",
    )
    (tmp_path / "rules.yaml").write_text("mute:\n  - {name: weekend, days: [sat, sun]}\n", "utf-8")
    settings = load(tmp_path / "oculus.yaml")
    assert [mute.name for mute in settings.mute] == ["night", "weekend"]
    assert settings.rules[0].active.from_ == "08:00"


def test_hours_that_are_none_are_told_with_their_place(tmp_path):
    (tmp_path / "oculus.yaml").write_text("mute:\n  - {name: night, days: [mo]}\n", "utf-8")
    with pytest.raises(ConfigError, match=r"oculus.yaml:2: mute\[0\].days: 'mo' is no day of the week"):
        load(tmp_path / "oculus.yaml")


def test_connectivity_is_on_by_itself_and_can_be_switched_off(tmp_path):
    main = tmp_path / "oculus.yaml"
    main.write_text("connectivity: {anchors: ['192.168.0.1:22'], gateway: false}", "utf-8")
    assert load(main).connectivity.anchors == ("192.168.0.1:22",)
    main.write_text("connectivity: off", "utf-8")
    assert load(main).connectivity == "off"
    main.write_text("rules: []", "utf-8")
    assert load(main).connectivity.gateway


def test_the_day_on_which_a_rule_expires_needs_no_quotes(tmp_path):
    main = tmp_path / "oculus.yaml"
    main.write_text("rules: [{name: r, condition: a > 1, trigger: once, expires: 2026-12-31}]", "utf-8")
    assert load(main).rules[0].expires == "2026-12-31"
