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
    """Return the value with `_NAN` in place of every NaN, because tuples with the same NaN object are equal."""
    if isinstance(value, tuple):
        return tuple(map(comparable, value))
    return _NAN if isinstance(value, float) and value != value else value  # noqa: PLR0124  only NaN differs from itself


class Wiring(Enum):
    """The wiring of a meter. It determines the meaning of the names L1, L2 and L3."""

    ONE_PHASE = "1-phase"
    THREE_WIRE = "3-phase 3-wire (IT, delta)"
    FOUR_WIRE = "3-phase 4-wire (TN)"


class Register(NamedTuple):
    """An instance holds one element of a push: the OBIS code, the value as the meter sent it, the scaler and the unit.

    A number is ``value × 10^scaler`` in `unit`. `obis`, `scaler` and `unit` are from the push. If the push does not
    contain one of them, it is from the documentation of the meter, or `None` if the documentation does not contain it.
    A register equals a copy of itself even if the value is NaN.
    """

    obis: Obis | None
    value: Plain
    scaler: int | None = None
    unit: str | None = None

    def __eq__(self, other: object) -> bool:
        """Compare all parts. In this comparison, NaN equals NaN."""
        return comparable(self) == comparable(other) if isinstance(other, tuple) else NotImplemented

    def __ne__(self, other: object) -> bool:
        """Return the opposite of `==`. The method of `tuple` does not call `__eq__`."""
        return not self == other

    def __hash__(self) -> int:
        """Return the same hash for equal registers."""
        return hash(comparable(self))


class _EstimateParts(NamedTuple):
    value: float
    low: float
    high: float
    method: str
    likely_low: float = _NAN  # `Estimate` replaces these defaults
    likely_high: float = _NAN
    rare_high: float = _NAN


class Estimate(_EstimateParts):
    """An instance holds an estimate of a value that the meter does not measure, in the unit of the field.

    The true value is between `low` and `high` for all possible loads. It is mostly between `likely_low` and
    `likely_high`, and rarely above `rare_high`. docs/accuracy.md gives the probabilities. `method` names the
    calculation. The default of `likely_low` is `low`; the default of `likely_high` and `rare_high` is `high`.
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
        # tuple.__new__ takes half the time of super().__new__
        return tuple.__new__(cls, (value, low, high, method, likely_low, likely_high, rare_high))


class Breaker(StrEnum):
    """The state of the breaker in the meter (class Disconnect control, Blue Book 4.5.8)."""

    DISCONNECTED = "disconnected"
    CONNECTED = "connected"
    READY = "ready"
    """The breaker is disconnected, and the consumer can reconnect it by hand."""


class PowerFailure(NamedTuple):
    """An instance holds the end of one long power failure and its duration in seconds."""

    end: datetime
    seconds: int


class Peak(NamedTuple):
    """An instance holds the highest power of one month, in W. `power` is the average power of a quarter hour.

    `month_end` is the end of the month. `time` is the end of the quarter hour with the highest power.
    """

    month_end: datetime
    time: datetime
    power: float


class Submeter(NamedTuple):
    """An instance describes a meter that the electricity meter reads over M-Bus. `id` is the meter number.

    `channel` is the M-Bus channel. `kind` is ``"gas"``, ``"water"``, ``"heat"`` or ``"electricity"``. For any other
    device type (EN 13757-3), `kind` is the number of the type. `kind` is `None` if the telegram contains no device
    type. `time`, `value` and `unit` are the last reading of the sub-meter; they are `None` if the telegram contains no
    reading. `unit` is ``"m³"``, ``"J"`` or ``"Wh"``.
    """

    channel: int
    kind: str | int | None = None
    id: str | None = None
    time: datetime | None = None
    value: float | None = None
    unit: str | None = None


RecordType = type[PowerFailure] | type[Peak] | type[Submeter]
"""A type of the elements in a field that contains a tuple."""
