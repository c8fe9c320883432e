"""What templates make of values."""

import pytest

from oculus.web.templates import unbroken

GAP = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("said", "whole"),
    [
        ("worst 981 ms, limit 800 ms", f"worst 981{GAP}ms, limit 800{GAP}ms"),
        ("98,056 $", f"98,056{GAP}$"),
        ("0 %", f"0{GAP}%"),
        ("2 h 5 m", f"2{GAP}h 5{GAP}m"),
        ("1.2 MB", f"1.2{GAP}MB"),
        ("21.5 °C", f"21.5{GAP}°C"),
        ("It would tell 2 m later. For 5 m.", f"It would tell 2{GAP}m later. For 5{GAP}m."),
        ("3 symbols", "3 symbols"),
        ("1.1.1.1 net.ping", "1.1.1.1 net.ping"),
        (42, "42"),
    ],
)
def test_a_number_and_its_unit_stay_in_one_line(said, whole):
    assert unbroken(said) == whole
