"""What hanparse raises, all of it; every other module may import this one, this one imports none.

::

    HanParseError(ValueError)      never raised itself
    ├── HexDumpError               the text is not a hex dump                       .line .column
    ├── FrameError                 the bytes are not a sound frame                  .offset
    │   └── ChecksumError          a check sequence does not fit   .field .expected .found
    ├── DecodeError                the frame is sound, its COSEM payload is not     .offset .reason
    │   └── CipherError            it is ciphered, and is not opened     .cause .system_title .invocation_counter
    └── UnknownMeterError          the payload is sound, no profile reads it        .report

Each message says what was found, what was expected, at which byte, and what to do next. Arguments of a wrong
*type* are the caller's mistake and raise ``TypeError``; values that no meter sent (a ratio, an OBIS code) raise
``ValueError``.
"""

from typing import Literal

CipherCause = Literal[
    "length", "no key", "no cryptography", "key-length", "system title",
    "key", "auth_key", "tag", "swapped", "incomplete",
    "suite", "compressed", "not protected", "signed", "key-info", "service", "nested", "not a push",
]  # fmt: skip
"""Why a ciphered push is not opened; the page "Ciphered meters" says of each what to do."""


class HanParseError(ValueError):
    """The root of all errors that input can cause. Catch it to catch them all."""


class HexDumpError(HanParseError):
    """The text is not a hex dump; `line` and `column` (both from 1) say where it stops being one."""

    def __init__(self, message: str, *, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


class FrameError(HanParseError):
    """The bytes are no sound frame or P1 telegram; `offset` is the byte at fault, from 0, in what was given or fed.

    `after_header` says that the header was sound (its HCS fits), so that a frame was really meant.
    """

    def __init__(self, message: str, *, offset: int = 0, after_header: bool = False) -> None:
        super().__init__(message)
        self.offset = offset
        self.after_header = after_header

    def __str__(self) -> str:
        """The place and what is wrong there."""
        return f"byte {self.offset}: {super().__str__()}"


class ChecksumError(FrameError):
    """The check sequence `field` does not fit: `expected` by the bytes, `found` as sent.

    `field` is ``"HCS"`` or ``"FCS"`` in HDLC, ``"checksum"`` in M-Bus, ``"CRC"`` in P1.
    """

    def __init__(self, message: str, *, offset: int = 0, field: str = "FCS", expected: int = 0, found: int = 0) -> None:
        super().__init__(message, offset=offset, after_header=field != "HCS")
        self.field = field
        self.expected = expected
        self.found = found


class DecodeError(HanParseError):
    """The payload cannot be decoded: `reason` says why, `offset` at which byte, from 0, of what was given or fed."""

    def __init__(self, reason: str, *, offset: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.offset = offset

    def __str__(self) -> str:
        """The place and what is wrong there."""
        return f"byte {self.offset}: {self.reason}"


class CipherError(DecodeError):
    """A ciphered push is not opened, and `cause` says why in a word (`CipherCause`). Neither key nor content is in it.

    `system_title` are the eight bytes that name the sender, `invocation_counter` is its counter; `None` where the push
    has none, or is too damaged to tell.
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
    """The payload is sound but no profile reads it; `report` (Markdown, no meter ids) says what was understood."""

    def __init__(self, message: str, *, report: str = "") -> None:
        super().__init__(message)
        self.report = report
