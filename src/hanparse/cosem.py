"""APDU bytes <-> `DataNotification`: what a meter pushes, with the place of each value in the bytes."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import construct as c

from hanparse.axdr import grammar as axdr
from hanparse.axdr.bounded import Bounded, build_all, parse_all, parse_stream
from hanparse.axdr.data import Data, DateTime, Tag
from hanparse.errors import DecodeError
from hanparse.wire import identify as foreign

if TYPE_CHECKING:
    import io

_NOTIFICATION_TAG: Final = 0x0F
_DATE_TIME_SIZE: Final = 12
_ATTRIBUTES: Final = re.compile(rb"\x02\x02\x16.\x01(?:[\x01-\x7f]|\x81.)\x02\x02\x00", re.DOTALL)


@dataclass(frozen=True, slots=True)
class DataNotification:
    """A data-notification (tag 0F); `tagged`: the date-time came with an extra type tag 09 before its length."""

    long_invoke_id_and_priority: int
    date_time: DateTime | None
    body: Data
    tagged: bool = False


def parse(apdu: bytes) -> DataNotification:
    """The data-notification that `apdu` is, from its tag 0F to its last byte.

    Raises `DecodeError`, also for the APDUs that are not read yet: ciphered ones, blocks of a transfer, other services.
    """
    if not apdu:
        raise DecodeError("there is no APDU; expected a data-notification (0F)")
    if apdu[0] != _NOTIFICATION_TAG:
        raise DecodeError(foreign.apdu(apdu[0]))
    return parse_all(_NOTIFICATION, apdu)  # type: ignore[no-any-return]


def ends(apdus: bytes) -> list[int]:
    """Where each of the data-notifications ends that `apdus` consists of; none if it is anything else."""
    stream = Bounded(apdus)
    found: list[int] = []
    while stream.left:
        if apdus[stream.tell()] != _NOTIFICATION_TAG:
            return []
        try:
            _NOTIFICATION.parse_stream(stream)
        except (DecodeError, c.ConstructError):
            return []
        found.append(stream.tell())
    return found


def salvage(apdu: bytes) -> list[Data]:
    """The whole values in a data-notification that cannot be parsed to its end, outermost only, in order."""
    stream = Bounded(apdu)
    with contextlib.suppress(DecodeError):
        parse_stream(_NOTIFICATION, stream)
    outermost: list[Data] = []
    for data in stream.complete:  # an outer value comes after the inner ones that it holds
        while outermost and outermost[-1].offset > data.offset:
            outermost.pop()
        outermost.append(data)
    return outermost


def build(notification: DataNotification) -> bytes:
    """The bytes of a data-notification. Raises `ValueError` when a tag cannot hold its value."""
    return build_all(_NOTIFICATION, notification)


@lru_cache(maxsize=64)
def date_time(octets: bytes) -> DateTime:
    """The twelve bytes of a clock that was sent as octet-string. Raises `DecodeError` when they are not twelve."""
    if len(octets) != _DATE_TIME_SIZE:
        raise DecodeError(f"a date-time has {_DATE_TIME_SIZE} bytes, found {len(octets)}")
    return axdr.DATE_TIME.parse(octets)  # type: ignore[no-any-return]


# --- the grammar -----------------------------------------------------------------------------------------------------


class _OptionalDateTime(c.Construct):
    """A length of 0 or 12 and the date-time; some meters put the type tag 09 before the 12."""

    def _parse(self, stream: Bounded, context: object, path: str) -> tuple[DateTime | None, bool]:
        offset = stream.tell()
        length = axdr.LENGTH._parse(stream, context, path)
        tagged = length == Tag.OCTET_STRING
        if tagged:
            length = axdr.LENGTH._parse(stream, context, path)
        if length == 0 and not tagged:
            return None, False
        if length != _DATE_TIME_SIZE:
            found = f"a length of {length}" + (" behind a type tag 09" if tagged else "")
            stream.fail(f"expected a date-time of 0 or {_DATE_TIME_SIZE} bytes, found {found}", offset)
        return axdr.DATE_TIME._parse(stream, context, path), tagged

    def _build(self, obj: tuple[DateTime | None, bool], stream: io.BytesIO, context: object, path: str) -> None:
        value, tagged = obj
        if value is None:
            stream.write(b"\0")
            return
        stream.write(bytes([Tag.OCTET_STRING] if tagged else []) + bytes([_DATE_TIME_SIZE]))
        axdr.DATE_TIME._build(value, stream, context, path)


class _Body(c.Construct):
    """A-XDR; or a structure of an enum and an array of attributes, each a descriptor without tags and its value.

    It is known by the first byte of a descriptor: a class below 256 begins with 0. A null-data, the same byte, never
    begins such structures.
    """

    def _parse(self, stream: Bounded, context: object, path: str) -> Data:
        stream.attributes = bool(_ATTRIBUTES.match(stream.getbuffer(), stream.tell()))
        return axdr.DATA._parse(stream, context, path)

    def _build(self, obj: Data, stream: io.BytesIO, context: object, path: str) -> None:
        axdr.DATA._build(obj, stream, context, path)


_NOTIFICATION = c.ExprAdapter(
    c.Sequence(c.Const(bytes([_NOTIFICATION_TAG])), c.Int32ub, _OptionalDateTime(), _Body()),
    decoder=lambda sent, _context: DataNotification(sent[1], sent[2][0], sent[3], sent[2][1]),
    encoder=lambda n, _context: [None, n.long_invoke_id_and_priority, (n.date_time, n.tagged), n.body],
)
