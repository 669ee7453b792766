"""The information field of a frame -> `Explanation`s of its LLC header, its APDU and every element in it."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse import cosem
from hanparse.annotate.tree import Explanation
from hanparse.annotate.values import Sense
from hanparse.axdr import grammar as axdr
from hanparse.axdr.data import CompactArray, Data, Tag
from hanparse.axdr.length import length_at
from hanparse.cosem import DataNotification
from hanparse.errors import DecodeError, UnknownMeterError
from hanparse.hdlc import strip_llc
from hanparse.meters import read, shapes
from hanparse.obis.units import UNITS
from hanparse.wire import identify as foreign
from hanparse.wire.identify import BLOCK

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import tzinfo

    from hanparse.measurement import Scale
    from hanparse.meters import Profile, Reading
    from hanparse.wire.link import Link

_NOTIFICATION: Final = b"\x0f"
_FROM_METER: Final = b"\xe6\xe7\x00"
_INVOKE_ID_AT: Final = 1
_DATE_TIME_AT: Final = 5
_CLOCK_SIZE: Final = 12
_LISTS: Final = (Tag.ARRAY, Tag.STRUCTURE)
_NULL: Final = Data(Tag.NULL_DATA)


class Origin(NamedTuple):
    """What the receiver knows of a payload: its link, the maker seen there, and how it was read, if it was."""

    link: Link | None = None
    maker: Profile | None = None
    reading: Reading | None = None
    is_intact: bool = True
    """Whether it arrived whole; else names and values are shown, and no fields."""


class Payloads:
    """Explains payloads with the options of `Decoder`."""

    def __init__(self, profiles: Sequence[Profile], scale: Scale, timezone: tzinfo | None) -> None:
        self._profiles = profiles
        self._scale = scale
        self._timezone = timezone

    def explain(self, information: bytes, base: int, origin: Origin) -> tuple[Explanation, ...]:
        """Explain the information field that begins at byte `base` of the input.

        The last part, if there is any, sums up the whole push.
        """
        apdu = strip_llc(information)
        header = information[: len(information) - len(apdu)]
        said = "response, from the meter" if header == _FROM_METER else "command, to the meter"
        llc = Explanation(base, "llc", "LLC", header, said, error="" if apdu else "no APDU follows")
        push = [self._apdu(apdu, base + len(header), origin)] if apdu else []
        return (*([llc] if header else []), *push)

    def _apdu(self, apdu: bytes, base: int, origin: Origin) -> Explanation:
        if not apdu.startswith(_NOTIFICATION):
            return _foreign(apdu, base)
        push = _push(apdu)
        sense, unknown = self._sense(apdu, push, origin)
        parts = _Tree(apdu, base, push, sense).parts(unknown)
        return Explanation.of("apdu", parts[0].label, parts, value=sense.summary, error=push.broken or unknown)

    def _sense(self, apdu: bytes, push: _Push, origin: Origin) -> tuple[Sense, str]:
        """Return what the values mean; or what they say themselves, and why no profile reads them."""
        if push.notification is None:
            return Sense.of_items(apdu, ()), ""
        try:
            reading = origin.reading or read(push.notification, self._profiles, origin.link, origin.maker)
        except UnknownMeterError as error:
            unknown = str(error).partition(";")[0]  # the rest is about the report that the error carries
            return Sense.of_items(apdu, shapes.named(push.notification.body) or ()), "" if push.broken else unknown
        if not origin.is_intact or push.broken:
            return Sense.of_reading(apdu, reading, None, self._timezone), ""
        became = reading.measurement(self._scale, self._timezone)
        return Sense.of_reading(apdu, reading, became, self._timezone), ""


def explain_front(raw: bytes, base: int) -> Iterator[Explanation]:
    """Explain what is in front of the data of a block: LLC header, tag and control, numbers, length."""
    apdu = strip_llc(raw)
    at = base + len(raw) - len(apdu)
    if at > base:
        yield Explanation(base, "llc", "LLC", raw[: at - base], "response, from the meter")
    if not apdu.startswith(BLOCK):
        return
    last = ", the last" if apdu[1] & 0x80 else ""
    rows = (
        ("general-block-transfer", 0, 2, f"control {apdu[1]:02X}{last}"),
        ("block number", 2, 4, str(int.from_bytes(apdu[2:4], "big"))),
        ("block number acknowledged", 4, 6, str(int.from_bytes(apdu[4:6], "big"))),
        ("length", 6, len(apdu), ""),
    )
    for label, start, stop, value in rows:
        yield Explanation(at + start, "apdu", label, apdu[start:stop], value)


def _foreign(apdu: bytes, base: int) -> Explanation:
    """An APDU that is no data-notification."""
    name, reason = foreign.apdu_name(apdu[0]), foreign.apdu(apdu[0])
    if name is None:
        return Explanation(base, "apdu", "no APDU", apdu, error=reason)
    tag = Explanation(base, "apdu", name, apdu[:1], error=reason)
    rest = [Explanation(base + 1, "apdu", "not read", apdu[1:])] if len(apdu) > 1 else []
    return Explanation.of("apdu", name, (tag, *rest), error=reason)


# --- a data-notification, as far as it goes --------------------------------------------------------------------------


class _Push(NamedTuple):
    """What there is of a data-notification: its clock, where its body begins, its complete values.

    `broken` says why it goes no further, if so, and `read` how far it was read. In `notification` its list is then
    filled up with null-data, which stands for anything, so that profiles can read what is there.
    """

    clock: bytes
    body_at: int
    complete: list[Data]
    notification: DataNotification | None
    broken: str = ""
    read: int = 0


def _push(apdu: bytes) -> _Push:
    clock, body_at = _date_time(apdu)
    try:
        notification = cosem.parse(apdu)
    except DecodeError as error:
        complete = cosem.salvage(apdu)
        ended = complete and complete[0].offset > body_at and _end(complete[-1]) == len(apdu)
        reason = "the bytes end here, before the list is complete" if ended else error.reason
        body = _filled_up(apdu, body_at, deque(complete))
        filled_up = DataNotification(0, cosem.date_time(clock) if clock else None, body) if body else None
        return _Push(clock, body_at, complete, filled_up, reason, error.offset)
    return _Push(clock, body_at, [notification.body], notification)


def _date_time(apdu: bytes) -> tuple[bytes, int]:
    """The twelve bytes of the date-time, if it is there, and the position after it; its own where it cannot be read."""
    length, at = length_at(apdu, _DATE_TIME_AT)
    tagged = length == Tag.OCTET_STRING
    if tagged:
        length, at = length_at(apdu, at)
    end = at + length
    if end > len(apdu) or not (length == _CLOCK_SIZE or (length == 0 and not tagged)):
        return b"", min(_DATE_TIME_AT, len(apdu))
    return apdu[at:end], end


def _filled_up(apdu: bytes, start: int, complete: deque[Data]) -> Data | None:
    """The list that begins at `start`, null-data in place of its missing elements; `None` when none is there.

    The list in it that breaks off is filled up as well. The parser has read every list that is opened here.
    """
    if not complete or complete[0].offset == start:
        return complete.popleft() if complete else None
    count, at = length_at(apdu, start + 1)
    elements: list[Data] = []
    while complete and len(elements) < count and apdu[start] in _LISTS:
        data = _filled_up(apdu, at, complete)
        if data is None:
            break
        elements.append(data)
        at = _end(data)
    missing = (_NULL,) * (count - len(elements))
    return Data(Tag(apdu[start]), (*elements, *missing), start, at - start) if elements else None


def _end(data: Data) -> int:
    return data.offset + data.length


# --- its parts -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Tree:
    """The parts of a data-notification, whose first byte is byte `base` of the input."""

    apdu: bytes
    base: int
    push: _Push
    sense: Sense

    def parts(self, unknown: str) -> tuple[Explanation, ...]:
        """All of them; `unknown` says why no profile reads the list."""
        header = (
            self._leaf(0, _INVOKE_ID_AT, "data-notification", error=unknown),
            self._leaf(_INVOKE_ID_AT, _DATE_TIME_AT, "long-invoke-id-and-priority", _invoke_id(self.apdu)),
            self._leaf(_DATE_TIME_AT, self.push.body_at, "date-time", self._clock()),
        )
        rest = self._rest(self.push.body_at, deque(self.push.complete))
        return (*(part for part in header if part.raw), *rest)

    def _leaf(self, start: int, stop: int, label: str, value: str = "", error: str = "") -> Explanation:
        layer = "apdu" if start < self.push.body_at else "axdr"
        return Explanation(self.base + start, layer, label, self.apdu[start:stop], value, error)

    def _clock(self) -> str:
        if not self.push.clock:
            return "absent"
        said = self.sense.date_time(axdr.DATE_TIME.parse(self.push.clock))
        return f"with an extra tag 09: {said}" if self.apdu[_DATE_TIME_AT] == Tag.OCTET_STRING else said

    def _rest(self, at: int, complete: deque[Data]) -> Iterator[Explanation]:
        """What follows `at`: complete values; then, if the push is broken, a list that holds all that is left, or that.

        The parser has read every list that is opened here, so nesting is bounded.
        """
        while complete and complete[0].offset == at:
            data = complete.popleft()
            at = _end(data)
            yield self._element(data)
        if not self.push.broken:
            return
        count, after = length_at(self.apdu, at + 1)
        opens = at < len(self.apdu) and self.apdu[at] in _LISTS and count >= 0
        if opens and (complete or after <= self.push.read):
            tag = str(Tag(self.apdu[at]))
            head = self._leaf(at, after, tag, f"{count} elements announced")
            yield Explanation.of("axdr", tag, (head, *self._rest(after, complete)))
        else:
            label = "not read" if at < len(self.apdu) else "missing"
            yield self._leaf(at, len(self.apdu), label, error=self.push.broken)

    def _element(self, data: Data) -> Explanation:
        """A value; of a list its elements, and in front of them its tag and count."""
        tag, end = str(data.tag), _end(data)
        parts = _parts(data)
        if parts is None:
            return self._leaf(data.offset, end, tag, self.sense.value(data))
        head = self._leaf(data.offset, parts[0].offset if parts else end, tag, _count(parts))
        children = tuple(part for part in (head, *self._elements(parts)) if part.raw)
        return Explanation.of("axdr", tag, children) if parts and children else head

    def _elements(self, parts: tuple[Data, ...]) -> list[Explanation]:
        match parts:
            case (Data(Tag.INTEGER, int(scaler)), Data(Tag.ENUM, int(unit))):
                said = (f"scaler x 10^{scaler}", f"unit {unit}: {UNITS.get(unit, 'reserved') or 'none'}")
                return [
                    self._leaf(part.offset, _end(part), str(part.tag), text)
                    for part, text in zip(parts, said, strict=True)
                ]
        return [self._element(part) for part in parts]


def _parts(data: Data) -> tuple[Data, ...] | None:
    """The elements of a list; those of a compact-array have no tags."""
    if isinstance(data.value, CompactArray):
        return data.value.elements
    return shapes.elements(data) if data.tag in _LISTS else None


def _count(parts: tuple[Data, ...]) -> str:
    return f"{len(parts)} element{'s' * (len(parts) != 1)}"


def _invoke_id(apdu: bytes) -> str:
    """The bits of long-invoke-id-and-priority (Green Book 9.5)."""
    bits = int.from_bytes(apdu[_INVOKE_ID_AT:_DATE_TIME_AT], "big")
    names = (
        f"invoke id {bits & 0xFFFFFF}",
        "self-descriptive" if bits >> 28 & 1 else "",
        "break on error" if bits >> 29 & 1 else "",
        "confirmed" if bits >> 30 & 1 else "unconfirmed",
        "high priority" if bits >> 31 else "normal priority",
    )
    return ", ".join(name for name in names if name)
