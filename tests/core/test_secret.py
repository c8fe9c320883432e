import copy

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
