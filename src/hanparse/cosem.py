"""APDU bytes <-> `DataNotification`: what a meter pushes, with the place of each value in the bytes.

construct holds the declaration, the table at the end, and runs both ways; the values are those of
`hanparse.axdr.grammar`. The list of attributes, which Czech meters send, is a production of this module.
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
"""The tag and long-invoke-id-and-priority of a data-notification; the date-time follows."""
_NOTIFICATION_TAG: Final = 0x0F


@dataclass(frozen=True, slots=True)
class DataNotification:
    """A data-notification (tag 0F); `tagged`: the date-time came with an extra type tag 09 before its length."""

    long_invoke_id_and_priority: int
    date_time: DateTime | None
    body: Data
    tagged: bool = False


class Prefix(NamedTuple):
    """A data-notification as far as it can be read; `fault` says why it goes no further, and is empty if it is whole.

    `body_offset` is where the body begins, or the date-time where that cannot be read. `body` is `None` when nothing of
    it can be read, and a `hanparse.axdr.data.Partial` when an array or structure breaks off.
    """

    date_time: DateTime | None
    tagged: bool
    body_offset: int
    body: Data | None
    fault: str = ""
    fault_offset: int = 0


def parse(apdu: bytes) -> DataNotification:
    """Return the data-notification that `apdu` is, from its tag 0F to its last byte.

    Raises `DecodeError`, also for other APDUs: ciphered ones, blocks of a transfer, other services.
    """
    if not apdu:
        raise DecodeError("there is no APDU; expected a data-notification (0F)")
    if apdu[0] != _NOTIFICATION_TAG:
        raise DecodeError(identify.apdu(apdu[0]))
    return parse_all(_NOTIFICATION, apdu)  # type: ignore[no-any-return]


def end(data: bytes, start: int = 0) -> int:
    """Return where the data-notification ends that begins at `start`, whatever follows it; -1 if none does."""
    stream = Bounded(data)
    stream.seek(start)
    try:
        stream.parse(_NOTIFICATION)
    except DecodeError:
        return -1
    return stream.tell()


def parse_prefix(apdu: bytes) -> Prefix:
    """Return what can be read of a data-notification, be it whole, cut off or damaged."""
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
    """Return the bytes of a data-notification. Raises `ValueError` when a tag cannot hold its value."""
    return build_all(_NOTIFICATION, notification)


# --- the grammar -----------------------------------------------------------------------------------------------------


class _OptionalDateTime(c.Construct):
    """A length of 0 or 12 and the date-time; some meters put the type tag 09 before the 12."""

    def _parse(self, stream: Bounded, context: object, path: str) -> tuple[DateTime | None, bool]:
        offset = stream.tell()
        length = LENGTH._parse(stream, context, path)
        tagged = length == Tag.OCTET_STRING
        if tagged:
            length = LENGTH._parse(stream, context, path)
        if length == 0 and not tagged:
            return None, False
        if length != DATE_TIME_FORMAT.size:
            found = f"a length of {length}" + (" behind a type tag 09" if tagged else "")
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
    """A value; or a list of attributes: a structure of an enum and an array of pairs, each a descriptor and its value.

    The list is known by the first byte of its first descriptor, which has no tag: a class_id below 256 begins with 0. A
    null-data, the same byte, never begins such structures.
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
    decoder=lambda sent, _context: DataNotification(sent[0][1], sent[0][2][0], sent[1], sent[0][2][1]),
    encoder=lambda n, _context: [[None, n.long_invoke_id_and_priority, (n.date_time, n.tagged)], n.body],
)
