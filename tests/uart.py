"""Bytes -> the levels of an asynchronous serial line -> the bytes that a receiver with other settings makes of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_TICKS: Final = 230_400  # a second; half a bit at 115,200 baud, so that the middle of every bit is a whole tick
_LOW, _HIGH = b"\0", b"\1"
_INVERTED: Final = bytes.maketrans(_LOW + _HIGH, _HIGH + _LOW)


@dataclass(frozen=True)
class Setting:
    """Speed, data bits and parity (N, E or O) of one end of a line; one stop bit."""

    baud: int = 2400
    bits: int = 8
    parity: str = "E"

    @property
    def bit(self) -> int:
        """Ticks in a bit."""
        return _TICKS // self.baud

    def parity_bit(self, data: int) -> int:
        """What is sent for `data`: makes the number of ones even or odd."""
        return data.bit_count() & 1 ^ (self.parity == "O")


AIDON = Setting()
KAMSTRUP = Setting(parity="N")
SWEDEN = Setting(115_200, parity="N")


def send(frames: Iterable[bytes], setting: Setting, *, gap: int = 30) -> bytes:
    """The levels of the line, one per tick: no pause between bytes, `gap` idle bits before and after each frame."""
    idle = _HIGH * setting.bit * gap
    characters = (b"".join(_levels(byte, setting) for byte in frame) for frame in frames)
    return idle + b"".join(character + idle for character in characters)


def _levels(byte: int, setting: Setting) -> bytes:
    """Start bit, data with the lowest bit first, parity bit, stop bit."""
    byte &= (1 << setting.bits) - 1
    levels = [0, *(byte >> i & 1 for i in range(setting.bits))]
    if setting.parity != "N":
        levels.append(setting.parity_bit(byte))
    return b"".join(bytes([level]) * setting.bit for level in [*levels, 1])


def receive(line: bytes, setting: Setting, *, drop: bool = False) -> bytes:
    """What a receiver reads; `drop`: without the bytes whose parity or stop bit is wrong; many readers keep them."""
    return bytes(data for data, sound in _characters(line, setting) if sound or not drop)


def _characters(line: bytes, setting: Setting) -> Iterator[tuple[int, bool]]:
    """Each character: a falling edge begins it, every bit is sampled in its middle, from there the next edge counts.

    After a stop bit that is low there is no edge before the line has been high again.
    """
    checked = setting.parity != "N"
    count = 1 + setting.bits + checked + 1
    at = 0
    while (high := line.find(_HIGH, at)) >= 0 and (edge := line.find(_LOW, high)) >= 0:
        samples = line[edge + setting.bit // 2 : edge + count * setting.bit : setting.bit]
        if len(samples) < count:
            return
        data = sum(level << i for i, level in enumerate(samples[1 : 1 + setting.bits]))
        sound = samples[-1] == 1 and not (checked and samples[-2] != setting.parity_bit(data))
        yield data, sound
        at = edge + setting.bit // 2 + (count - 1) * setting.bit


def inverted(line: bytes) -> bytes:
    """The line with its two levels exchanged: wires swapped, or an inverting level shifter too many."""
    return line.translate(_INVERTED)
