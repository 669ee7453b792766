"""Explains the payload of a message: its LLC header, its APDU, and each element of the list in the APDU."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse import cosem
from hanparse.annotate.ciphered import explain_ciphered
from hanparse.annotate.tree import Explanation
from hanparse.annotate.values import Interpretation
from hanparse.axdr.data import LISTS, CompactArray, Data, Partial, Tag
from hanparse.cosem import HEADER_SIZE, DataNotification, Prefix
from hanparse.errors import UnknownMeterError
from hanparse.meters import read, shapes
from hanparse.obis.units import UNITS, unit_name
from hanparse.transfer import WRAPPER
from hanparse.wire import identify
from hanparse.wire.llc import strip_llc
from hanparse.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import tzinfo

    from hanparse.annotate.ciphered import Deciphered
    from hanparse.measurement import Scale
    from hanparse.meters import Profile, Reading
    from hanparse.wire.link import Link

_FROM_METER: Final = b"\xe6\xe7\x00"
_INVOKE_ID_AT: Final = 1
_NULL: Final = Data(Tag.NULL_DATA)


class Origin(NamedTuple):
    """Describes the origin of a payload, and what `hanparse.receiver` found in this payload.

    `link` contains the addresses of its frames, or is `None` without addresses. `profile` is the profile of the last
    manufacturer that was identified on this link. `reading` is the result of the profile that reads the payload. It is
    `None` if no profile reads the payload, or if the payload was not given to the profiles.
    """

    link: Link | None = None
    profile: Profile | None = None
    reading: Reading | None = None
    is_intact: bool = True
    """True if the payload is complete and its check sequences fit.

    Otherwise the explanation does not name the fields of `Measurement` that the values fill.
    """
    deciphered: Deciphered | None = None
    """The result of deciphering. `None` if the payload is not ciphered."""


class Payloads:
    """Explains payloads with the options of `Decoder`.

    `has_keys` is true if the caller gave keys. Otherwise the explanation of an encrypted APDU names only its tag.
    """

    def __init__(
        self, profiles: Sequence[Profile], scale: Scale, timezone: tzinfo | None, *, has_keys: bool = False
    ) -> None:
        self.has_keys = has_keys
        self._profiles = profiles
        self._scale = scale
        self._timezone = timezone

    def explain(self, information: bytes, base: int, origin: Origin) -> tuple[Explanation, ...]:
        """Return the parts of the payload `information`, which begins at byte `base` of the input.

        If the payload contains an APDU, the last part explains the APDU, and its value is the summary of the push. The
        result is empty for an empty payload.
        """
        apdu = strip_llc(information)
        header = information[: len(information) - len(apdu)]
        llc = _llc(header, base, error="" if apdu else "no APDU follows")
        push = [self._apdu(apdu, base + len(header), origin)] if apdu else []
        return (*([llc] if header else []), *push)

    def _apdu(self, apdu: bytes, base: int, origin: Origin) -> Explanation:
        if origin.deciphered:
            return explain_ciphered(apdu, base, origin.deciphered)
        bare = None if origin.link else cosem.list_without_header(apdu)
        if not bare and not apdu.startswith(identify.DATA_NOTIFICATION):
            return _foreign(apdu, base)
        push = Prefix(None, tagged=False, body_offset=0, body=bare) if bare else cosem.parse_prefix(apdu)
        if isinstance(push.body, Partial) and push.body.end == len(apdu):
            push = push._replace(fault="the bytes end here, before the list is complete")
        interpretation, unknown = self._interpret(apdu, push, origin)
        parts = _Tree(apdu, base, push, interpretation).parts(unknown)
        return Explanation.of("apdu", parts[0].label, parts, value=interpretation.summary, error=push.fault or unknown)

    def _interpret(self, apdu: bytes, push: Prefix, origin: Origin) -> tuple[Interpretation, str]:
        """Return the interpretation of the values, and the reason why no profile reads the list.

        The reason is empty if a profile reads the list, or if the push has a fault, which is reported instead.
        """
        body = push.body and _filled_up(push.body)
        if body is None:
            return Interpretation.of_items(apdu, ()), ""
        try:
            notification = DataNotification(0, push.date_time, body)
            reading = origin.reading or read(notification, self._profiles, origin.link, origin.profile)
        except UnknownMeterError as error:
            unknown = str(error).partition(";")[0]  # the rest describes how to report an unknown meter
            return Interpretation.of_items(apdu, shapes.named(body) or ()), "" if push.fault else unknown
        if not origin.is_intact or push.fault:
            return Interpretation.of_reading(apdu, reading, None, self._timezone), ""
        measurement = reading.measurement(self._scale, self._timezone)
        return Interpretation.of_reading(apdu, reading, measurement, self._timezone), ""


def _llc(header: bytes, base: int, error: str = "") -> Explanation:
    direction = "response, from the meter" if header == _FROM_METER else "command, to the meter"
    return Explanation(base, "llc", "LLC", header, direction, error=error)


def explain_header(raw: bytes, base: int) -> Iterator[Explanation]:
    """Yield the parts of the headers in `raw`: an LLC header and a block header (each optional), or a wrapper.

    `raw` ends where the APDU, or the data of the block, begins.
    """
    if raw.startswith(WRAPPER):
        source, destination, size = (int.from_bytes(raw[at : at + 2], "big") for at in (2, 4, 6))
        yield Explanation(base, "apdu", "wrapper", raw, f"from port {source} to port {destination}, {size} bytes")
        return
    apdu = strip_llc(raw)
    at = base + len(raw) - len(apdu)
    if at > base:
        yield _llc(raw[: at - base], base)
    if not apdu.startswith(identify.BLOCK):
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
    """Explain an APDU that is not a data-notification."""
    name, reason = identify.apdu_name(apdu[0]), identify.refusal(apdu[0])
    if name is None:
        return Explanation(base, "apdu", "no APDU", apdu, error=reason)
    tag = Explanation(base, "apdu", name, apdu[:1], error=reason)
    unread = [Explanation(base + 1, "apdu", "not read", apdu[1:])] if len(apdu) > 1 else []
    return Explanation.of("apdu", name, (tag, *unread), error=reason)


# --- a data-notification that may be incomplete ----------------------------------------------------------------------


def _filled_up(data: Data) -> Data | None:
    """Return `data` with null-data for each missing element, so that profiles can read the elements that were received.

    Profiles accept null-data in place of any value. Return `None` if no element was received.
    """
    if not isinstance(data, Partial):
        return data
    elements = [filled for element in shapes.elements(data) if (filled := _filled_up(element))]
    missing = (_NULL,) * (data.announced - len(elements))
    return Data(data.tag, (*elements, *missing), data.offset, data.length) if elements else None


# --- the parts of a data-notification --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Tree:
    """Explains the parts of a data-notification. `base` is the position of the data-notification in the input."""

    apdu: bytes
    base: int
    push: Prefix
    interpretation: Interpretation

    def parts(self, unknown: str) -> tuple[Explanation, ...]:
        """Return all parts. `unknown` is the reason why no profile reads the list, or empty if a profile reads it."""
        header = (
            self._leaf(0, _INVOKE_ID_AT, "data-notification", error=unknown),
            self._leaf(_INVOKE_ID_AT, HEADER_SIZE, "long-invoke-id-and-priority", _invoke_id(self.apdu)),
            self._leaf(HEADER_SIZE, self.push.body_offset, "date-time", self._clock()),
        )
        return (*(part for part in header if part.raw and self.push.body_offset), *self._body())

    def _leaf(self, start: int, stop: int, label: str, value: str = "", error: str = "") -> Explanation:
        layer = "apdu" if start < self.push.body_offset else "axdr"
        return Explanation(self.base + start, layer, label, self.apdu[start:stop], value, error)

    def _clock(self) -> str:
        if not self.push.date_time:
            return "absent"
        text = self.interpretation.date_time(self.push.date_time)
        return f"with an extra tag 09: {text}" if self.push.tagged else text

    def _body(self) -> Iterator[Explanation]:
        """Yield the explanations of the body and of the unreadable bytes after the body."""
        body = self.push.body
        if body:
            yield self._element(body)
        if self.push.fault and not isinstance(body, Partial):
            yield self._unread(body.end if body else self.push.body_offset)

    def _unread(self, start: int) -> Explanation:
        label = "not read" if start < len(self.apdu) else "missing"
        return self._leaf(start, len(self.apdu), label, error=self.push.fault)

    def _element(self, data: Data) -> Explanation:
        """Explain a value. The parts of a list are its tag and count, its elements, and its unreadable bytes."""
        tag, parts = str(data.tag), _parts(data)
        if parts is None:
            return self._leaf(data.offset, data.end, tag, self.interpretation.value(data))
        head = self._leaf(data.offset, parts[0].offset if parts else data.end, tag, _count(data, parts))
        children = [part for part in (head, *self._elements(data, parts)) if part.raw]
        if isinstance(data, Partial) and not (parts and isinstance(parts[-1], Partial)):
            children.append(self._unread(data.end))
        return Explanation.of("axdr", tag, tuple(children)) if len(children) > 1 else head

    def _elements(self, data: Data, parts: tuple[Data, ...]) -> list[Explanation]:
        scaler_unit = None if isinstance(data, Partial) else shapes.scaler_unit(data)
        if scaler_unit is None:
            return [self._element(part) for part in parts]
        scaler, unit = scaler_unit
        name = f"unit {unit}: {unit_name(unit) or 'none'}" if unit in UNITS else unit_name(unit)
        texts = (f"scaler x 10^{scaler}", name)
        return [self._leaf(part.offset, part.end, str(part.tag), text) for part, text in zip(parts, texts, strict=True)]


def _parts(data: Data) -> tuple[Data, ...] | None:
    """Return the elements of a list or of a compact-array. Return `None` for other values."""
    if isinstance(data.value, CompactArray):
        return data.value.elements
    return shapes.elements(data) if data.tag in LISTS else None


def _count(data: Data, parts: tuple[Data, ...]) -> str:
    if isinstance(data, Partial):
        return f"{data.announced} elements announced"
    return counted(len(parts), "element")


def _invoke_id(apdu: bytes) -> str:
    """Return the meaning of the bits of long-invoke-id-and-priority (Green Book 9.5)."""
    bits = int.from_bytes(apdu[_INVOKE_ID_AT:HEADER_SIZE], "big")
    names = (
        f"invoke id {bits & 0xFFFFFF}",
        "self-descriptive" if bits >> 28 & 1 else "",
        "break on error" if bits >> 29 & 1 else "",
        "confirmed" if bits >> 30 & 1 else "unconfirmed",
        "high priority" if bits >> 31 else "normal priority",
    )
    return ", ".join(name for name in names if name)
