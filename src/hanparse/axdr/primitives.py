"""Defines the constructs for lengths, strings, and named tuples of fixed size."""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, Any, Final

import construct as c

from hanparse.axdr.length import LONG_FORM, MAX_SIZE, length_at, length_bytes

if TYPE_CHECKING:
    import io

    from hanparse.axdr.bounded import Bounded


class _Length(c.Construct):
    """Reads and writes a length or count in the encoding of `hanparse.axdr.length`."""

    def _parse(self, stream: Bounded, context: object, path: str) -> int:
        start = stream.tell()
        length, after = length_at(stream.data, start)
        stream.seek(after)
        if length >= 0:
            return length
        size = stream.data[start] - LONG_FORM if start < after else 0
        if size > MAX_SIZE:
            stream.fail(f"expected a length in at most {MAX_SIZE} bytes, found {size} bytes", start)
        raise c.StreamError("the length is cut off", path=path)

    def _build(self, obj: int, stream: io.BytesIO, _context: object, _path: str) -> None:
        stream.write(length_bytes(obj))


class _Octets(c.Construct):
    """Reads and writes a length in bytes, and a string of bytes with this length."""

    def _parse(self, stream: Bounded, context: object, path: str) -> bytes:
        offset = stream.tell()
        length = LENGTH._parse(stream, context, path)
        stream.claim(length, f"a string of {length} bytes", offset)
        return stream.read(length)

    def _build(self, obj: bytes, stream: io.BytesIO, context: object, path: str) -> None:
        LENGTH._build(len(obj), stream, context, path)
        stream.write(obj)


class _Bits(c.Construct):
    """Reads and writes a length in bits, and a string of bits. The first bit is the highest bit of the first byte."""

    def _parse(self, stream: Bounded, context: object, path: str) -> str:
        offset = stream.tell()
        bits = LENGTH._parse(stream, context, path)
        size = (bits + 7) // 8
        stream.claim(size, f"a bit-string of {bits} bits", offset)
        return "".join(f"{byte:08b}" for byte in stream.read(size))[:bits]

    def _build(self, obj: str, stream: io.BytesIO, context: object, path: str) -> None:
        size = (len(obj) + 7) // 8
        LENGTH._build(len(obj), stream, context, path)
        stream.write(int("0" + obj.ljust(8 * size, "0"), 2).to_bytes(size, "big"))


def _text(encoding: str) -> c.Construct:
    """Return the construct of a text. The error handler `surrogateescape` keeps invalid bytes."""
    return c.ExprAdapter(
        OCTETS,
        decoder=lambda octets, _context: octets.decode(encoding, "surrogateescape"),
        encoder=lambda value, _context: value.encode(encoding, "surrogateescape"),
    )


class Record(c.Construct):
    """Reads and writes a named tuple of fixed size. `fields` is the format of its fields in the module `struct`."""

    def __init__(self, record: type[Any], fields: str) -> None:
        super().__init__()
        self._record = record
        self._struct = Struct(f">{fields}")

    def _parse(self, stream: Bounded, _context: object, path: str) -> Any:  # noqa: ANN401  an instance of `record`
        return self._record(*self._struct.unpack(c.stream_read(stream, self._struct.size, path)))

    def _build(self, obj: tuple[object, ...], stream: io.BytesIO, _context: object, _path: str) -> None:
        stream.write(self._struct.pack(*self._record(*obj)))


LENGTH: Final = _Length()
OCTETS: Final = _Octets()
BITS: Final = _Bits()
ASCII: Final = _text("ascii")
UTF8: Final = _text("utf-8")
