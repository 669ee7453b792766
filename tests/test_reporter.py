from __future__ import annotations

import math
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from framefiles import SOUND
from hypothesis import given
from hypothesis import strategies as st

from hanparse import Measurement, decode
from hanparse.energy.reporter import (
    AMPERES,
    KILOWATT_HOURS,
    VOLTS,
    WATTS,
    Cause,
    FixedPoint,
    Mode,
    Parameters,
    Report,
    Reporter,
    serial_halves,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    Series = Sequence[tuple[float, float]]

NOON = datetime(2024, 1, 15, 12, tzinfo=UTC)
FIRST, CHANGE, INTERVAL = Cause
# The sensor's manual: number, name here, lowest, highest, default.
TABLE = [
    (1, "power_hysteresis", 0, 100_000, 200),
    (2, "voltage_hysteresis", 0, 420, 5),
    (3, "current_hysteresis", 0, 65_535, 20),
    (4, "power_interval", 10, 65_535, 10),
    (5, "voltage_current_interval", 10, 65_535, 300),
]


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def fed(
    field: str, series: Series, parameters: Parameters | None = None, mode: Mode = Mode.EITHER
) -> list[tuple[float, Cause]]:
    """When each report came, and why, as the field took these values at these seconds."""
    reporter, reported = Reporter(parameters, mode), []
    for seconds, value in series:
        values: dict[str, Any] = {field: value}
        reported += [(seconds, report.cause) for report in reporter.update(Measurement(**values), at(seconds))]
    return reported


@pytest.mark.parametrize(("number", "name", "low", "high", "default"), TABLE)
def test_the_parameters_are_those_of_the_table(number: int, name: str, low: int, high: int, default: int) -> None:
    assert getattr(Parameters(), name) == default
    assert getattr(Parameters.numbered({number: low}), name) == low
    assert getattr(Parameters.numbered({number: high}), name) == high
    for outside in (low - 1, high + 1):
        with pytest.raises(ValueError, match=rf"expected {low} to {high} .*{name} \(parameter {number}\), found"):
            Parameters.numbered({number: outside})


def test_the_table_names_all_parameters() -> None:
    assert [each.name for each in fields(Parameters)] == [name for _, name, *_ in TABLE]


@pytest.mark.parametrize("numbers", [{0: 1}, {6: 300}, {9: 1}])
def test_parameters_of_other_things_are_refused(numbers: dict[int, int]) -> None:
    with pytest.raises(ValueError, match="expected parameters 1 to 5"):
        Parameters.numbered(numbers)


@pytest.mark.parametrize("value", [2.5, "5", True, None])
def test_a_parameter_is_a_whole_number(value: Any) -> None:  # noqa: ANN401  any wrong type
    with pytest.raises(TypeError, match="expected a whole number from 0 to 420 V"):
        Parameters(voltage_hysteresis=value)


def test_the_first_value_of_every_field_is_reported() -> None:
    first = Measurement(
        active_power_import=1500,
        active_energy_import=12_345_670,
        voltage_l1=230.4,
        voltage_l2=0,
        voltage_l3=231.0,
        current_l1=6.5,
        current_l3=0.0,
    )
    assert Reporter().update(first, NOON) == [
        Report("active_energy_import", 12_345.67, KILOWATT_HOURS, FIRST),
        Report("active_power_import", 1500, WATTS, FIRST),
        Report("voltage_l1", 230.4, VOLTS, FIRST),
        Report("voltage_l2", 0, VOLTS, FIRST),
        Report("voltage_l3", 231.0, VOLTS, FIRST),
        Report("current_l1", 6.5, AMPERES, FIRST),
        Report("current_l3", 0.0, AMPERES, FIRST),
    ]


@pytest.mark.parametrize(
    ("field", "start", "step"), [("active_power_import", 1000, 200), ("voltage_l2", 231.3, 5), ("current_l3", 0.3, 2)]
)
def test_a_change_by_the_hysteresis_is_reported_and_a_smaller_one_is_not(field: str, start: float, step: float) -> None:
    less = step * 0.95
    series = [
        (0.0, start),
        (1.0, start + less),
        (2.0, round(start + step, 1)),
        (3.0, start + step - less),
        (4.0, start),
    ]
    assert fed(field, series) == [(0, FIRST), (2, CHANGE), (4, CHANGE)]


def test_small_changes_add_up_against_what_was_last_reported() -> None:
    series = [(second / 10, 1000 + 50 * second) for second in range(9)]
    assert fed("active_power_import", series) == [(0, FIRST), (0.4, CHANGE), (0.8, CHANGE)]


def test_an_unchanged_value_is_reported_when_its_interval_is_over() -> None:
    power = fed("active_power_import", [(second, 500) for second in range(0, 35, 5)])
    assert power == [(0, FIRST), (10, INTERVAL), (20, INTERVAL), (30, INTERVAL)]
    voltage = fed("voltage_l1", [(second, 230) for second in range(0, 700, 10)])
    assert voltage == [(0, FIRST), (300, INTERVAL), (600, INTERVAL)]


def test_a_change_starts_the_interval_anew() -> None:
    series: Series = [(0, 500), (6, 800), (10, 800), (15, 800), (16, 800)]
    assert fed("active_power_import", series) == [(0, FIRST), (6, CHANGE), (16, INTERVAL)]


def test_in_the_other_reading_a_change_waits_for_the_interval_and_the_interval_for_a_change() -> None:
    series: Series = [(0, 500), (6, 800), (9, 1500), (10, 1500), (20, 1500), (40, 1500), (41, 1000)]
    assert fed("active_power_import", series, mode=Mode.BOTH) == [(0, FIRST), (10, CHANGE), (41, CHANGE)]


@pytest.mark.parametrize("mode", Mode)
def test_a_hysteresis_of_zero_leaves_the_interval_to_decide(mode: Mode) -> None:
    off = Parameters(power_hysteresis=0, voltage_hysteresis=0, current_hysteresis=0)
    series: Series = [(second, second * 1000) for second in range(0, 25, 5)]
    assert fed("active_power_import", series, off, mode) == [(0, FIRST), (10, INTERVAL), (20, INTERVAL)]
    assert fed("voltage_l3", series, off, mode) == [(0, FIRST)]
    assert fed("current_l1", series, off, mode) == [(0, FIRST)]


def test_the_hysteresis_of_current_counts_tenths_of_an_ampere() -> None:
    fine = Parameters(current_hysteresis=1)
    series = [(0.0, 2.3), (1.0, 2.35), (2.0, 2.4), (3.0, 2.5)]
    assert fed("current_l2", series, fine) == [(0, FIRST), (2, CHANGE), (3, CHANGE)]


@pytest.mark.parametrize("mode", Mode)
def test_energy_is_reported_when_its_register_changes_and_never_else(mode: Mode) -> None:
    series: Series = [(0, 10_000), (3600, 10_000), (3601, 10_010), (7200, 10_010), (7300, 0)]
    assert fed("active_energy_import", series, mode=mode) == [(0, FIRST), (3601, CHANGE), (7300, CHANGE)]


def test_an_old_value_is_never_sent_as_a_new_one() -> None:
    reporter = Reporter()
    reporter.update(Measurement(voltage_l1=230.0), NOON)
    reports = reporter.update(Measurement(active_power_import=100), at(1000))
    assert [report.field for report in reports] == ["active_power_import"]


def test_every_phase_goes_by_its_own_last_report() -> None:
    reporter = Reporter()
    reporter.update(Measurement(voltage_l1=230.0, voltage_l2=230.0), NOON)
    reports = reporter.update(Measurement(voltage_l1=236.0, voltage_l2=232.0), at(10))
    assert reports == [Report("voltage_l1", 236.0, VOLTS, CHANGE)]
    reports = reporter.update(Measurement(voltage_l1=236.0, voltage_l2=232.0), at(300))
    assert reports == [Report("voltage_l2", 232.0, VOLTS, INTERVAL)]


def test_a_clock_that_was_set_back_ends_the_interval() -> None:
    series: Series = [(0, 500), (-3600, 500), (-3595, 500), (-3590, 500)]
    assert fed("active_power_import", series) == [(0, FIRST), (-3600, INTERVAL), (-3590, INTERVAL)]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 10**400])
def test_a_float_that_is_no_number_is_not_reported(value: float) -> None:
    assert fed("current_l1", [(0, value), (1, 2.0), (2, value), (3, 2.0)]) == [(1, FIRST)]


RUNS = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 1000)), min_size=1, max_size=30)


def followed(run: list[tuple[int, int]], mode: Mode) -> list[tuple[int, int, int, int]]:
    """For every push its second and power, and the second and power of the last report."""
    reporter, second, known = Reporter(mode=mode), 0, (0, 0)
    seen = []
    for pause, power in run:
        second += pause
        if reporter.update(Measurement(active_power_import=power), at(second)):
            known = second, power
        seen.append((second, power, *known))
    return seen


@given(RUNS)
def test_the_receiver_is_less_than_the_hysteresis_and_the_interval_behind(run: list[tuple[int, int]]) -> None:
    for second, power, reported_at, reported in followed(run, Mode.EITHER):
        assert abs(power - reported) < 200
        assert second - reported_at < 10


@given(RUNS)
def test_in_the_other_reading_reports_are_both_apart(run: list[tuple[int, int]]) -> None:
    reports = list(dict.fromkeys((when, power) for *_, when, power in followed(run, Mode.BOTH)))
    for (earlier, old), (later, new) in pairwise(reports):
        assert later - earlier >= 10
        assert abs(new - old) >= 200


def test_real_pushes_report_what_they_say_and_fit_the_format() -> None:
    for file in SOUND:
        expect = file.expect or {}
        reports = Reporter().update(decode(file.data), NOON)
        for report in reports:
            expected = expect[report.field] / (1000 if report.scale is KILOWATT_HOURS else 1)
            carried = int.from_bytes(report.data, "big", signed=True) / 10**report.scale.precision
            assert report.value == pytest.approx(expected)
            assert carried == pytest.approx(expected, abs=0.5 / 10**report.scale.precision + 1e-9)
        phases = {f"{quantity}_l{line}" for quantity in ("voltage", "current") for line in (1, 2, 3)}
        watched = {"active_energy_import", "active_power_import", *phases}
        assert {report.field for report in reports} == watched & expect.keys()


@pytest.mark.parametrize(
    ("scale", "code", "precision", "size", "limit"),
    [
        (KILOWATT_HOURS, 0x00, 2, 4, 21_474_836.47),
        (WATTS, 0x02, 0, 4, 2_147_483_647),
        (VOLTS, 0x04, 1, 2, 3276.7),
        (AMPERES, 0x05, 1, 2, 3276.7),
    ],
)
def test_the_formats_are_those_of_the_table(
    scale: FixedPoint, code: int, precision: int, size: int, limit: float
) -> None:
    assert (scale.code, scale.precision, scale.size, float(scale.limit)) == (code, precision, size, limit)
    assert scale.encode(limit) == b"\x7f" + b"\xff" * (size - 1)
    assert scale.encode(-limit) == b"\x80" + b"\x00" * (size - 2) + b"\x01"
    step = 10**-precision
    for outside in (limit + step, -limit - step, math.nan, math.inf, 10**400):
        with pytest.raises(ValueError, match=rf"expected -{scale.limit} to {scale.limit} {scale.unit}, found"):
            scale.encode(outside)


@pytest.mark.parametrize(
    ("scale", "value", "data"),
    [
        (KILOWATT_HOURS, 12_345.67, "00 12 D6 87"),
        (WATTS, 1500, "00 00 05 DC"),
        (WATTS, 1500.4, "00 00 05 DC"),
        (VOLTS, 230.4, "09 00"),
        (AMPERES, 6.54, "00 41"),
        (AMPERES, 0.0, "00 00"),
        (AMPERES, -0.1, "FF FF"),
    ],
)
def test_a_value_is_rounded_to_its_decimals_and_sent_most_significant_byte_first(
    scale: FixedPoint, value: float, data: str
) -> None:
    assert scale.encode(value) == bytes.fromhex(data)


def test_the_halves_of_a_serial_are_its_first_and_last_eight_digits() -> None:
    assert serial_halves("7359992890000017") == (73_599_928, 90_000_017)
    assert serial_halves("0000000199999999") == (1, 99_999_999)


@pytest.mark.parametrize("meter_id", ["", "735999289000001", "73599928900000170", "735999289000001x", "٧" * 16])
def test_a_serial_has_sixteen_digits(meter_id: str) -> None:
    with pytest.raises(ValueError, match="expected a meter id of 16 digits"):
        serial_halves(meter_id)


def test_wrong_types_are_type_errors() -> None:
    reporter: Any = Reporter
    ready: Any = Reporter()
    anything: Any = None
    for function, *arguments in (
        (reporter, {}),
        (reporter, None, "either"),
        (ready.update, {}, NOON),
        (ready.update, Measurement(), 12.5),
        (WATTS.encode, "5"),
        (WATTS.encode, True),
        (serial_halves, anything),
    ):
        with pytest.raises(TypeError):
            function(*arguments)


def test_of_an_aware_local_clock_the_instants_count_in_the_hour_that_exists_twice() -> None:
    first = datetime(2024, 10, 27, 2, 30, tzinfo=ZoneInfo("Europe/Oslo"))
    reporter, push = Reporter(), Measurement(voltage_l1=230.0)
    assert len(reporter.update(push, first)) == 1
    assert reporter.update(push, first.replace(minute=34, second=59)) == []
    (report,) = reporter.update(push, first.replace(minute=34, second=59, fold=1))
    assert report.cause is Cause.INTERVAL


def test_naive_and_aware_times_mixed_are_a_type_error_that_says_so() -> None:
    reporter = Reporter()
    reporter.update(Measurement(voltage_l1=230.0), NOON)
    with pytest.raises(TypeError, match="expected an aware datetime for the argument now"):
        reporter.update(Measurement(), NOON.replace(tzinfo=None))
