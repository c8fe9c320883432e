import copy

from oculus.core import masking
from oculus.core.secret import MASK, Secret


def test_a_secret_cannot_be_printed_by_accident():
    secret = Secret("hunter2")
    for text in (str(secret), repr(secret), f"{secret}", f"{[secret]}", "%s" % secret):  # noqa: UP031
        assert "hunter2" not in text
    assert secret.reveal() == "hunter2"


def test_an_empty_secret_is_shown_as_empty():
    assert str(Secret("")) == ""
    assert not Secret("")
    assert Secret("x")
    assert str(Secret("x")) == MASK


def test_secrets_are_equal_by_value_so_that_unchanged_settings_are_seen_as_unchanged():
    assert Secret("a") == copy.copy(Secret("a"))
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a")}) == 1


def test_what_is_hidden_is_masked_wherever_it_stands_also_as_an_address_writes_it():
    assert masking.mask("nothing is hidden") == "nothing is hidden"
    masking.hide(Secret("p&ss word"))
    masking.hide("other-one")
    assert masking.mask("a p&ss word, ?key=p%26ss%20word, other-one") == f"a {MASK}, ?key={MASK}, {MASK}"
    masking.hide("later")
    assert masking.mask("later") == MASK


def test_secrets_that_change_every_day_do_not_grow_without_end_and_those_in_force_stay(
    nothing_hidden, monkeypatch
):
    monkeypatch.setattr(masking, "MOST", 10)
    for number in range(30):
        masking.hide("in-force")  # as with every reading of the settings
        masking.hide(f"of-day-{number}")
    assert len(masking._hidden) == 10
    assert masking.mask("in-force of-day-29") == f"{MASK} {MASK}"
    assert masking.mask("of-day-1") == "of-day-1"
