"""Defines `BrokerMessages`, which decodes the messages of a broker one by one.

A message contains one of these: frames with any bytes around them, a frame without its flags, an APDU with or without
an LLC header, or only the list of an APDU. A list consists of the values of one push. `hanparse.envelope` extracts
these bytes from text, JSON and the other formats that gateways use.

A frame never continues in the next message. So an incomplete frame has no effect on later messages. The segments and
blocks of one push can arrive in several messages.

One push can arrive twice, for two reasons. Some gateways publish each layer of a push as a separate message: first the
frame, then the list from this frame. And a broker delivers some messages again after a lost connection. So
`BrokerMessages` ignores a message if the last push, or the last APDU that was deciphered, contains the bytes of the
message.

Two pushes without a date-time have equal bytes if their values are equal. So a message that equals the last push is
ignored in two cases only: the push has a date-time, or less than `MIN_CADENCE` has passed since the push.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from hanparse.envelope import parts
from hanparse.errors import DecodeError, FrameError
from hanparse.hdlc import FLAG_BYTE, TYPE_3
from hanparse.measurement import Scale
from hanparse.receiver import Failed, Read, ReadTelegram, Receiver, Recognised, unframed
from hanparse.wire.message import MAX_MESSAGE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from hanparse.receiver import Event

    AnyEvent = Event | list[Any]

MIN_CADENCE: Final = timedelta(seconds=0.5)
"""A time shorter than the time between any two pushes of a meter. P1 meters send the most pushes: one a second."""

_PUSHES: Final = (list, Read, ReadTelegram, Recognised)


class BrokerMessages:
    """A `BrokerMessages` decodes messages in their order with `receiver`. It ignores repetitions of the last push."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self.last_push: tuple[bytes, datetime | None, bool] = b"", None, False
        """The bytes of the last push, the time of its arrival, and whether the push has a date-time."""

    def events(self, payload: bytes, at: datetime | None) -> Iterator[tuple[AnyEvent, datetime | None]]:
        """Yield each event of a message that arrived at `at`, and the time when the gateway received its bytes."""
        try:
            for data, age in parts(payload):
                came = at and _before(at, age)
                if not self._is_repeated(data, came):
                    events = self._read(data)
                    self._remember(data, came, events)
                    yield from ((event, came) for event in events)
        except FrameError as error:
            yield error, at

    def _is_repeated(self, data: bytes, came: datetime | None) -> bool:
        last, last_came, has_clock = self.last_push
        if data != last:
            return data in last or data in self._receiver.opener.last_opened
        return has_clock or bool(came and last_came and abs(came - last_came) < MIN_CADENCE)

    def _remember(self, data: bytes, came: datetime | None, events: list[AnyEvent]) -> None:
        if pushes := [event for event in events if isinstance(event, _PUSHES)]:
            self.last_push = data, came, all(map(_has_clock, pushes))

    def _read(self, data: bytes) -> list[AnyEvent]:
        without_frame = self._without_frame(data)
        if without_frame and not isinstance(without_frame[-1], Failed):
            return without_frame
        events = list(self._framed(data))
        return events if any(not isinstance(event, FrameError) for event in events) else without_frame or events

    def _without_frame(self, data: bytes) -> list[AnyEvent]:
        """Return the events of the messages that `unframed` finds in `data`. Return an empty list if it finds none."""
        if len(data) > MAX_MESSAGE or data[:1] in _FIRST_BYTES:
            return []
        with suppress(FrameError, DecodeError):
            return [self._receiver.open(message) for message in unframed(data)]
        return []

    def _framed(self, data: bytes) -> Iterator[AnyEvent]:
        if data[:1] and data[0] >> 4 == TYPE_3:
            data = FLAG_BYTE + data
        if data[:1] == FLAG_BYTE != data[-1:]:
            data += FLAG_BYTE
        receiver = self._receiver
        if run := receiver.reader.receive(data):
            yield run
        yield from iter(receiver.next_event, None)
        receiver.reader.end()
        yield from iter(receiver.next_event, None)


_FIRST_BYTES: Final = (b"", FLAG_BYTE, b"h", b"/", *(bytes([TYPE_3 << 4 | low]) for low in range(16)))
_MAX_AGE: Final = 3600.0  # in s; gateways publish at least hourly, so a larger age is wrong


def _before(at: datetime, age: float) -> datetime:
    try:
        return at - timedelta(seconds=min(age, _MAX_AGE))
    except OverflowError:  # `at` is within the first hour that Python can represent
        return at


def _has_clock(event: AnyEvent) -> bool:
    if isinstance(event, list):
        return all(measurement.timestamp for measurement in event)
    if isinstance(event, Recognised):
        return event.measurement.timestamp is not None
    return isinstance(event, Read | ReadTelegram) and event.reading.measurement(Scale(), None).timestamp is not None
