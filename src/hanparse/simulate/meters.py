"""Defines `simulate`, which yields the pushes of a meter and the times at which the meter sends them.

The module has no I/O and does not wait. A caller that needs real time waits for the time of each push. Calls with equal
arguments yield equal bytes. All values are from one simulated load, so they agree. For example, the registers are the
integral of the powers.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse.measurement.inputs import check_type
from hanparse.simulate import lists
from hanparse.simulate.lists import Sent
from hanparse.simulate.load import State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


class Push(NamedTuple):
    """A `Push` contains the bytes of one push. The meter sends them `seconds` s after the start."""

    seconds: float
    data: bytes


class Faults(NamedTuple):
    """A `Faults` contains the probability (from 0 to 1) of each fault that a connection can have."""

    noise: float = 0.0
    """The probability that 1 to 40 random bytes precede a push."""
    damaged: float = 0.0
    """The probability that one bit of a push is wrong."""
    cut: float = 0.0
    """The probability that bytes at the end of a push are missing."""
    lost: float = 0.0
    """The probability that all bytes of a push are missing."""


NO_FAULTS: Final = Faults()
_MAX_NOISE: Final = 40


class _Due(NamedTuple):
    """A `_Due` is the rule for the times of list `number`: `offset` s after each full hour, and then every `period` s.

    If `period` is 0, the meter sends the list in each push in which no earlier rule applies.
    """

    number: int
    period: int
    offset: int = 0


class _Meter(NamedTuple):
    """A `_Meter` contains the interval between two pushes (`step`, in s) and the rules for its lists (`due`).

    If several rules apply at the same time, the first of them determines the list. `build` is the function that builds
    a list.
    """

    step: float
    due: tuple[_Due, ...]
    build: Callable[[Sent], bytes]
    is_late: bool = True
    """True if the meter reads its registers only at each full hour, false if it reads them for each push."""


_HOUR: Final = 3600
_LONGEST_STEP: Final = 86_400  # s; with a longer interval, few pushes would exceed the years or registers of a list
_LISTS: Final = _Due(3, _HOUR, 10), _Due(2, 10)  # the meter sends list 3 10 s after it has read the registers
METERS: Final[Mapping[str, _Meter]] = {
    "aidon": _Meter(2.5, (*_LISTS, _Due(1, 0)), lists.aidon),
    "embriq": _Meter(2, (*_LISTS, _Due(1, 0)), lists.embriq),
    "kaifa": _Meter(2, (*_LISTS, _Due(1, 0)), lists.kaifa),
    "kamstrup": _Meter(5, (_Due(2, _HOUR, 5), _Due(1, 10)), lists.kamstrup, is_late=False),
    "p1": _Meter(10, (_Due(1, 0),), lists.p1, is_late=False),
}
"""The meters that can be simulated, by their names."""
START: Final = datetime(2026, 1, 1, 11, 59, 50)  # noqa: DTZ001  a local time without a time zone
"""The default of `start`. A full hour begins 10 s later, so the meter sends a list with registers within 20 s."""


def simulate(
    meter: str,
    *,
    start: datetime = START,
    seed: int = 0,
    faults: Faults = NO_FAULTS,
    list_number: int | None = None,
    every: float | None = None,
) -> Iterator[Push]:
    """Yield the pushes of a meter without end.

    `meter` is a name in `METERS`. `start` is the local time at the start; it is rounded down to ten seconds. `seed`
    determines the random load and the random faults. If `list_number` or `every` is given, the meter sends only one
    list, at intervals of `every` s. The default of `list_number` is then the list with the most values. The default of
    `every` is then the shortest interval of the meter.

    Raises `ValueError` if the meter or the list is unknown, if `every` is not above 0 s or above one day, or if
    a probability is not from 0 to 1. Raises `TypeError` if `start` is not a `datetime`.
    """
    check_type("start", start, datetime)
    if meter not in METERS:
        raise ValueError(f"expected one of {', '.join(METERS)} for the argument meter, found {meter!r}")
    if not all(0 <= probability <= 1 for probability in faults):
        raise ValueError(f"expected probabilities from 0 to 1, found {faults}")
    begin = start.replace(second=start.second - start.second % 10, microsecond=0, tzinfo=None)
    sends = METERS[meter]
    if list_number is not None or every is not None:
        sends = _one_list(sends, list_number, sends.step if every is None else every)
    return _run(sends, begin, seed, faults)


def _one_list(meter: _Meter, number: int | None, step: float) -> _Meter:
    """Return a meter that sends only one of its lists, every `step` s, and reads its registers for each push."""
    numbers = sorted(due.number for due in meter.due)
    if number is not None and number not in numbers:
        raise ValueError(f"expected the number of a list of this meter, one of {numbers}, found {number}")
    if not 0 < step <= _LONGEST_STEP:
        raise ValueError(f"expected an interval above 0 s, of at most {_LONGEST_STEP} s, found {step}")
    return meter._replace(step=step, due=(_Due(number or numbers[-1], 0),), is_late=False)


def _run(meter: _Meter, begin: datetime, seed: int, faults: Faults) -> Iterator[Push]:
    state, chance, number = State(Random(seed)), Random(seed), 0  # noqa: S311  a load is no secret
    registers, read_at = dict(state.energies), _full_hour(begin)
    while True:
        seconds = number * meter.step
        clock, number = begin + timedelta(seconds=seconds), number + 1
        into_hour = (clock - _full_hour(clock)).total_seconds()
        if not meter.is_late or into_hour == 0:
            registers, read_at = dict(state.energies), clock
        if sent := _due(meter, into_hour):
            push = meter.build(Sent(sent, clock, state.values() | registers, read_at))
            if data := _faulty(push, chance, faults):
                yield Push(seconds, data)
        state.advance(meter.step)


def _full_hour(clock: datetime) -> datetime:
    return clock.replace(minute=0, second=0, microsecond=0)


def _due(meter: _Meter, into_hour: float) -> int:
    """Return the number of the list that the meter sends `into_hour` s after the full hour; 0 if it sends no list."""
    numbers = (due.number for due in meter.due if not due.period or (into_hour - due.offset) % due.period == 0)
    return next(numbers, 0)


def _faulty(push: bytes, chance: Random, faults: Faults) -> bytes:
    """Return a push with random faults. Return no bytes if the push is lost."""
    noise, damaged, cut, lost = (chance.random() < probability for probability in faults)
    if lost:
        return b""
    if damaged:
        bit = chance.randrange(8 * len(push))
        push = push[: bit // 8] + bytes([push[bit // 8] ^ 1 << bit % 8]) + push[bit // 8 + 1 :]
    if cut:
        push = push[: chance.randrange(1, len(push))]
    return chance.randbytes(chance.randint(1, _MAX_NOISE)) + push if noise else push
