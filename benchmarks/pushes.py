"""Make pushes and streams from frame files, with new values in each push and correct check sequences."""

from __future__ import annotations

import struct
import sys
from datetime import datetime, timedelta
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from framefiles import named
from wire import LLC, check_sequence, seeded

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

KINDS: Final = {
    "Aidon list 1": "aidon/list1-no",
    "Aidon list 2": "aidon/list2-6534-tn",
    "Aidon list 3": "aidon/list3-6534-tn",
    "Kaifa list 1": "kaifa/list1-no",
    "Kaifa list 2": "kaifa/list2-ma304h4-tn",
    "Kaifa list 3": "kaifa/list3-ma304h4-tn",
    "Kamstrup list 1": "kamstrup/list1-3phase",
    "Kamstrup list 2": "kamstrup/list2-3phase",
}
"""The lists that are compared, and their files in tests/frames.

Kamstrup meters send list 1 every 10 s and list 2 every hour.
"""
ORDER: Final = {
    "Aidon": ("Aidon list 1", "Aidon list 1", "Aidon list 1", "Aidon list 2"),
    "Kaifa": ("Kaifa list 1", "Kaifa list 1", "Kaifa list 1", "Kaifa list 1", "Kaifa list 2"),
    "Kamstrup": ("Kamstrup list 1",),
}
"""The lists that a meter of each maker sends in ten seconds. A stream ends with the hourly list."""
HOURLY: Final = {"Aidon": "Aidon list 3", "Kaifa": "Kaifa list 3", "Kamstrup": "Kamstrup list 2"}

_NESTED: Final = (1, 2)  # array, structure
_OCTET_STRING: Final = 9
_STRINGS: Final = (_OCTET_STRING, 10)  # visible-string
_SIZES: Final = {0: 0, 6: 4, 15: 1, 16: 2, 18: 2, 22: 1}  # null, u32, i8 (scalers), i16, u16, enum (units)
_VALUES: Final = {6: (">I", range(20_000)), 16: (">h", range(400))}
"""The types of values: the format of `struct`, and the range of the numbers."""
_VOLTAGE: Final = 18  # u16, in V or tenths of V, as in the frame
_ENERGIES: Final = range(100_000_000)
_INVOKE_ID_END: Final = 5  # the index in the APDU
_DATE_TIME_SIZE: Final = 12
_BEGIN: Final = datetime(2024, 1, 31, 23, 0)  # noqa: DTZ001  a wall clock
_STEP: Final = timedelta(seconds=10)


class _Number(NamedTuple):
    """A number that changes in each push: its index and format in the frame, and its range."""

    start: int
    format: str
    values: range


def pushes(kind: str, count: int, seed: int = 0) -> list[bytes]:
    """Return this number of pushes of a kind, one each ten seconds. Different seeds give different values."""
    return list(islice(_endless(kind, seeded(seed)), count))


def stream(maker: str, frames: int, seed: int = 0) -> bytes:
    """Return this number of frames in the order in which a meter sends its lists. The hourly list is the last frame."""
    rng = seeded(seed)
    sources = {kind: _endless(kind, rng) for kind in {*ORDER[maker], HOURLY[maker]}}
    order = [*islice(cycle(ORDER[maker]), frames - 1), HOURLY[maker]]
    return b"".join(next(sources[kind]) for kind in order)


def chunks(data: bytes, size: int) -> list[bytes]:
    """Return `data` in chunks of `size` bytes."""
    return [data[at : at + size] for at in range(0, len(data), size)]


def _endless(kind: str, rng: Random) -> Iterator[bytes]:
    frame = bytearray(named(KINDS[kind]).data)
    clocks, numbers = _places(frame)
    moment = _BEGIN
    while True:
        moment += _STEP
        for start in clocks:
            _set_clock(frame, start, moment)
        for number in numbers:
            struct.pack_into(number.format, frame, number.start, rng.choice(number.values))
        frame[-3:-1] = check_sequence(bytes(frame[1:-3]))
        yield bytes(frame)


def _set_clock(frame: bytearray, start: int, moment: datetime) -> None:
    """Set the year to the second of a date-time. Do not change the weekday, hundredths, deviation and status."""
    struct.pack_into(">HBB", frame, start, moment.year, moment.month, moment.day)
    struct.pack_into(">BBB", frame, start + 5, moment.hour, moment.minute, moment.second)


def _places(frame: bytearray) -> tuple[list[int], list[_Number]]:
    """Return the indexes of the date-times of a frame, and its numbers."""
    at = frame.index(LLC) + len(LLC) + _INVOKE_ID_END
    at += frame[at] == _OCTET_STRING  # Kaifa tags the date-time of the APDU
    clocks = [at + 1] if frame[at] == _DATE_TIME_SIZE else []
    numbers: list[_Number] = []
    energies = False
    for tag, start, size in _elements(frame, at + 1 + frame[at]):
        if tag == _OCTET_STRING and size == _DATE_TIME_SIZE:
            clocks.append(start)
            energies = True  # the energies follow the clock in the list
        elif tag == _VOLTAGE:
            sent = int.from_bytes(frame[start : start + size], "big")
            numbers.append(_Number(start, ">H", range(sent * 19 // 20, sent * 11 // 10 + 1)))
        elif tag in _VALUES:
            number_format, values = _VALUES[tag]
            numbers.append(_Number(start, number_format, _ENERGIES if energies else values))
    return clocks, numbers


def _elements(frame: bytearray, at: int) -> Iterator[tuple[int, int, int]]:
    """Return type, index and size of the values from `at` to the FCS, in order."""
    while at < len(frame) - 3:
        tag = frame[at]
        if tag in _NESTED:  # the elements of the structure are next
            at += 2
            continue
        start, size = (at + 2, frame[at + 1]) if tag in _STRINGS else (at + 1, _SIZES[tag])
        yield tag, start, size
        at = start + size
