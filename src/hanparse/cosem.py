"""Parses and builds data-notifications, the APDUs that meters push. Each value has its position in the APDU.

The grammar at the end of the module is declared in construct, which parses and builds with the same declaration.
`hanparse.axdr.grammar` parses the values. This module adds the list of attributes, which Czech meters send.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import construct as c

from hanparse.axdr.bounded import Bounded, build_all, parse_all
from hanparse.axdr.data import DATE_TIME_FORMAT, AttributeDescriptor, Data, DateTime, Tag, Untagged
from hanparse.axdr.grammar import DATA, DATE_TIME, Node, variant
from hanparse.axdr.primitives import LENGTH, Record
from hanparse.errors import DecodeError
from hanparse.obis.code import SIZE as CODE_SIZE
from hanparse.wire import identify

if TYPE_CHECKING:
    import io

HEADER_SIZE: Final = 5
"""The number of bytes of the tag and the long-invoke-id-and-priority, which precede the date-time."""
_NOTIFICATION_TAG: Final = 0x0F
_LISTS: Final = (bytes([Tag.ARRAY]), bytes([Tag.STRUCTURE]))


@dataclass(frozen=True, slots=True)
class DataNotification:
    """A data-notification (tag 0F). `tagged` is True if an extra type tag 09 precedes the length of the date-time."""

    long_invoke_id_and_priority: int
    date_time: DateTime | None
    body: Data
    tagged: bool = False


class Prefix(NamedTuple):
    """The readable part of a data-notification. `fault` is the reason why the rest cannot be read; it may be empty.

    `body_offset` is the index of the body, or of the date-time if the date-time cannot be read. `body` is `None` if no
    part of the body can be read, and a `hanparse.axdr.data.Partial` if an array or structure is not complete.
    """

    date_time: DateTime | None
    tagged: bool
    body_offset: int
    body: Data | None
    fault: str = ""
    fault_offset: int = 0


def parse(apdu: bytes) -> DataNotification:
    """Parse a data-notification, from its tag 0F to its last byte.

    Raises `DecodeError` if the bytes are damaged or another APDU: a ciphered APDU, a block, another service.
    """
    if not apdu:
        raise DecodeError("expected a data-notification (0F), found no bytes")
    if apdu[0] != _NOTIFICATION_TAG:
        raise DecodeError(identify.apdu(apdu[0]))
    return parse_all(_NOTIFICATION, apdu)  # type: ignore[no-any-return]


def parse_bare(data: bytes) -> DataNotification:
    """Return the push in bytes without a frame: a data-notification, or only its list.

    Raises `DecodeError` when `data` is neither.
    """
    body = list_without_header(data)
    return DataNotification(0, None, body) if body else parse(data)


def list_without_header(data: bytes) -> Data | None:
    """Return the list if `data` is exactly one array or structure that is not empty; `None` otherwise.

    A structure of a code, a value and perhaps a scaler and unit is an element of a list, so the result is `None`, too.
    """
    if data[:1] not in _LISTS:
        return None
    try:
        body: Data = parse_all(_BODY, data)
    except DecodeError:
        return None
    return body if body.value and not _is_element(body) else None


def _is_element(body: Data) -> bool:
    match body:
        case Data(Tag.STRUCTURE, (Data(Tag.OCTET_STRING, bytes(code)), _, *rest)):
            return len(code) == CODE_SIZE and len(rest) <= 1
    return False


def end(data: bytes, start: int = 0) -> int:
    """Return the end of the data-notification at index `start`, whatever bytes follow; −1 if there is none."""
    stream = Bounded(data)
    stream.seek(start)
    try:
        stream.parse(_NOTIFICATION)
    except DecodeError:
        return -1
    return stream.tell()


def parse_prefix(apdu: bytes) -> Prefix:
    """Return the readable part of a data-notification that may be cut off or damaged."""
    stream = Bounded(apdu)
    date_time, tagged, body_offset, body = None, False, min(HEADER_SIZE, len(apdu)), None
    try:
        _, _, (date_time, tagged) = stream.parse(_HEADER)
        body_offset = stream.tell()
        body = stream.parse(_BODY)
        stream.end()
    except DecodeError as error:
        return Prefix(date_time, tagged, body_offset, body or stream.partial, error.reason, error.offset)
    return Prefix(date_time, tagged, body_offset, body)


def build(notification: DataNotification) -> bytes:
    """Return the bytes of a data-notification. Raises `ValueError` if a value does not fit its tag."""
    return build_all(_NOTIFICATION, notification)


# --- the grammar -----------------------------------------------------------------------------------------------------


class _OptionalDateTime(c.Construct):
    """Reads and writes a length of 0 or 12 and the date-time; some meters send the type tag 09 before the length."""

    def _parse(self, stream: Bounded, context: object, path: str) -> tuple[DateTime | None, bool]:
        offset = stream.tell()
        length = LENGTH._parse(stream, context, path)
        tagged = length == Tag.OCTET_STRING
        if tagged:
            length = LENGTH._parse(stream, context, path)
        if length == 0 and not tagged:
            return None, False
        if length != DATE_TIME_FORMAT.size:
            found = f"a length of {length}" + (" after a type tag 09" if tagged else "")
            stream.fail(f"expected a date-time of 0 or {DATE_TIME_FORMAT.size} bytes, found {found}", offset)
        return DATE_TIME._parse(stream, context, path), tagged

    def _build(self, obj: tuple[DateTime | None, bool], stream: io.BytesIO, context: object, path: str) -> None:
        value, tagged = obj
        if value is None:
            stream.write(b"\0")
            return
        stream.write(bytes([Tag.OCTET_STRING] if tagged else []) + bytes([DATE_TIME_FORMAT.size]))
        DATE_TIME._build(value, stream, context, path)


class _Body(c.Construct):
    """Reads and writes the body: a value, or a list of attributes.

    A list of attributes is a structure of an enum and an array of pairs; each pair is an attribute descriptor and its
    value. A descriptor has no tag. Its first byte is 0, because class_id is below 256, and this byte identifies the
    list. In another list the byte would be the tag of null-data, which is never the first element of such a pair.
    """

    _begin = re.compile(rb"\x02\x02\x16.\x01(?:[\x01-\x7f]|\x81.)\x02\x02\x00", re.DOTALL)

    def _parse(self, stream: Bounded, context: object, path: str) -> Data:
        grammar = _ATTRIBUTE_LIST if self._begin.match(stream.data, stream.tell()) else DATA
        return grammar._parse(stream, context, path)

    def _build(self, obj: Data, stream: io.BytesIO, context: object, path: str) -> None:
        (_ATTRIBUTE_LIST if _has_descriptors(obj) else DATA)._build(obj, stream, context, path)


def _has_descriptors(data: object) -> bool:
    if not isinstance(data, Data):
        return False
    elements = data.value if isinstance(data.value, tuple) else ()
    return isinstance(data.tag, Untagged) or any(map(_has_descriptors, elements))


_DESCRIPTOR = Node(Untagged.ATTRIBUTE_DESCRIPTOR, Record(AttributeDescriptor, f"H{CODE_SIZE}sB"))
_ATTRIBUTE = variant(Tag.STRUCTURE, (_DESCRIPTOR, DATA))
_ATTRIBUTE_LIST = variant(Tag.STRUCTURE, (DATA, variant(Tag.ARRAY, each=_ATTRIBUTE)))
_BODY = _Body()
_HEADER = c.Sequence(c.Const(bytes([_NOTIFICATION_TAG])), c.Int32ub, _OptionalDateTime())
_NOTIFICATION = c.ExprAdapter(
    c.Sequence(_HEADER, _BODY),
    decoder=lambda parts, _context: DataNotification(parts[0][1], parts[0][2][0], parts[1], parts[0][2][1]),
    encoder=lambda n, _context: [[None, n.long_invoke_id_and_priority, (n.date_time, n.tagged)], n.body],
)
