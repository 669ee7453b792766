"""P1 frame files, a reader of streams as small as one can be, and a CRC made bit by bit, apart from hanparse."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from framefiles import FrameFile, folder, reflected_crc

from hanparse.errors import FrameError
from hanparse.p1 import Telegram
from hanparse.wire.telegram import BETWEEN, Scan, truncated

if TYPE_CHECKING:
    from collections.abc import Iterable

PLAIN = [file for file in folder("p1") if not file.name.startswith("p1/enc-")]
SOUND = [file for file in PLAIN if file.measurements]
REFUSED = [file for file in PLAIN if file.expect_error]


def crc_of(data: bytes) -> int:
    """CRC-16/ARC by its definition: polynomial 8005 reflected, zero before and after."""
    return reflected_crc(data, 0xA001, 0)


def sealed(body: str) -> bytes:
    """The telegram with this text before its ``!``, lines ended by LF in it, with CR LF and its CRC."""
    data = body.replace("\n", "\r\n").encode("ascii") + b"!"
    return data + f"{crc_of(data):04X}\r\n".encode()


def swedish(**values: str) -> bytes:
    """A telegram of few lines, with other groups for the codes that are named, such as ``c1_7_0``."""
    groups = {"c1_8_0": "00010501.076*kWh", "c1_7_0": "0002.301*kW", "c32_7_0": "232.1*V"} | values
    lines = [f"1-0:{code[1:].replace('_', '.')}({group})\n" for code, group in groups.items()]
    return sealed("/LGF5E360\n\n0-0:1.0.0(240117174050W)\n" + "".join(lines))


LINE_ENDS = (b"\r\n", b"\n", b"\r", b"\r\0", b"\r\r\n")
CRCS = ("as the standard", "lower case", "over the bytes as sent", "three digits", "none")


def rewritten(data: bytes, line_end: bytes, crc: str) -> bytes:
    """Return a telegram of `sealed` with other line ends, and with its CRC in one of the forms of `CRCS`.

    Raises `ValueError` for three digits when the first digit is no zero.
    """
    body, _, sent = data.rpartition(b"!")
    digits = sent.strip()
    body = body.replace(b"\r\n", line_end) + b"!"
    if crc == "three digits" and not digits.startswith(b"0"):
        raise ValueError(f"the CRC {digits!r} has four digits")
    forms = {
        "as the standard": digits,
        "lower case": digits.lower(),
        "over the bytes as sent": b"%04X" % crc_of(body),
        "three digits": digits[1:],
        "none": b"",
    }
    return body + forms[crc] + line_end


def deliver(data: bytes, size: int) -> tuple[list[Telegram], list[FrameError], bytes]:
    """The telegrams of a stream that comes in chunks of `size`, the errors, and the bytes that are in no telegram."""
    found: list[Telegram] = []
    errors: list[FrameError] = []
    scan, at, rest = Scan(), 0, b""
    for have in [*range(size, len(data), size), len(data), None]:
        buffer = data[:have]
        while (start := buffer.find(b"/", at)) >= 0:
            rest, at = rest + buffer[at:start], start
            try:
                end, sound = scan.find_end(buffer[start:], 0, start)
                if end + start > len(buffer):
                    if have is not None:
                        break
                    raise truncated(len(buffer), start + end, start, sound=sound)
            except FrameError as error:
                errors.append(error)
                rest, at = rest + b"/", start + 1
            else:
                found.append(Telegram.read(buffer[start : start + end], start))
                at = start + end
        else:
            rest, at = rest + buffer[at:], len(buffer)
    return found, errors, rest.strip(BETWEEN)


def named(fields: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Fields as frame files write them: times as text, sub-meters as tables, other tuples as lists."""
    return {name: _written(value) for name, value in fields if value is not None}


def _written(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if hasattr(value, "_asdict") and hasattr(value, "channel"):
        return named(value._asdict().items())
    return [_written(part) for part in value] if isinstance(value, tuple) else value


def file(name: str) -> FrameFile:
    """The frame file p1/`name`."""
    return next(one for one in PLAIN if one.name == f"p1/{name}")
