"""Defines `NumberedParts`, which joins the numbered parts of messages.

A message is in progress while its last part is missing. These rules apply to each part:

* A part with the same number and the same bytes as the previous part is a repetition. It is ignored. Exception: if no
  message is in progress, a part with the first number always begins a new message.
* A part with the next number continues the message in progress. After the highest number, the next number is 0.
* Any other part with the first number begins a new message. The message in progress is dropped.
* A part with any other number shows that a part was lost. The message in progress is dropped. If no message is in
  progress and the number is below the first number, all parts up to the last part of the message are ignored.

So an incomplete message is never delivered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse.wire.message import MAX_MESSAGE, Dropped, Message, incomplete

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hanparse.wire.link import Link

MAX_LINKS: Final = 16
"""The maximum number of links. A further link replaces the least recently used link. A HAN port has one link."""


class Numbering(NamedTuple):
    """A `Numbering` contains the rule for the numbers of parts. `unit` is the noun for a part, such as "block".

    The first part of a message has the number `first`. The number of a later part is the number of the previous part
    plus 1, modulo `modulo`.
    """

    unit: str
    first: int
    modulo: int


class NumberedParts:
    """A `NumberedParts` joins the parts of each link separately. `MAX_LINKS` and `MAX_MESSAGE` limit its memory."""

    def __init__(self, numbering: Numbering) -> None:
        self._numbering = numbering
        self._messages: dict[object, _Joining] = {}

    @property
    def is_idle(self) -> bool:
        """Return whether no link has a message in progress and no link ignores the parts of a dropped message."""
        return not any(joining.is_busy for joining in self._messages.values())

    def add(
        self, link: Link | None, number: int, part: Message, *, is_last: bool
    ) -> tuple[Message | None, Dropped | None]:
        """Return the message that `part` completes, and the incomplete message that is dropped because of `part`."""
        key = _key(link)
        joining = self._messages.pop(key, None) or _Joining(self._numbering)
        self._messages[key] = joining
        message, dropped = joining.add(number, part, is_last=is_last)
        if len(self._messages) > MAX_LINKS:
            oldest = self._messages.pop(next(iter(self._messages)))
            if oldest.parts:
                dropped = oldest.drop(f"{MAX_LINKS} other links have sent parts", part.position(0))
        return message, dropped

    def interrupt(self, message: Message) -> Dropped | None:
        """Drop and return the message in progress on the link of `message`. `message` is complete and is not a part.

        If later parts of the dropped message arrive, they are ignored without a second error.
        """
        joining = self._messages.get(_key(message.link))
        if joining is None or not joining.parts:
            return None
        return joining.interrupt(message.position(0))

    def end(self, offset: int) -> Iterator[Dropped]:
        """End the input at `offset`. Yield the messages that are still incomplete."""
        messages, self._messages = self._messages, {}
        for joining in messages.values():
            if joining.parts:
                yield joining.drop(f"the input ends before {joining.awaited}", offset)


def _key(link: Link | None) -> tuple[object, object] | None:
    """Return the addresses of a link, without its control byte. In M-Bus this byte alternates within a message."""
    return None if link is None else (link.destination, link.source)


class _Joining:
    """A `_Joining` joins the parts of one link, one message at a time."""

    def __init__(self, numbering: Numbering) -> None:
        self.parts: list[Message] = []
        self._numbering = numbering
        self._next = numbering.first
        self._size = 0  # the number of bytes in `parts`, plus 1 for each empty part, which takes memory, too
        self._last: tuple[int, bytes] | None = None
        self._is_lost = False  # true if the first part of the message is missing and an error has reported this
        self._is_refused = False  # true while all parts up to the last part of a message are ignored

    @property
    def is_busy(self) -> bool:
        return bool(self.parts or self._is_refused)

    @property
    def awaited(self) -> str:
        return f"{self._numbering.unit} {self._next}"

    def add(self, number: int, part: Message, *, is_last: bool) -> tuple[Message | None, Dropped | None]:
        last, self._last = self._last, (number, part.payload)
        if self._is_refused:
            self._is_refused = not is_last
            return None, None
        if self._last == last and (self.parts or number != self._numbering.first):
            return None, None
        dropped = None if self.parts and number == self._next else self._begin(number, part, is_last=is_last)
        if not self.parts and number != self._numbering.first:
            return None, dropped
        self.parts.append(part)
        self._size += len(part.payload) or 1
        self._next = (number + 1) % self._numbering.modulo
        if self._size > MAX_MESSAGE:
            return None, self.drop(f"it has more than {MAX_MESSAGE} bytes", part.position(0))
        if not is_last:
            return None, dropped
        return self._take(), dropped

    def interrupt(self, offset: int) -> Dropped:
        """Drop the message in progress and its later parts."""
        self._is_lost = True
        return self.drop(f"another push begins before {self.awaited}", offset)

    def _begin(self, number: int, part: Message, *, is_last: bool) -> Dropped | None:
        """Begin a message with `part`, which does not continue the message in progress.

        If a message was in progress, drop and return it. Otherwise, return `None` if `part` is the first part of a
        message, or if an error has already reported that the first part is missing. Drop and return any other part.
        """
        unit, first, _ = self._numbering
        offset = part.position(0)
        if self.parts:
            dropped = self.drop(f"expected {self.awaited}, found {unit} {number}", offset)
            self._is_lost = number != first
            return dropped
        if number == first or self._is_lost:
            self._is_lost = number != first
            return None
        self._is_lost = True
        self._is_refused = number < first and not is_last
        reason = f"expected {unit} {first}, found {unit} {number}" if number < first else f"{unit} {first} is missing"
        return Dropped(incomplete(f"{reason}; the push that {unit} {number} belongs to is dropped", offset), part)

    def drop(self, reason: str, offset: int) -> Dropped:
        message = self._take()
        error = incomplete(f"a push in {self._numbering.unit}s is incomplete and dropped: {reason}", offset)
        return Dropped(error, message)

    def _take(self) -> Message:
        parts, self.parts, self._size = self.parts, [], 0
        return Message.join(parts)
