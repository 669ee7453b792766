"""Parses and builds data-notifications, the APDUs that meters push. Each parsed value contains its position.

The grammar at the end of the module is a declaration with the library construct, which parses and builds APDUs with it.
`hanparse.axdr.grammar` declares the values inside an APDU. This module adds the list of attributes, a form of body that
Czech meters send.
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
"""The number of bytes before the date-time: the tag and the long-invoke-id-and-priority."""
_NOTIFICATION_TAG: Final = identify.DATA_NOTIFICATION[0]
_LISTS: Final = (bytes([Tag.ARRAY]), bytes([Tag.STRUCTURE]))


@dataclass(frozen=True, slots=True)
class DataNotification:
    """A `DataNotification` is an APDU with tag 0F.

    `tagged` is true if an additional type tag 09 precedes the length of the date-time. Some meters send this tag.
    """

    long_invoke_id_and_priority: int
    date_time: DateTime | None
    body: Data
    tagged: bool = False


class Prefix(NamedTuple):
    """A `Prefix` contains the fields of a data-notification up to the first error.

    `fault` is the message of this error, and `fault_offset` is the index of its byte. `fault` is empty if there is no
    error. `body_offset` is the index of the body, or of the date-time if the error is before the body. `body` is `None`
    if the error is before the first value. `body` is a `hanparse.axdr.data.Partial` if an array or structure is not
    complete.
    """

    date_time: DateTime | None
    tagged: bool
    body_offset: int
    body: Data | None
    fault: str = ""
    fault_offset: int = 0


def parse(apdu: bytes) -> DataNotification:
    """Parse a data-notification, from its tag 0F to its last byte.

    Raises `DecodeError` if the bytes are damaged, or if they are another APDU, for example a ciphered APDU or a block.
    """
    if not apdu:
        raise DecodeError("expected a data-notification (0F), found no bytes")
    if apdu[0] != _NOTIFICATION_TAG:
        raise DecodeError(identify.refusal(apdu[0]))
    return parse_all(_NOTIFICATION, apdu)  # type: ignore[no-any-return]


def parse_bare(data: bytes) -> DataNotification:
    """Parse bytes without a frame: a data-notification, or only its list, which is an array or structure of values.

    Raises `DecodeError` if `data` is neither a data-notification nor a list.
    """
    body = list_without_header(data)
    return DataNotification(0, None, body) if body else parse(data)


def list_without_header(data: bytes) -> Data | None:
    """Return the list if `data` is exactly one array or structure that is not empty. Otherwise return `None`.

    A structure of only a code, a value and an optional scaler-unit structure is not a list, but an element of a list.
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
        case Data(Tag.STRUCTURE, (Data(Tag.OCTET_STRING, bytes(code)), _, *scaler_unit)):
            return len(code) == CODE_SIZE and len(scaler_unit) <= 1
    return False


def end(data: bytes, start: int = 0) -> int:
    """Return the end of the data-notification at index `start`; −1 if no data-notification begins at `start`.

    Any bytes can follow the data-notification.
    """
    stream = Bounded(data)
    stream.seek(start)
    try:
        stream.parse(_NOTIFICATION)
    except DecodeError:
        return -1
    return stream.tell()


def parse_prefix(apdu: bytes) -> Prefix:
    """Return the fields of a data-notification up to its first error. `apdu` can be cut off or damaged."""
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
    """Reads and writes a length of 0 or 12 and the date-time. Some meters send the type tag 09 before the length."""

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

    A list of attributes is a structure of an enum and an array of pairs. Each pair is an attribute descriptor and its
    value. A descriptor has no tag. It begins with class_id, a 16-bit number below 256, so its first byte is 0. In any
    other list, 0 would be the tag of null-data, and no meter sends null-data as the first element of a pair. So this
    byte identifies a list of attributes.
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
