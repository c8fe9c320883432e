"""What a caller reads when something is not there."""

import pytest

from oculus.web.errors import no_such
from oculus.web.site import Site


@pytest.mark.parametrize(
    ("known", "hint"),
    [
        (["web_down", "slow"], "Did you mean web_down?"),
        (["slow", "hot"], "There are: slow, hot."),
        ([f"r{n}" for n in range(12)], "There are: r0, r1, r2, r3, r4, r5, r6, r7, r8, r9 and 2 more."),
        ([], "There is none yet."),
    ],
)
def test_whoever_asks_for_what_is_not_there_is_told_what_is(known, hint):
    error = no_such("rule", "web_donw", known)
    assert (error.status, error.what, error.hint) == (404, "There is no rule called 'web_donw'", hint)


def test_what_a_route_answers_is_made_json_once_and_by_nobody_else():
    assert [plugin.name for plugin in Site().plugins] == ["oculus"]
