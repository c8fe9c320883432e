"""What Prometheus reads must be what it accepts."""

import re

from oculus.core.counters import BOUNDS_S, Timing
from oculus.web.api.prometheus import Family, Sample, histogram, write

LINE = re.compile(
    r'[a-zA-Z_:][a-zA-Z0-9_:]*(\{([a-z_]+="([^"\\\n]|\\[\\n"])*",?)*\})? (NaN|[+-]?Inf|-?[0-9.e+-]+)'
)


def test_a_family_has_its_help_its_type_and_a_line_for_each_sample():
    family = Family(
        "oculus_x_total", "counter", "Things.", [Sample(3, {"kind": "a"}), Sample(0.5, {"kind": "b"})]
    )
    assert write([family]) == (
        "# HELP oculus_x_total Things.\n# TYPE oculus_x_total counter\n"
        'oculus_x_total{kind="a"} 3\noculus_x_total{kind="b"} 0.5\n'
    )


def test_names_people_chose_cannot_break_a_line():
    text = write([Family("x", "gauge", "one\ntwo\\", [Sample(1, {"name": 'a"b\\c\nd'})])])
    assert text.count("\n") == 3
    assert LINE.fullmatch(text.splitlines()[-1])


def test_a_family_without_samples_is_left_out():
    assert write([Family("x", "gauge", "Nothing.", [])]) == ""


def test_numbers_are_written_as_prometheus_reads_them():
    values = [float("nan"), float("inf"), float("-inf"), 1e300, 1e-9, 5.0]
    lines = write([Family("x", "gauge", "N.", [Sample(value) for value in values])]).splitlines()[2:]
    assert [line.split(" ")[1] for line in lines[:3]] == ["NaN", "+Inf", "-Inf"]
    assert all(LINE.fullmatch(line) for line in lines)


def test_a_histogram_is_cumulative_and_ends_with_everything():
    timing = Timing()
    for seconds in (0.001, 0.02, 0.02, 99.0):
        timing.note(seconds)
    samples = histogram(timing)
    buckets = [sample for sample in samples if sample.suffix == "_bucket"]
    assert len(buckets) == len(BOUNDS_S) + 1
    assert [sample.value for sample in buckets][:4] == [1, 1, 3, 3]
    assert (buckets[-1].labels["le"], buckets[-1].value) == ("+Inf", 4)
    assert [sample.value for sample in samples[-2:]] == [99.041, 4]
