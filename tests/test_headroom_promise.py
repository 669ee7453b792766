"""What `hanparse.energy.headroom` promises, held against a house whose every load is known."""

from __future__ import annotations

import math
from cmath import phase, rect
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st
from nets import FOUR, ONE, PAIRS, THREE, delta

from hanparse import Measurement, Wiring
from hanparse.energy.estimates import estimate
from hanparse.energy.headroom import Freshness, FuseGuard, Headroom

if TYPE_CHECKING:
    from collections.abc import Callable

    Lines = dict[int, complex]

VOLTAGE = 230.0  # between lines on three wires, from line to neutral else
ROUNDING = 1e-6
OSLO = ZoneInfo("Europe/Oslo")
START = datetime(2024, 10, 27, 0, 59, tzinfo=UTC)  # a minute before 03:00 is 02:00 once more in Oslo
CLOCKS: dict[str, Callable[[datetime], datetime]] = {
    "UTC": lambda now: now,
    "aware and local": lambda now: now.astimezone(OSLO),
    "naive UTC": lambda now: now.replace(tzinfo=None),
    "naive and local": lambda now: now.astimezone(OSLO).replace(tzinfo=None),  # put back by an hour in between
}
CONNECTIONS: dict[Wiring, list[tuple[int, ...]]] = {
    ONE: [(1,)],
    THREE: [*PAIRS, (1, 2, 3)],
    FOUR: [(1,), (2,), (3,), *PAIRS, (1, 2, 3)],
}


class Step(NamedTuple):
    """What happens between two pushes, and the push."""

    seconds: float
    load: int
    """Which connection of the house, of those that its wiring has."""
    watts: float
    charging: float
    """A part of what the charger may take."""
    kind: str
    is_lost: bool


STEPS = st.lists(
    st.builds(
        Step,
        seconds=st.sampled_from([0, 0.1, 2.5, 2.5, 2.5, 10, 25]),
        load=st.integers(0, 6),
        watts=st.floats(0, 6000) | st.sampled_from([0, 2300]),
        charging=st.floats(0, 1),
        kind=st.sampled_from(
            ["all", "all", "currents", "power", "power", "power and export", "again", "again", "late", "noise"]
        ),
        is_lost=st.sampled_from([False, False, False, True]),
    ),
    min_size=1,
    max_size=14,
)
WAYS = st.lists(st.sampled_from([1, -1]), min_size=15, max_size=15)


@dataclass
class House:
    """Loads that are known, and a meter that tells the truth."""

    wiring: Wiring
    charger: tuple[int, ...]
    meter: str
    is_dated: bool
    lines: Lines
    charging: float = 0

    def star(self, line: int) -> complex:
        """The voltage of a line against the neutral, or the point where it would be."""
        length = VOLTAGE / math.sqrt(3) if self.wiring is THREE else VOLTAGE
        return rect(length, -math.tau / 3 * (line - 1))

    def flow(self, lines: tuple[int, ...], amperes: float) -> Lines:
        """The phasors of a load at power factor 1 on these lines; below 0 it feeds in."""
        none = dict.fromkeys(self.lines, 0j)
        if len(lines) != 2:
            return none | {line: rect(amperes, phase(self.star(line))) for line in lines}
        current = rect(amperes, phase(self.star(lines[0]) - self.star(lines[1])))
        return none | {lines[0]: current, lines[1]: -current}

    def switch(self, lines: tuple[int, ...], watts: float) -> None:
        """A load goes on, or off, or the sun comes out; the promise: what goes off leaves no line with more."""
        is_between = len(lines) == 2
        volts = abs(self.star(lines[0]) - self.star(lines[1])) if is_between else abs(self.star(1)) * len(lines)
        after = {line: self.lines[line] + current for line, current in self.flow(lines, watts / volts).items()}
        if watts > 0 or self.is_relief(after):
            self.lines = after

    def is_relief(self, after: Lines) -> bool:
        """Whether no line carries more, whatever the charger takes: what is between none and all of it is between."""
        flows = [self.flow(self.charger, amperes) for amperes in (0, 25)]
        return all(abs(after[line] + own[line]) <= abs(self.lines[line] + own[line]) for own in flows for line in after)

    def carried(self, charging: float) -> dict[int, float]:
        """A in each line, were this what the charger takes."""
        own = self.flow(self.charger, charging)
        return {line: abs(current + own[line]) for line, current in self.lines.items()}

    @property
    def power(self) -> float:
        """W, import - export."""
        own = self.flow(self.charger, self.charging)
        return sum((self.star(line) * (self.lines[line] + own[line]).conjugate()).real for line in self.lines)

    def push(self, kind: str, time: datetime) -> Measurement:
        """What the meter sends."""
        fields: dict[str, Any] = {}
        if kind in ("all", "currents"):
            fields = {f"current_l{line}": current for line, current in self.carried(self.charging).items()}
            fields |= {"voltage_l1": VOLTAGE, "timestamp": time if self.is_dated else None, "wiring": self.wiring}
        if kind in ("all", "power", "power and export"):
            fields["active_power_import"] = max(0.0, self.power)
        if kind in ("all", "power and export") or (kind == "power" and self.power < 0):
            fields["active_power_export"] = max(0.0, -self.power)
        if self.meter == "two currents" and kind in ("all", "currents"):
            del fields["current_l2"]
        if self.meter == "a zero, of a type that nobody knows" and kind in ("all", "currents"):
            fields |= {"current_l2": 0.0, "wiring": None}
        found = Measurement(**fields)
        return found.with_estimates(estimate(found)) if self.meter == "estimates" else found


@dataclass
class Run:
    """A guard, its house and its clock."""

    house: House
    guard: FuseGuard
    clock: Callable[[datetime], datetime]
    now: datetime = START
    may_take: float = 0
    knows_export: bool = False
    listed: float = 0
    """A that the charger drew at the last list with currents."""
    lists: list[Measurement] = field(default_factory=list)
    lost: Measurement | None = None

    def step(self, step: Step, way: int) -> None:
        """Something is switched, time passes, the meter speaks and is heard or not."""
        self.now += timedelta(seconds=step.seconds)
        connections = CONNECTIONS[self.house.wiring]
        self.house.switch(connections[step.load % len(connections)], way * step.watts)
        self.house.charging = step.charging * self.may_take
        if step.kind == "again" and self.lists:
            again = self.lists[0 if self.house.is_dated else -1]
            self.guard.update(again, self.clock(self.now), charging=self.listed)
            self.may_take = self.guard.headroom(self.clock(self.now)).current
        elif step.kind == "late" and self.lost and self.is_overtaken(self.lost):
            self.guard.update(self.lost, self.clock(self.now), charging=self.house.charging)
            self.may_take = self.guard.headroom(self.clock(self.now)).current
        elif step.kind == "noise":
            self.guard.bad_data(self.clock(self.now))
        elif step.kind in ("all", "currents") and step.is_lost and self.house.is_dated:
            self.lost = self.house.push(step.kind, self.now)
        elif step.kind not in ("again", "late") and not step.is_lost:
            self.hear(step.kind)

    def is_overtaken(self, push: Measurement) -> bool:
        """Whether a list of later has arrived, so that this one can be told to be late."""
        times = [one.timestamp for one in (push, *self.lists[-1:]) if one.timestamp]
        return len(times) == 2 and times[0] < times[1]

    def hear(self, kind: str) -> None:
        """One push arrives."""
        if kind == "currents" and not self.knows_export and self.house.power < 0:
            kind = "all"  # the promise: the pushes say the export where there is any
        push = self.house.push(kind, self.now)
        self.guard.update(push, self.clock(self.now), charging=self.house.charging)
        self.knows_export |= bool(push.active_power_export)
        if kind in ("all", "currents"):
            self.listed = self.house.charging
            self.lists = [*self.lists, push][-3:]
        self.check(self.guard.headroom(self.clock(self.now)))

    def check(self, said: Headroom) -> None:
        """Load and headroom together stay below the fuse, in every line that the charger is connected to."""
        self.may_take = said.current
        if said.freshness is not Freshness.ACTIVE:
            assert said.current == 6
            return
        if said.current >= self.listed and said.current:
            with_it = self.house.carried(said.current)
            assert all(with_it[line] <= 25 + ROUNDING for line in self.house.charger), said
        now = self.house.carried(self.house.charging)
        for line, free in said.free.items():
            if self.house.charging >= self.listed:
                assert free <= max(0, 25 - now[line]) + ROUNDING, said


@given(st.data(), st.sampled_from(list(Wiring)), STEPS, WAYS, st.sampled_from(sorted(CLOCKS)))
def test_for_any_sequence_of_true_pushes_load_and_headroom_stay_below_the_fuse_on_every_line(
    data: st.DataObject, wiring: Wiring, steps: list[Step], ways: list[int], clock: str
) -> None:
    charger = data.draw(st.sampled_from(CONNECTIONS[wiring]))
    meters = ["all currents", "two currents", "estimates", "a zero, of a type that nobody knows"]
    meter = data.draw(st.sampled_from(meters if wiring is THREE else meters[:1]))
    house = House(
        wiring, charger, meter, data.draw(st.booleans()), dict.fromkeys((1,) if wiring is ONE else (1, 2, 3), 0j)
    )
    reactive = data.draw(st.tuples(*[st.builds(rect, st.floats(0, 15), st.floats(0, math.tau))] * 2))
    for lines, current in zip(CONNECTIONS[wiring][-3:-1], reactive, strict=False):
        house.lines[lines[0]] += current
        house.lines[lines[-1]] -= current if len(lines) == 2 else 0
    run = Run(house, FuseGuard(25, wiring, charger=charger), CLOCKS[clock])
    way = iter(ways)
    direction = next(way)
    for step in steps:
        run.step(step, direction)
        if not step.is_lost and step.kind in ("all", "currents", "power", "power and export"):
            direction = next(way)  # the promise: one way only between two pushes that are heard


@given(
    st.lists(st.tuples(st.floats(0, 40) | st.sampled_from([1800, 3570, 3600]), st.booleans()), min_size=1, max_size=40),
    st.sampled_from(sorted(CLOCKS)),
)
def test_what_is_called_active_is_no_older_than_the_limit_whatever_the_clock_shows(
    calls: list[tuple[float, bool]], clock: str
) -> None:
    shown, guard = CLOCKS[clock], FuseGuard(25, FOUR, stale_after=timedelta(seconds=30))
    now, last, hidden = START, None, timedelta(0)
    push = Measurement(current_l1=1, current_l2=1, current_l3=1)
    for seconds, is_list in calls:
        before, now = now, now + timedelta(seconds=seconds)
        if is_list:
            guard.update(push, shown(now))
            last, hidden = now, timedelta(0)
        elif clock == "naive and local":  # nobody can tell how long the step was in which it was put back
            hidden += now - before - max(timedelta(0), shown(now) - shown(before))
        fresh = guard.freshness(shown(now)) is Freshness.ACTIVE
        assert not fresh or (last and now - last - hidden <= timedelta(seconds=30))
        if clock != "naive and local":
            assert fresh is bool(last and now - last <= timedelta(seconds=30))


@given(
    st.sampled_from([(FOUR, THREE), (THREE, FOUR), (ONE, THREE), (ONE, FOUR)]),
    st.tuples(*[st.builds(rect, st.floats(0, 30), st.floats(0, math.tau))] * 3),
    st.data(),
)
def test_where_the_meter_contradicts_the_wiring_that_was_said_every_line_of_the_house_is_kept(
    wirings: tuple[Wiring, Wiring], loads: tuple[complex, complex, complex], data: st.DataObject
) -> None:
    said, true = wirings
    house = House(true, data.draw(st.sampled_from(CONNECTIONS[true])), "all currents", is_dated=False, lines={})
    house.lines = delta(*loads) if true is THREE else dict(enumerate(loads, 1))
    house.meter = data.draw(st.sampled_from(["all currents", "two currents"]))
    guard = FuseGuard(25, said, charger=data.draw(st.sampled_from(CONNECTIONS[said])))
    guard.update(house.push("all", START), START)
    may = guard.headroom(START)
    before, after = house.carried(0), house.carried(may.current)
    assert all(after[line] <= max(25, before[line]) + ROUNDING for line in after), may
    assert f"the meter is {true.value}" in may.why
