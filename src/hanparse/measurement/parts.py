"""What a `Measurement` is made of that is no text, time or number: registers, estimates, records of P1 telegrams."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003  get_type_hints is for users, too
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

if TYPE_CHECKING:
    from hanparse.obis import Obis

Plain = None | bool | int | float | str | bytes | tuple["Plain", ...]
"""A value as sent, without its type tag."""


_NAN: Final = float("nan")


def comparable(value: Any) -> Any:  # noqa: ANN401  whatever a measurement holds
    """Return the value, with one object in place of every NaN, which equals no other and not its own copy."""
    if isinstance(value, tuple):
        return tuple(map(comparable, value))
    return _NAN if isinstance(value, float) and value != value else value  # noqa: PLR0124  true of NaN alone


class Wiring(Enum):
    """How the meter is connected; it decides what L1, L2 and L3 mean."""

    ONE_PHASE = "1-phase"
    THREE_WIRE = "3-phase 3-wire (IT, delta)"
    FOUR_WIRE = "3-phase 4-wire (TN)"


class Register(NamedTuple):
    """One element of the list: the value as sent, and the power of ten and the unit that belong to it.

    `obis` is `None` where neither the list nor its documentation names the element. `scaler` and `unit` are those sent;
    where the list sends none, those that the meter's documentation states; `None` where nobody states any. A register
    equals its copy also where the meter sent a NaN.
    """

    obis: Obis | None
    value: Plain
    scaler: int | None = None
    unit: str | None = None

    def __eq__(self, other: object) -> bool:
        """Equal in every part, as tuples are."""
        return comparable(self) == comparable(other) if isinstance(other, tuple) else NotImplemented

    def __ne__(self, other: object) -> bool:
        """Return the reverse; a tuple would answer by itself."""
        return not self == other

    def __hash__(self) -> int:
        """Equal registers have equal hashes."""
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
    """The state of the breaker in the meter (disconnect control, Blue Book 4.5.8)."""

    DISCONNECTED = "disconnected"
    CONNECTED = "connected"
    READY = "ready"
    """Disconnected; the consumer may connect it by hand."""


class PowerFailure(NamedTuple):
    """One long power failure: its end, and how many seconds it lasted."""

    end: datetime
    seconds: int


class Peak(NamedTuple):
    """The highest quarter-hour average of a month: end of the month, end of the quarter hour, power in W."""

    month_end: datetime
    time: datetime
    power: float


class Submeter(NamedTuple):
    """A meter that is read by this one: on which channel, what it measures, its number, its last reading and unit.

    `kind` is ``"gas"``, ``"water"``, ``"heat"``, ``"electricity"``, or the number of another kind (EN 13757-3), `None`
    where the telegram does not tell. `unit` is ``"m³"``, ``"J"`` or ``"Wh"``. `time`, `value` and `unit` are `None`
    while it was never read.
    """

    channel: int
    kind: str | int | None = None
    id: str | None = None
    time: datetime | None = None
    value: float | None = None
    unit: str | None = None


RecordType = type[PowerFailure] | type[Peak] | type[Submeter]
"""What the tuples of a `Measurement` hold."""
