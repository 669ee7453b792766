"""Defines `Case`, which holds a ciphered APDU and the keys that were given for its meter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse.errors import CipherError
from hanparse.security.title import SIZE, title_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from hanparse.errors import CipherCause
    from hanparse.security.header import Header

COUNTER_SIZE: Final = 4
NO_TITLE: Final = bytes(SIZE)
"""The system title that is used in the initialisation vector if neither the APDU nor the user gives a system title.

Several programs for Polish meters use zero bytes in this case, too.
"""


class Case(NamedTuple):
    """A `Case` holds a ciphered APDU and the keys that were given for its meter.

    A function with a variable of this type returns errors and does not raise them, because a traceback can show
    variables and so the keys.
    """

    header: Header
    head: bytes
    """The APDU up to its security control byte, which is included."""
    content: bytes
    tag: bytes
    title: bytes
    key: bytes
    auth_key: bytes
    is_sound: Callable[[bytes], bool]

    @property
    def iv(self) -> bytes:
        """Return the initialisation vector: the system title and the invocation counter (Green Book 9.2.3.3.7.3)."""
        return self.title + self.header.invocation_counter.to_bytes(COUNTER_SIZE, "big")

    def error(self, cause: CipherCause, reason: str, offset: int = 0) -> CipherError:
        """Return the error for `cause`.

        The message contains the name, the sender and the protection of the APDU, and `reason`. `offset` is the index of
        the wrong byte in the APDU. If `offset` is 0, the offset of the error is the index of the first byte of the
        content.
        """
        title = self.title if len(self.title) == SIZE and self.title != NO_TITLE else None
        sender = f"from {title_text(title)}" if title else "without system title"
        return CipherError(
            f"{self.header.name} {sender}: {' '.join(reason.split())} ({self.header.protection})",
            offset=offset or self.header.start,
            cause=cause,
            system_title=title,
            invocation_counter=self.header.invocation_counter,
        )
