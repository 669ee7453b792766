"""Measurements of one meter, as they come -> the latest value of each field and its time: `MeterState`.

Lists come in parts: the power every two seconds, currents every ten, registers every hour. What a part does not carry
is kept from the part before, until it is too old.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from hanparse.measurement.measurement import FIELDS

MAX_AGE: Final = timedelta(hours=2)
"""Registers come every hour; one hourly list may be lost."""

_CARRIED: Final = (*(name for name in FIELDS if name != "timestamp"), "wiring")
_IDENTITY: Final = ("meter_id", "model", "manufacturer")
_OPPOSITES: Final = {
    name: name.replace(one, other)
    for one, other in (("_import", "_export"), ("_export", "_import"))
    for name in FIELDS
    if "_power_" in name and one in name
}


class Latest(NamedTuple):
    """A value, the time when it was taken by the meter's clock, and the time when it came by the caller's."""

    value: Any
    taken: datetime | None
    """`None` where the list carries no time."""
    received: datetime

    @property
    def time(self) -> datetime:
        """When it was taken where the list says so, else when it came."""
        return self.taken or self.received


class _Kept(NamedTuple):
    """A value, and how much time had passed by the caller's clock when it came."""

    latest: Latest
    passed: timedelta


class MeterState:
    """The latest values of one meter. Without I/O and without a clock: all times are the caller's.

    >>> state = MeterState()
    >>> for measurement in decoder.feed(chunk, at=datetime.now(UTC)):   # doctest: +SKIP
    ...     print(state.update(measurement).current_l1)

    A value that no list has brought for `max_age` is dropped, as are the meter's number, type and maker. A list of
    another meter begins anew. Keep one state for each meter: where lists of several meters come over one line, lists
    that do not name their meter cannot be told apart.
    """

    def __init__(self, *, max_age: timedelta = MAX_AGE) -> None:
        """Raise `TypeError` for an age of another type, `ValueError` for one that is not above 0."""
        if not isinstance(max_age, timedelta):
            raise TypeError(f"expected a timedelta as max_age, found {type(max_age).__name__}")
        if max_age <= timedelta(0):
            raise ValueError(f"expected a max_age above 0, found {max_age}")
        self.max_age = max_age
