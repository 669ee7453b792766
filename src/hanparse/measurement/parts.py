"""Defines the types of values in a `Measurement` besides text, time and number: registers, estimates, P1 records."""

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
    """Return the value with one NaN object in place of every NaN, because Python compares the same object as equal."""
    if isinstance(value, tuple):
        return tuple(map(comparable, value))
    return _NAN if isinstance(value, float) and value != value else value  # noqa: PLR0124  only NaN differs from itself


class Wiring(Enum):
    """The wiring of a meter determines the meaning of L1, L2 and L3."""

    ONE_PHASE = "1-phase"
    THREE_WIRE = "3-phase 3-wire (IT, delta)"
    FOUR_WIRE = "3-phase 4-wire (TN)"


class Register(NamedTuple):
    """An instance holds one element of a push: the code, the value as the meter sent it, the scaler and the unit.

    The scaler is a power of ten. Code, scaler and unit are from the push, or from the documentation of the meter if the
    push does not contain them. Each of them is `None` if the documentation does not contain it, either. A register
    equals its copy even if its value is NaN.
    """

    obis: Obis | None
    value: Plain
    scaler: int | None = None
    unit: str | None = None

    def __eq__(self, other: object) -> bool:
        """Compare all parts, as tuples do."""
        return comparable(self) == comparable(other) if isinstance(other, tuple) else NotImplemented

    def __ne__(self, other: object) -> bool:
        """Return the opposite of `==`. The inherited method of `tuple` would find a NaN unequal to itself."""
        return not self == other

    def __hash__(self) -> int:
        """Return the same hash for equal registers."""
        return hash(comparable(self))


class _EstimateParts(NamedTuple):
    value: float
    low: float
    high: float
    method: str
    likely_low: float = _NAN  # `Estimate` replaces the last three defaults
    likely_high: float = _NAN
    rare_high: float = _NAN


class Estimate(_EstimateParts):
    """An instance holds an estimate of a value that the meter does not measure. Numbers are in the unit of the field.

    The bounds `low` and `high` contain the true value for all possible loads. The true value is mostly between
    `likely_low` and `likely_high`, and rarely above `rare_high`. docs/accuracy.md gives the probabilities. The default
    of `likely_low` is `low`; the default of `likely_high` and `rare_high` is `high`.
    """

    __slots__ = ()

    def __new__(  # noqa: D102  see the class
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
        # tuple.__new__ takes half the time of the inherited method
        return tuple.__new__(cls, (value, low, high, method, likely_low, likely_high, rare_high))


class Breaker(StrEnum):
    """The state of the breaker in the meter (class Disconnect control, Blue Book 4.5.8)."""

    DISCONNECTED = "disconnected"
    CONNECTED = "connected"
    READY = "ready"
    """The breaker is disconnected, and the consumer can connect it by hand."""


class PowerFailure(NamedTuple):
    """An instance holds the end of one long power failure and its duration in seconds."""

    end: datetime
    seconds: int


class Peak(NamedTuple):
    """An instance holds the highest average power of a quarter hour in a month, in W.

    `month_end` is the end of the month. `time` is the end of the quarter hour.
    """

    month_end: datetime
    time: datetime
    power: float


class Submeter(NamedTuple):
    """An instance describes a meter that the electricity meter reads over M-Bus. `id` is the meter number.

    `kind` is ``"gas"``, ``"water"``, ``"heat"`` or ``"electricity"``. For any other device type (EN 13757-3), `kind` is
    the number of the type. `kind` is `None` if the telegram contains no device type. `time`, `value` and `unit` are the
    last reading; they are `None` until the sub-meter has been read. `unit` is ``"m³"``, ``"J"`` or ``"Wh"``.
    """

    channel: int
    kind: str | int | None = None
    id: str | None = None
    time: datetime | None = None
    value: float | None = None
    unit: str | None = None


RecordType = type[PowerFailure] | type[Peak] | type[Submeter]
"""The types of elements in the fields that are tuples."""
