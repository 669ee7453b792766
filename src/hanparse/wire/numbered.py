"""Joins the numbered parts of messages: `NumberedParts`.

A part with the same number and bytes as the previous part is a repetition and is ignored. A part with the first number
begins a new message. A part with any other number than the next number drops the message. So an incomplete message is
never delivered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse.wire.message import MAX_MESSAGE, Dropped, Message, incomplete

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hanparse.wire.link import Link

MAX_LINKS: Final = 16
"""The maximum number of links for which messages are joined at the same time. A HAN port has one link."""


class Numbering(NamedTuple):
    """The rule by which parts are numbered: the name of a part, the first number, and the modulus."""

    unit: str
    first: int
    modulo: int


class NumberedParts:
    """Joins the parts of each link separately, in bounded memory."""

    def __init__(self, numbering: Numbering) -> None:
        self._numbering = numbering
        self._messages: dict[object, _Joining] = {}

    @property
    def is_idle(self) -> bool:
        """Return whether no message is being joined or dropped."""
        return not any(joining.is_busy for joining in self._messages.values())

    def add(
        self, link: Link | None, number: int, part: Message, *, is_last: bool
    ) -> tuple[Message | None, Dropped | None]:
        """Return the message that `part` completes, and the message that `part` shows to be incomplete."""
        key = _key(link)
        joining = self._messages.pop(key, None) or _Joining(self._numbering)
        self._messages[key] = joining
        if len(self._messages) > MAX_LINKS:
            del self._messages[next(iter(self._messages))]
        return joining.add(number, part, is_last=is_last)

    def interrupt(self, message: Message) -> Dropped | None:
        """Note a complete `message` without parts. Return the incomplete message of its link, which it interrupts.

        Later parts on this link may belong to the interrupted message or to a message with a lost first part.
        """
        joining = self._messages.get(_key(message.link))
        if joining is None or not joining.parts:
            return None
        return joining.interrupt(message.position(0))

    def end(self, offset: int) -> Iterator[Dropped]:
        """End the input at `offset`: return the messages that are still incomplete."""
        messages, self._messages = self._messages, {}
        for joining in messages.values():
            if joining.parts:
                yield joining.drop(f"the input ends before {joining.awaited}", offset)


def _key(link: Link | None) -> tuple[object, object] | None:
    """Return the addresses of a link. The control byte is left out, because it alternates within a message in M-Bus."""
    return None if link is None else (link.destination, link.source)


class _Joining:
    """Joins the parts of one message of one link."""

    def __init__(self, numbering: Numbering) -> None:
        self.parts: list[Message] = []
        self._numbering = numbering
        self._next = numbering.first
        self._size = 0  # the number of bytes in `parts`; an empty part counts as one byte, because it takes memory
        self._last: tuple[int, bytes] | None = None
        self._is_lost = False  # the first part of the message is missing, and an error has reported this
        self._is_refused = False  # all parts up to the last part of the message are ignored

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
        """Drop the message and its later parts."""
        self._is_lost = True
        return self.drop(f"another push comes before {self.awaited}", offset)

    def _begin(self, number: int, part: Message, *, is_last: bool) -> Dropped | None:
        """Begin a message with `part`, which does not continue the message in progress. Return the dropped message."""
        unit, first, _ = self._numbering
        offset = part.position(0)
        if self.parts:
            dropped = self.drop(f"expected {self.awaited}, found {unit} {number}", offset)
            self._is_lost = number != first
            return dropped
        if number == first or self._is_lost:
            self._is_lost = number != first
            return None
        self._is_lost, self._is_refused = True, number < first and not is_last
        reason = f"found {unit} {number}, expected {first} first" if number < first else f"{unit} {first} is missing"
        return Dropped(incomplete(f"{reason}; the push that {unit} {number} belongs to is dropped", offset), part)

    def drop(self, reason: str, offset: int) -> Dropped:
        message = self._take()
        error = incomplete(f"a push in {self._numbering.unit}s is incomplete and dropped: {reason}", offset)
        return Dropped(error, message)

    def _take(self) -> Message:
        parts, self.parts, self._size = self.parts, [], 0
        return Message.join(parts)
