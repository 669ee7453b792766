from __future__ import annotations

import pickle
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from framefiles import named
from houses import HOUR, INTERVAL, NOON, Push, changed, found, house, off_by, steady

from hanparse import Measurement, Scale, Wiring, decode
from hanparse.energy.plausibility import Plausibility, Problem, corrected_scale
from hanparse.energy.plausibility.energy import Comparison, Verdict
from hanparse.measurement import FIELDS
from hanparse.meters import Model
from hanparse.meters.makers.aidon import AIDON

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import tzinfo


@pytest.mark.parametrize(
    "options", [{}, {"solar": 3000}, {"solar": 600}, {"battery": True}, {"every": 1}, {"solar": 9000, "idle": True}]
)
def test_nothing_is_found_in_hours_of_a_house_though_loads_are_switched_and_the_sun_shines(
    options: dict[str, Any],
) -> None:
    assert found(house(8 * HOUR + 2, **options)) == []


@pytest.mark.parametrize(
    ("off", "problems"),
    [
        (Scale(power=10), [Problem.POWER, Problem.POWER]),
        (Scale(current=0.1), [Problem.POWER, Problem.CURRENT]),
        (Scale(power=0.1), [Problem.CURRENT, Problem.POWER]),
        (Scale(current=10), [Problem.CURRENT, Problem.CURRENT]),
        (Scale(energy=10), [Problem.ENERGY]),
        (Scale(energy=0.1), [Problem.ENERGY]),
        (Scale(energy=1000), [Problem.ENERGY]),
        (Scale(voltage=100), [Problem.VOLTAGE]),
        (Scale(energy=20, power=1), [Problem.TRANSFORMER]),
        (Scale(energy=1 / 30), [Problem.TRANSFORMER]),
    ],
)
def test_what_is_off_is_found_and_the_energy_tells_what_is_off_and_the_scale_mends_it(
    off: Scale, problems: list[Problem]
) -> None:
    findings = found(off_by(off, house(4 * HOUR + 1)))
    assert [finding.problem for finding in findings] == problems
    last = findings[-1]
    assert found(off_by(corrected_scale([last], off), house(4 * HOUR + 1))) == []


def test_transformers_before_the_registers_and_not_before_the_powers_are_a_ratio_for_both() -> None:
    (finding,) = found(off_by(Scale(energy=20), house(4 * HOUR + 1)))
    assert finding.scale == Scale(current=20, power=20)
    assert (
        finding.remedy
        == "power and current × 20 corrects it, if the ratio on the plates of the current transformers is 20"
    )


def test_power_and_energy_may_both_be_off() -> None:
    off = Scale(power=10, energy=100)
    findings = found(off_by(off, house(4 * HOUR + 1)))
    assert (
        corrected_scale([finding for finding in findings if finding.problem is not Problem.CURRENT], off) == Scale()
    ), findings


def repeated(pushes: Iterable[Push], hours: set[int]) -> Iterator[Push]:
    """The same with the registers and the clock of the hour before at these full hours."""
    last: Measurement | None = None
    for number, (m, now) in enumerate(pushes):
        if m.energy_time and last and number // HOUR in hours:
            old = {name: getattr(last, name) for name in FIELDS if "energy" in name}
            yield from changed([(m, now)], **old)
        else:
            yield m, now
        last = m if m.energy_time else last


def test_an_hourly_list_sent_once_more_changes_nothing() -> None:
    assert found(repeated(house(9 * HOUR + 1), {3, 4, 8})) == []
    (finding,) = found(off_by(Scale(energy=10), repeated(house(9 * HOUR + 1), {1, 4, 7})))
    assert finding.scale == Scale(energy=0.1)


def test_power_is_not_summed_up_over_holes_and_without_a_verdict_nothing_is_said() -> None:
    pushes = [push for number, push in enumerate(house(6 * HOUR + 1)) if number % HOUR not in range(100, 110)]
    assert found(off_by(Scale(energy=10), pushes)) == []


def test_registers_without_a_clock_are_dated_by_their_arrival() -> None:
    pushes = changed(off_by(Scale(energy=10), house(4 * HOUR + 1)), energy_time=None)
    assert [finding.scale for finding in found(pushes)] == [Scale(energy=0.1)]


@pytest.mark.parametrize(("seconds", "is_compared"), [(5, True), (55, True), (70, False), (20 * 60, False)])
def test_registers_are_compared_where_their_clock_and_the_arrival_agree_within_a_minute(
    seconds: int, is_compared: bool
) -> None:
    later = {0: timedelta(), 1: timedelta(seconds=seconds)}  # hourly lists come 5 to 55 s after the hour
    pushes = [
        next(changed([(m, now)], energy_time=m.energy_time and m.energy_time + later[number // HOUR % 2]))
        for number, (m, now) in enumerate(off_by(Scale(energy=10), house(4 * HOUR + 1)))
    ]
    assert [finding.scale for finding in found(pushes)] == ([Scale(energy=0.1)] if is_compared else [])


def test_registers_that_fall_and_clocks_that_lose_their_zone_begin_anew() -> None:
    twice = [m for m, _ in [*house(2 * HOUR + 1), *house(3 * HOUR + 1)]]
    assert found((m, NOON + number * INTERVAL) for number, m in enumerate(twice)) == []
    naive = {False: {}, True: {"energy_time": NOON.replace(tzinfo=None)}}
    pushes = [
        next(changed([push], **naive[number // HOUR % 2 == 1 and push[0].energy_time is not None]))
        for number, push in enumerate(off_by(Scale(energy=10), house(4 * HOUR + 1)))
    ]
    assert found(pushes) == []


@pytest.mark.parametrize("factor", [2, 0.6, 1e5, 1e-5])
def test_a_quotient_that_is_neither_a_power_of_ten_nor_a_usual_ratio_says_nothing(factor: float) -> None:
    assert found(off_by(Scale(energy=factor), house(4 * HOUR + 1))) == []


def test_powers_beyond_floats_say_nothing() -> None:
    run = Plausibility()
    for number in range(2 * HOUR):
        energies = {"active_energy_import": number, "active_energy_export": 0}
        m = Measurement(active_power_import=1e308, active_power_export=0, **energies)  # type: ignore[arg-type]
        assert run.update(m, NOON + number * INTERVAL) == []


def test_registers_of_the_other_direction_are_found() -> None:
    pushes = [
        next(
            changed(
                [(m, now)], active_energy_import=m.active_energy_export, active_energy_export=m.active_energy_import
            )
        )
        for m, now in house(4 * HOUR + 1)
    ]
    (finding,) = found(pushes)
    assert (finding.problem, finding.scale) == (Problem.DIRECTION, None)


def test_a_load_that_was_just_switched_is_a_finding_in_one_push_and_none_in_a_run() -> None:
    just_off = {"current_l1": 0.4, "current_l2": 0.1, "current_l3": 0.1, "active_power_import": 1000}
    pushes = [
        push if number % 3 else next(changed([push], **just_off))
        for number, push in enumerate(house(2 * HOUR, idle=True))
    ]
    assert found(pushes) == []


FOUR: dict[str, Any] = {"wiring": Wiring.FOUR_WIRE, "current_l1": 0.2, "current_l2": 0.2, "current_l3": 0.2}
THREE: dict[str, Any] = {"wiring": Wiring.THREE_WIRE, "current_l1": 3.0, "current_l2": 3.5, "current_l3": 1.0}


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        (FOUR | {"voltage_l1": 0.0, "current_l1": 0.0}, Problem.DEAD_PHASE),
        (FOUR | {"voltage_l1": 0.0, "current_l1": 1.1}, Problem.DEAD_PHASE),
        (THREE | {"current_l2": 0.0}, Problem.NOT_MEASURED),
        (THREE | {"current_l2": 9.0}, Problem.WIRING),
        (THREE, None),
        (THREE | {"current_l2": 1.8}, None),  # leakage to earth
        (THREE | {"current_l2": None}, None),
    ],
)
def test_what_one_push_may_show_by_chance_is_found_when_most_of_sixty_show_it(
    fields: dict[str, Any], problem: Problem | None
) -> None:
    assert found(steady(59, **fields)) == []
    assert [finding.problem for finding in found(steady(600, **fields))] == ([problem] if problem else [])


def test_what_is_certain_now_can_be_asked_for_and_goes_when_it_is_mended() -> None:
    run = Plausibility()
    assert not run.findings
    for m, now in steady(60, **FOUR | {"voltage_l2": 2.0, "current_l2": 0.0}):
        run.update(m, now)
    assert [finding.problem for finding in run.findings] == [Problem.DEAD_PHASE]
    for m, now in steady(60, **FOUR):
        run.update(m, now)
    assert not run.findings


def test_another_meter_begins_a_new_run_and_pushes_that_name_none_do_not() -> None:
    run = Plausibility()
    dead = FOUR | {"voltage_l2": 0.0, "current_l2": 0.0}
    powers = [(Measurement(active_power_import=5), NOON)] * 60
    for meter in ("1", "2"):
        pushes = [*steady(59, **dead, meter_id=meter), *powers]
        assert [finding for m, now in pushes for finding in run.update(m, now)] == []
    ((m, now),) = steady(1, **dead)
    assert [finding.problem for finding in run.update(m, now)] == [Problem.DEAD_PHASE]


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("aidon/list2-6540-it-ct", "6540"),
        ("aidon/list2-6550-tn-ct", "6550"),
        ("kaifa/list2-ma304t3-it-ct", "MA304T3"),
        ("kaifa/full-se-ma304t4-ct", "MA304T4"),
        ("kamstrup/list2-685-tn-ct", "6851131"),
    ],
)
def test_a_day_of_small_currents_from_a_meter_made_for_transformers_asks_for_their_ratio(name: str, model: str) -> None:
    day = [NOON + number * 10 * INTERVAL for number in range(865)]
    data = named(name).data
    m, multiplied = decode(data), decode(data, scale=Scale.ct("100:5"))
    (finding,) = found((m, now) for now in day)
    assert (finding.problem, finding.scale) == (Problem.TRANSFORMER, None)
    assert model in finding.seen
    assert found((multiplied, now) for now in day) == []
    assert found((m, now) for now in day[:-1]) == []


def test_which_types_are_made_for_transformers_is_said_by_the_profiles_that_read_the_lists() -> None:
    day = [NOON + number * 10 * INTERVAL for number in range(865)]
    for name, is_made, own in (
        ("aidon/list2-6534-tn", True, replace(AIDON, models=(Model("6534", Wiring.FOUR_WIRE, transformers=True),))),
        ("aidon/list2-6550-tn-ct", False, replace(AIDON, models=(Model("6550", Wiring.FOUR_WIRE),))),
    ):
        m = decode(named(name).data, profiles=(own,))
        problems = [finding.problem for finding in found((m, now) for now in day)]
        assert problems == [Problem.TRANSFORMER] * is_made


@pytest.mark.parametrize("name", ["aidon/list2-6534-tn", "kaifa/list2-ma304h3e-it", "kamstrup/list1-se-3phase"])
def test_small_currents_of_any_other_meter_are_no_finding(name: str) -> None:
    m = decode(named(name).data)
    assert found((m, NOON + number * 10 * INTERVAL) for number in range(865)) == []


WEEK = 7 * 24 * 6 + 1  # pushes, ten minutes apart


@pytest.mark.parametrize(
    ("power", "is_found"),
    [
        (lambda _: -400, True),
        (lambda number: 60 if number == 500 else -400, False),
        (lambda number: -3000 if number % 144 < 72 else 0, False),
    ],
)
def test_a_week_of_export_is_a_finding_and_solar_power_is_none(power: Callable[[int], float], is_found: bool) -> None:
    pushes = [
        (
            Measurement(active_power_import=max(0, power(n)), active_power_export=max(0, -power(n))),
            NOON + n * 60 * INTERVAL,
        )
        for n in range(WEEK)
    ]
    assert [finding.problem for finding in found(pushes)] == ([Problem.DIRECTION] if is_found else [])


def test_a_clock_that_goes_back_begins_anew_and_no_zone_beside_one_is_a_type_error() -> None:
    week = list(steady(WEEK, 60 * INTERVAL, active_power_import=0, active_power_export=400))
    assert found([*week[1:], *week[:-1]]) == []
    run = Plausibility()
    run.update(*week[0])
    for wrong in (None, 12.0):
        with pytest.raises(TypeError, match="expected datetime for the argument now"):
            run.update(week[0][0], wrong)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="expected an aware datetime for the argument now"):
        run.update(week[0][0], NOON.replace(tzinfo=None))


def test_the_time_between_two_registers_is_that_of_the_instants_where_the_clocks_are_put_back() -> None:
    def verdict(zone: tzinfo) -> Verdict | None:
        comparison = Comparison()
        for minute in range(121):  # 1200 W make 20 Wh in a minute; ten times as much is counted
            now = datetime(2024, 10, 27, 0, tzinfo=UTC) + timedelta(minutes=minute)  # 02:00, 02:00, 03:00 in Oslo
            fields: dict[str, Any] = {"active_energy_import": 200 * minute, "energy_time": now.astimezone(zone)}
            comparison.update(Measurement(active_power_import=1200, **({} if minute % 60 else fields)), now)
        return comparison.verdict

    found = verdict(ZoneInfo("Europe/Oslo"))
    assert found == verdict(UTC)
    assert found
    assert found.excess == 1


@pytest.mark.parametrize("hours", [-14, 14])
def test_a_meter_whose_clock_is_at_the_end_of_the_calendar_raises_nothing(hours: int) -> None:
    edge = datetime(1 if hours > 0 else 9999, 1 if hours > 0 else 12, 1 if hours > 0 else 31, 12)  # noqa: DTZ001  next line
    edge = edge.replace(tzinfo=timezone(timedelta(hours=hours)))
    pushes = changed(house(HOUR, every=1), energy_time=edge)
    assert found(pushes) == []


def test_the_state_does_not_grow() -> None:
    run = Plausibility()
    sizes = []
    for number, (m, now) in enumerate(house(10 * HOUR)):
        run.update(m, now)
        if number % HOUR == 0:
            sizes.append(len(pickle.dumps(run)))
    assert all(later <= 2 * earlier for earlier, later in pairwise(sizes[1:]))
