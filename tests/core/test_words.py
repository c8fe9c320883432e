"""Times, events, alerts, metrics, errors: the words all stages share."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from oculus.core.alert import DeliveryState
from oculus.core.clock import SystemClock, to_datetime, to_iso, to_ms
from oculus.core.errors import BadAnswer, ChannelError, ConfigError, OculusError, SourceBusy
from oculus.core.event import Severity
from oculus.core.metric import Metric, finite


def test_a_moment_is_written_in_utc_to_the_millisecond():
    assert to_iso(1_767_268_800_123) == "2026-01-01T12:00:00.123Z"
    assert to_iso(0) == "1970-01-01T00:00:00.000Z"


def test_milliseconds_and_datetimes_are_the_same_moment():
    moment = datetime(2026, 3, 29, 3, 30, 0, 5000, tzinfo=timezone(timedelta(hours=2)))
    assert to_datetime(to_ms(moment)) == moment
    assert to_ms(datetime(2026, 1, 1, 12)) == to_ms(datetime(2026, 1, 1, 12, tzinfo=UTC))  # noqa: DTZ001


def test_the_machines_clock_tells_the_time_and_never_goes_back():
    clock = SystemClock()
    assert abs(clock.now_ms() - to_ms(datetime.now(UTC))) < 5000
    assert clock.monotonic() <= clock.monotonic()


def test_severities_are_ordered_by_how_bad_they_are():
    assert sorted(Severity, key=lambda severity: severity.rank) == ["info", "warn", "error", "critical"]


def test_a_delivery_that_was_sent_failed_expired_or_was_skipped_is_over():
    assert {state.value for state in DeliveryState if state.final} == {"sent", "failed", "expired", "skipped"}


def test_numbers_that_are_none_are_left_out():
    metrics = [Metric(0, "a.b", "a.b.c", value, {}) for value in (1.0, float("nan"), float("inf"), -2.0)]
    assert [metric.value for metric in finite(metrics)] == [1.0, -2.0]


def test_an_error_says_what_happened_and_then_what_to_do():
    assert str(OculusError("The file is gone")) == "The file is gone"
    assert str(OculusError("The file is gone", "Restore it.")) == "The file is gone. Restore it."
    assert (
        str(BadAnswer("alternative.me", "no index in the answer")) == "alternative.me: no index in the answer"
    )


def test_settings_errors_hold_every_problem():
    error = ConfigError(["a.yaml:1: one", "a.yaml:2: two"])
    assert error.problems == ["a.yaml:1: one", "a.yaml:2: two"]
    assert str(error) == "a.yaml:1: one\na.yaml:2: two"


@pytest.mark.parametrize(
    "error", [SourceBusy("x", "429", retry_after_s=2.5), ChannelError("x", retry_after_s=2.5)]
)
def test_an_error_can_carry_how_long_the_other_side_wants_to_rest(error):
    assert error.retry_after_s == 2.5
