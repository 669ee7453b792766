"""Defines the types of values in a `Measurement` beyond text, time and number: registers, estimates, P1 records."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003  get_type_hints is for users, too
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

if TYPE_CHECKING:
    from hanparse.obis import Obis

Plain = None | bool | int | float | str | bytes | tuple["Plain", ...]
"""A value as the meter sent it, without its type tag."""


_NAN: Final = float("nan")


def comparable(value: Any) -> Any:  # noqa: ANN401  any value of a measurement
    """Return the value with the same NaN object for every NaN: tuples compare equal only if the object is the same."""
    if isinstance(value, tuple):
        return tuple(map(comparable, value))
    return _NAN if isinstance(value, float) and value != value else value  # noqa: PLR0124  true of NaN alone


class Wiring(Enum):
    """The wiring of a meter. It determines the meaning of L1, L2 and L3."""

    ONE_PHASE = "1-phase"
    THREE_WIRE = "3-phase 3-wire (IT, delta)"
    FOUR_WIRE = "3-phase 4-wire (TN)"


class Register(NamedTuple):
    """One element of the list: the value as the meter sent it, its scaler (power of ten) and its unit.

    `obis` is `None` if neither the list nor its documentation names the element. `scaler` and `unit` come from the
    list, or from the documentation of the meter if the list carries none; they are `None` if neither states them. A
    register equals its copy even if its value is NaN.
    """

    obis: Obis | None
    value: Plain
    scaler: int | None = None
    unit: str | None = None

    def __eq__(self, other: object) -> bool:
        """Compare all parts, as tuples do."""
        return comparable(self) == comparable(other) if isinstance(other, tuple) else NotImplemented

    def __ne__(self, other: object) -> bool:
        """Return the opposite of `==`; without this method the one of `tuple`, which compares NaN, would apply."""
        return not self == other

    def __hash__(self) -> int:
        """Return the same hash for equal registers."""
        return hash(comparable(self))


class _EstimateParts(NamedTuple):
    value: float
    low: float
    high: float
    method: str
    likely_low: float = _NAN  # what is left out here, `Estimate` fills in
    likely_high: float = _NAN
    rare_high: float = _NAN


class Estimate(_EstimateParts):
    """A value that the meter does not measure, in the unit of its field, with bounds and likely limits.

    `low` and `high` hold whatever the loads are. Between `likely_low` and `likely_high` the true value lies mostly, and
    above `rare_high` rarely; `hanparse.energy.estimates` says how often. Where nothing is known of that, which is what
    is taken when they are left out, they are `low` and `high`.
    """

    __slots__ = ()

    def __new__(  # noqa: D102  the class says it
        cls,
        value: float,
        low: float,
        high: float,
        method: str,
        likely_low: float | None = None,
        likely_high: float | None = None,
        rare_high: float | None = None,
    ) -> Self:
        likely_low = low if likely_low is None else likely_low
        likely_high = high if likely_high is None else likely_high
        rare_high = high if rare_high is None else rare_high
        return tuple.__new__(cls, (value, low, high, method, likely_low, likely_high, rare_high))  # twice as fast


class Breaker(StrEnum):
    """The state of the breaker in the meter (class Disconnect control, Blue Book 4.5.8)."""

    DISCONNECTED = "disconnected"
    CONNECTED = "connected"
    READY = "ready"
    """The breaker is disconnected; the consumer may connect it by hand."""


class PowerFailure(NamedTuple):
    """One long power failure: the time when it ended, and its duration in seconds."""

    end: datetime
    seconds: int


class Peak(NamedTuple):
    """The highest quarter-hour average of a month: end of the month, end of the quarter hour, and power in W."""

    month_end: datetime
    time: datetime
    power: float


class Submeter(NamedTuple):
    """A meter that the electricity meter reads over M-Bus: its channel, kind, meter number, and last reading.

    `kind` is ``"gas"``, ``"water"``, ``"heat"`` or ``"electricity"``, the number of any other device type (EN 13757-3),
    or `None` if the telegram carries no device type. `unit` is ``"m³"``, ``"J"`` or ``"Wh"``. `time`, `value` and
    `unit` are `None` if the sub-meter has not been read yet.
    """

    channel: int
    kind: str | int | None = None
    id: str | None = None
    time: datetime | None = None
    value: float | None = None
    unit: str | None = None


RecordType = type[PowerFailure] | type[Peak] | type[Submeter]
"""The types of the elements of tuples in a `Measurement`."""
