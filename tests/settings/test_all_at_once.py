"""One look at the mistakes is enough: none hides behind another."""

import pytest

from oculus.core.errors import ConfigError
from oculus.settings.load import load

PAIRS = {
    "logging: {level: loud, format: xml}": {"logging.level", "logging.format"},
    "rules: [{name: a, condition: 'net.up >', severity: loud}]": {"rules[0].condition", "rules[0].severity"},
    "collectors: [{type: tcp, target: 'a:99999', retries: many}]": {
        "collectors[0].target",
        "collectors[0].retries",
    },
    "collectors: [{type: tcp, target: a b, interval: 3ms}]": {
        "collectors[0].target",
        "collectors[0].interval",
    },
    "channels: {webhook: {url: 'http://x', body: '{{', min_severity: bad}}": {
        "channels.webhook.body",
        "channels.webhook.min_severity",
    },
}


@pytest.mark.parametrize("text", PAIRS)
def test_mistakes_of_different_kinds_in_one_entry_are_told_together(tmp_path, text):
    file = tmp_path / "oculus.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError) as refused:
        load(file)
    assert {problem.split(": ")[1] for problem in refused.value.problems} == PAIRS[text]


def test_what_would_go_with_a_part_that_is_wrong_is_not_held_against_its_default(tmp_path):
    file = tmp_path / "oculus.yaml"
    file.write_text("collectors: [{type: ping, target: a, interval: soon, timeout: 40s}]")
    with pytest.raises(ConfigError) as refused:
        load(file)
    assert len(refused.value.problems) == 1
