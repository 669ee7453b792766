from __future__ import annotations

import csv
import io
import math
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from framefiles import SOUND, named
from hourly import CEST, CET, HOUR, NOON, hours, power, push, told
from hypothesis import given
from hypothesis import strategies as st

from hanparse import Measurement, Scale, decode
from hanparse.energy.hours import COLUMNS, Gap, Hour, HourlyEnergy, csv_lines


def test_an_hour_is_the_difference_of_two_registers_of_each_kind() -> None:
    before = push(NOON, 1000, active_energy_export=10, reactive_energy_import=5, reactive_energy_export=0)
    after = push(NOON + HOUR, 2500, active_energy_export=10, reactive_energy_import=6, reactive_energy_export=30)
    assert hours([before, after]) == [
        Hour(
            start=NOON,
            end=NOON + HOUR,
            active_energy_import=1500,
            active_energy_export=0,
            reactive_energy_import=1,
            reactive_energy_export=30,
        )
    ]


def test_the_first_list_and_pushes_without_registers_complete_nothing() -> None:
    assert (
        hours([power(NOON), Measurement(active_power_import=5), push(NOON, 1), power(NOON + HOUR), push(None, 9)]) == []
    )


def test_a_register_that_the_meter_does_not_send_has_no_figure() -> None:
    (hour,) = hours([push(NOON, 1000), push(NOON + HOUR, 1000)])
    assert (hour.active_energy_import, hour.active_energy_export) == (0, None)
    (hour,) = hours([push(NOON, 1000, active_energy_export=1), push(NOON + HOUR, 1100)])
    assert (hour.active_energy_import, hour.active_energy_export) == (100, None)
    (hour,) = hours([push(NOON, 1000), push(NOON + HOUR, float("nan"), active_energy_export=1)])
    (absurd,) = hours([push(NOON, 1000), push(NOON + HOUR, 10**400, active_energy_export=1)])
    assert absurd == hour
    assert (hour.active_energy_import, hour.active_energy_export) == (None, None)


@given(st.floats(), st.floats(min_value=0, allow_infinity=False))
def test_an_impossible_register_is_no_register_and_every_energy_is_finite(one: float, other: float) -> None:
    (hour,) = hours([push(NOON, one, active_energy_export=0), push(NOON + HOUR, other, active_energy_export=0)])
    is_possible = 0 <= one < math.inf
    assert (hour.active_energy_import is not None) is (is_possible and hour.gap is None)
    assert hour.active_energy_import is None or math.isfinite(hour.active_energy_import)


def test_differences_of_decimal_registers_are_decimal() -> None:
    (hour,) = hours([push(NOON, 1234.5), push(NOON + HOUR, 1234.8)])
    assert hour.active_energy_import == 0.3


# UtilitechAS/amsreader-firmware issue 1119: Aidon, 2025-12-14, logged at 16:00:11, 17:00:11, 18:00:11 and 19:00:11.
AIDON = [
    push(datetime(2025, 12, 14, 16, tzinfo=CET), 109552248),
    push(datetime(2025, 12, 14, 17, tzinfo=CET), 109554016),
    push(datetime(2025, 12, 14, 17, tzinfo=CET), 109554016),
    push(datetime(2025, 12, 14, 19, tzinfo=CET), 109562072),
]


def test_the_list_of_the_hour_before_sent_once_more_makes_a_gap_and_no_peak() -> None:
    assert told(AIDON) == [("16:00+0100", "17:00+0100", 1768), ("17:00+0100", "19:00+0100", Gap.MISSING)]


def test_a_missing_hour_is_a_gap_and_the_next_hour_has_its_figure() -> None:
    pushes = [push(NOON, 0), push(NOON + 5 * HOUR, 5000), push(NOON + 6 * HOUR, 5100)]
    gap, hour = hours(pushes)
    assert (gap.start, gap.end, gap.gap) == (NOON, NOON + 5 * HOUR, Gap.MISSING)
    assert [getattr(gap, name) for name in COLUMNS[3:7]] == [None] * 4
    assert (hour.start, hour.active_energy_import, hour.gap) == (NOON + 5 * HOUR, 100, None)


def test_a_clock_that_was_never_set_makes_one_gap_of_any_length() -> None:
    (gap,) = hours([push(datetime(2000, 1, 1, 1, tzinfo=CET), 0), push(NOON, 5)])
    assert gap.end - gap.start > 20 * timedelta(days=365)


@pytest.mark.parametrize("second", [0, 5, 10, 25, 35, 55])
def test_a_late_clock_belongs_to_the_full_hour(second: int) -> None:
    late = timedelta(seconds=second)
    assert told([push(NOON + late, 1), push(NOON + HOUR + timedelta(seconds=7), 3)]) == [
        ("12:00+0100", "13:00+0100", 2)
    ]


def test_of_registers_in_every_push_the_first_of_the_hour_counts() -> None:
    pushes = [push(NOON + number * timedelta(seconds=10), number) for number in range(-200, 800)]
    assert told(pushes) == [("12:00+0100", "13:00+0100", 360), ("13:00+0100", "14:00+0100", 360)]


def test_registers_of_another_time_than_the_full_hour_are_no_hours() -> None:
    pushes = [push(NOON, 1), push(NOON + timedelta(minutes=61), 2), push(NOON + timedelta(minutes=119, seconds=59), 3)]
    assert hours(pushes) == []


def test_another_meter_makes_a_gap_and_one_that_names_itself_only_now_and_then_does_not() -> None:
    pushes = [
        push(NOON, 900, meter_id="1"),
        push(NOON + HOUR, 950),
        push(NOON + 2 * HOUR, 960, meter_id="1"),
        push(NOON + 3 * HOUR, 961, meter_id="2"),
        push(NOON + 4 * HOUR, 1000, meter_id="2"),
    ]
    assert [(hour.meter_id, hour.gap or hour.active_energy_import) for hour in hours(pushes)] == [
        ("1", 50),
        ("1", 10),
        ("2", Gap.METER_REPLACED),
        ("2", 39),
    ]


@pytest.mark.parametrize("name", COLUMNS[3:7])
def test_a_register_that_falls_makes_a_gap_of_all(name: str) -> None:
    full = dict.fromkeys(COLUMNS[3:7], 1000)
    pushes = [Measurement(energy_time=NOON, **full), Measurement(energy_time=NOON + HOUR, **{**full, name: 100})]  # type: ignore[arg-type]
    pushes += [Measurement(energy_time=NOON + 2 * HOUR, **{**full, name: 150})]  # type: ignore[arg-type]
    fell, after = hours(pushes)
    assert (fell.gap, after.gap, getattr(after, name)) == (Gap.REGISTER_DECREASED, None, 50)


@given(
    st.lists(
        st.tuples(st.integers(0, 9999), st.booleans(), st.integers(0, 2), st.integers(0, 59)), min_size=2, max_size=60
    )
)
def test_every_figure_is_that_of_its_hour_and_the_gaps_are_all_the_rest(
    plan: list[tuple[int, bool, int, int]],
) -> None:
    pushes, register, truth = [], 0, {}
    for number, (consumed, is_missing, repetitions, second) in enumerate(plan):
        hour = NOON + number * HOUR
        truth[hour] = consumed  # in the hour that begins here
        sent = push(hour + timedelta(seconds=second), register)
        pushes += [sent] * (not is_missing) + [sent] * (repetitions * (not is_missing))
        register += consumed
    records = hours(pushes)
    for record in records:
        assert record.gap in (None, Gap.MISSING)
        assert record.gap or (record.end - record.start, record.active_energy_import) == (HOUR, truth[record.start])
        assert not record.gap or record.end - record.start > HOUR
    assert all(one.end == following.start for one, following in pairwise(records))
    received = [m.energy_time.replace(second=0) for m in pushes if m.energy_time]
    assert not records or [records[0].start, records[-1].end] == [received[0], received[-1]]


zones = st.none() | st.sampled_from([CET, CEST])
full_hours = st.builds(lambda number, zone: (NOON + number * HOUR).replace(tzinfo=zone), st.integers(0, 6), zones)
clocks = st.datetimes(timezones=zones) | full_hours


@given(st.lists(st.tuples(clocks, st.none() | st.floats() | st.integers(0, 10)), max_size=30))
def test_no_stream_raises_anything_and_every_figure_is_that_of_one_hour(
    stream: list[tuple[datetime, float | None]],
) -> None:
    for hour in hours(push(clock, register) for clock, register in stream):
        assert hour.gap or hour.end - hour.start == HOUR
        assert hour.active_energy_import is None or hour.active_energy_import >= 0
        assert hour.gap is None or hour.active_energy_import is None


def test_real_hourly_lists_have_their_hour() -> None:
    sent = [decode(file.data) for file in SOUND if file.name.split("/")[1].startswith("list3-")]
    assert len(sent) >= 7
    for m in sent:
        assert m.energy_time
        later = Measurement(
            energy_time=m.energy_time + HOUR,
            active_energy_import=(m.active_energy_import or 0) + 7,
            meter_id=m.meter_id,
        )
        (hour,) = hours([m, later])
        assert (hour.start.minute, hour.active_energy_import, hour.meter_id) == (0, 7, m.meter_id)


def test_kamstrups_hourly_list_at_25_seconds_past_belongs_to_the_full_hour() -> None:
    m = decode(named("kamstrup/list2-1phase-nulls").data)
    assert m.energy_time
    (hour,) = hours([m, push(m.energy_time + HOUR, 77462500)])
    assert (hour.start.isoformat(), hour.active_energy_import) == ("2021-11-24T00:00:00+01:00", 10000)


def test_the_csv_has_a_line_for_each_hour_and_nothing_where_there_is_no_figure() -> None:
    assert list(csv_lines(hours(AIDON))) == [
        "start,end,meter_id,active_energy_import,active_energy_export,reactive_energy_import,reactive_energy_export,gap\n",
        "2025-12-14T16:00:00+01:00,2025-12-14T17:00:00+01:00,,1768,,,,\n",
        "2025-12-14T17:00:00+01:00,2025-12-14T19:00:00+01:00,,,,,,missing\n",
    ]
    assert list(csv_lines([], header=False)) == []


def test_the_csv_can_be_read_back() -> None:
    told_hours = hours([push(NOON, 1.5, meter_id='a,"b"\n'), push(NOON + HOUR, 3, active_energy_export=1)])
    (row,) = csv.DictReader(io.StringIO("".join(csv_lines(told_hours))))
    assert tuple(row) == COLUMNS
    assert datetime.fromisoformat(row["end"]) == NOON + HOUR
    assert (row["meter_id"], float(row["active_energy_import"]), row["gap"]) == ('a,"b"\n', 1.5, "")


def test_a_scale_counts() -> None:
    frame = named("kamstrup/list2-1phase-nulls").data
    m = decode(frame, scale=Scale(energy=0.1))
    assert m.energy_time
    (hour,) = hours([m, push(m.energy_time + HOUR, 7745300)])
    assert hour.active_energy_import == 50


def test_wrong_arguments_are_type_errors() -> None:
    with pytest.raises(TypeError, match="expected Measurement for the argument measurement, found NoneType"):
        HourlyEnergy().update(None)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"expected datetime.tzinfo . None for the argument timezone, found str"):
        HourlyEnergy(timezone="Europe/Oslo")  # type: ignore[arg-type]
