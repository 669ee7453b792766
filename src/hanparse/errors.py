"""Defines all errors that input can cause.

A *sound* frame has the right structure and its check sequences fit. A sound payload has a structure that hanparse can
decode to its last byte. A *profile* describes how hanparse reads the pushes of one manufacturer's meters.

::

    HanParseError(ValueError)      the base class, never raised directly
    ├── HexDumpError               the text is not a hex dump                  .line .column .place
    ├── FrameError                 the bytes are not a sound frame             .offset .place
    │   └── ChecksumError          a check sequence does not fit               .field .expected .found
    ├── DecodeError                the frame is sound, its payload is not      .offset .place .reason
    │   └── CipherError            a ciphered push cannot be deciphered        .cause .system_title .invocation_counter
    └── UnknownMeterError          the payload is sound, no profile reads it   .report

Each message gives the value found, the value expected, the index of the byte, and a remedy, as far as they are known.
An argument of a wrong *type* is a mistake of the caller and raises ``TypeError``. An option with a wrong value, such as
a transformer ratio of 0, raises ``ValueError``.
"""

from typing import Literal

CipherCause = Literal[
    "length", "no key", "no cryptography", "key-length", "system title",
    "key", "auth_key", "tag", "swapped", "incomplete",
    "suite", "compressed", "not protected", "signed", "key-info", "service", "nested", "not a push",
]  # fmt: skip
"""The reasons why a ciphered push cannot be deciphered. The page "Ciphered meters" explains each of them."""


def _where(offset: int, place: tuple[int, int] | None) -> str:
    return f"byte {offset} (line {place[0]}, column {place[1]})" if place else f"byte {offset}"


class HanParseError(ValueError):
    """The base class of all errors that input can cause. Catch this class to catch every such error."""


class HexDumpError(HanParseError):
    """The text is not a hex dump. `line` and `column` give the first wrong character; both count from 1.

    `decode_all` also calls `on_error` with this error for each damaged frame in a text, and for each passage that looks
    like bytes but could not be read.
    """

    def __init__(self, message: str, *, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.line = line
        self.column = column

    @property
    def place(self) -> tuple[int, int]:
        """Return the line and the column. The other errors of a text have this attribute, too."""
        return self.line, self.column


class FrameError(HanParseError):
    """The bytes are not a sound frame or P1 telegram.

    `offset` is the index of the wrong byte, counted from the first byte that the caller has given to the decoder.
    `place` is None or, if the bytes were read from a text, the line and the column. Both count from 1.
    `after_header` is True if the header of the frame passed all checks, such as the HCS of HDLC. The bytes are then a
    damaged frame and not noise.
    """

    def __init__(self, message: str, *, offset: int = 0, after_header: bool = False) -> None:
        super().__init__(message)
        self.offset = offset
        self.after_header = after_header
        self.place: tuple[int, int] | None = None

    def __str__(self) -> str:
        """Return the offset, the place and the message."""
        return f"{_where(self.offset, self.place)}: {super().__str__()}"


class ChecksumError(FrameError):
    """A check sequence does not fit. `expected` is the value computed from the bytes, `found` is the received value.

    `field` is ``"HCS"`` or ``"FCS"`` in HDLC, ``"checksum"`` in M-Bus, ``"CRC"`` in P1.
    """

    def __init__(self, message: str, *, offset: int = 0, field: str = "FCS", expected: int = 0, found: int = 0) -> None:
        super().__init__(message, offset=offset, after_header=field != "HCS")
        self.field = field
        self.expected = expected
        self.found = found


class DecodeError(HanParseError):
    """The payload cannot be decoded. `offset` and `place` are those of the wrong byte, as in `FrameError`."""

    def __init__(self, reason: str, *, offset: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.offset = offset
        self.place: tuple[int, int] | None = None

    def __str__(self) -> str:
        """Return the offset, the place and the reason."""
        return f"{_where(self.offset, self.place)}: {self.reason}"


class CipherError(DecodeError):
    """A ciphered push cannot be deciphered. `cause` is the reason as a short text (`CipherCause`).

    The error contains neither keys nor deciphered content. `system_title` is the eight bytes that identify the sender.
    `invocation_counter` is the number that the sender gave to the push. Each of these two attributes is `None` if the
    push does not contain it, or is too damaged to read it.
    """

    def __init__(
        self,
        reason: str,
        *,
        offset: int = 0,
        cause: CipherCause = "key",
        system_title: bytes | None = None,
        invocation_counter: int | None = None,
    ) -> None:
        super().__init__(reason, offset=offset)
        self.cause: CipherCause = cause
        self.system_title = system_title
        self.invocation_counter = invocation_counter


class UnknownMeterError(HanParseError):
    """No `Profile` can read this sound payload.

    `report` describes the payload in Markdown, without the meter number.
    """

    def __init__(self, message: str, *, report: str = "") -> None:
        super().__init__(message)
        self.report = report
