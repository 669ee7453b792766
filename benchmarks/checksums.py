"""Compare three implementations of the check sequence: crcmod with and without its C extension, and crc_hqx."""

from __future__ import annotations

import sys
from binascii import crc_hqx
from importlib import import_module
from time import process_time_ns
from typing import TYPE_CHECKING, Final
from unittest.mock import patch

from figures import spread
from pushes import pushes

if TYPE_CHECKING:
    from collections.abc import Callable

    from figures import Spread

    Checksum = Callable[[bytes], int]
    Checksums = dict[str, list[Spread]]

SHOWN: Final = ("Aidon list 1", "Kaifa list 2", "Aidon list 2", "Aidon list 3")
"""Pushes from short to long."""
_EXTENSION: Final = "crcmod._crcfunext"
_MIRRORED: Final = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_ROUNDS: Final = 25
_CALLS: Final = 200
_CHECK: Final = (b"123456789", 0x906E)


def extension_in_use() -> bool:
    """Return whether crcmod uses its C extension in this environment."""
    return bool(vars(import_module("crcmod.crcmod"))["_usingExtension"])


def measured() -> Checksums:
    """Return the microseconds that the bytes between the flags of each push in `SHOWN` need, in interleaved rounds."""
    ways = {
        "crcmod with its C extension": _crcmod() if extension_in_use() else None,
        "`binascii.crc_hqx` over bit-reversed bytes": _standard_library,
        "crcmod without its C extension": _crcmod_without_extension(),
    }
    present = {name: way for name, way in ways.items() if way}
    if any(way(_CHECK[0]) != _CHECK[1] for way in present.values()):
        raise SystemExit(f"a check sequence of {_CHECK[0]!r} is not {_CHECK[1]:X}")
    figures: dict[str, list[list[float]]] = {name: [[] for _ in SHOWN] for name in present}
    for number in range(_ROUNDS):
        for place, kind in enumerate(SHOWN):
            (push,) = pushes(kind, 1, seed=number)
            for name, way in present.items():
                figures[name][place].append(_microseconds(way, push[1:-1]))
    return {name: [spread(found) for found in columns] for name, columns in figures.items()}


def _microseconds(way: Checksum, data: bytes) -> float:
    begin = process_time_ns()
    for _ in range(_CALLS):
        way(data)
    return (process_time_ns() - begin) / _CALLS / 1000


def _standard_library(data: bytes) -> int:
    register = crc_hqx(data.translate(_MIRRORED), 0xFFFF) ^ 0xFFFF
    return _MIRRORED[register & 0xFF] << 8 | _MIRRORED[register >> 8]


def _crcmod() -> Checksum:
    way: Checksum = import_module("crcmod.predefined").mkPredefinedCrcFun("x-25")
    return way


def _crcmod_without_extension() -> Checksum:
    """Import a second copy of crcmod that does not use the C extension."""
    with patch.dict(sys.modules, {_EXTENSION: None}):
        for name in [name for name in sys.modules if name.partition(".")[0] == "crcmod" and name != _EXTENSION]:
            del sys.modules[name]
        return _crcmod()
