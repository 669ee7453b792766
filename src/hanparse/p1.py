"""Parses and builds P1 telegrams. A `Telegram` is the text that a meter pushes according to DSMR or a related standard.

A telegram is sound if it passes the checks of `hanparse.wire.telegram`, which include its CRC if it has one. Telegrams
have this grammar (IEC 62056-21 mode D; DSMR P1 companion standard 5.0.2, 6; e-MUCS P1 1.7.1)::

    telegram = "/" identification EOL line* "!" [CRC] EOL
    line     = [code] group+ EOL                     a line without code continues the previous line (DSMR 2.2, 3.0)
    group    = "(" [value ["*" unit]] ")"
    code     = [A "-" B ":"] C "." D "." E [("." | "*" | "&") F]

hanparse also reads codes of six groups with dots. A line that is not blank and does not fit this grammar is a lost
line: `Line` keeps its text, but hanparse reads no code and no value from it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from hanparse.errors import FrameError
from hanparse.obis import Obis
from hanparse.wire.buffer import as_bytes
from hanparse.wire.crc import arc
from hanparse.wire.link import Link
from hanparse.wire.telegram import BETWEEN, HEADER, MAX_TELEGRAM, START, Scan, find_end, truncated, with_cr_lf
from hanparse.wording import Count

if TYPE_CHECKING:
    from hanparse.wire.buffer import Buffer

__all__ = ["P1", "Group", "Line", "LostLine", "Telegram", "is_telegram"]

_LINE: Final = re.compile(r"(?P<code>[^()]*)\((?P<groups>[^()]*(?:\)\([^()]*)*)\)")
_EOL: Final = re.compile(r"\r+\n|\r\0|\r|\n")
_CR_LF: Final = "\r\n"


class Group(NamedTuple):
    """A `Group` is the text between two parentheses: a value, and a unit if a ``*`` follows the value."""

    value: str
    unit: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse the text of a group without its parentheses."""
        value, _, unit = text.partition("*")
        return cls(value, unit)


class Line(NamedTuple):
    """A `Line` is a line of a telegram: its code as sent, and the texts of its groups without parentheses.

    A line that continues the previous line has no code. If the text of a line does not end with groups, `groups` is
    empty, and `code` is the complete text of the line.
    """

    code: str
    groups: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse the text of a line without its line end."""
        match = _LINE.fullmatch(text)
        return cls(match["code"], tuple(match["groups"].split(")("))) if match else cls(text)

    def build(self) -> str:
        """Return the text of the line without its line end."""
        return self.code + "".join(f"({group})" for group in self.groups)

    @property
    def obis(self) -> Obis | None:
        """Return the code of the line; `None` if the line has no groups or no valid code."""
        return _obis(self.code) if self.groups else None

    @property
    def is_lost(self) -> bool:
        """Return whether the line is lost: it does not fit the grammar and is not blank."""
        return bool(self.code.strip() and self.obis is None)


class LostLine(NamedTuple):
    """A `LostLine` is a line that does not fit the grammar. The first line has the `number` 2."""

    number: int
    text: str


@lru_cache(maxsize=256)
def _obis(code: str) -> Obis | None:
    try:
        return Obis.parse(code)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Telegram:
    """A `Telegram` is a sound telegram: its identification without the slash, its lines, its CRC and its line ends.

    `eol` is the first line end. `crc` is empty if the telegram has no CRC. If `crc` is `None`, `build` computes the
    CRC. `offset` is the position of the slash in the stream, and `raw` contains the bytes of the telegram. `after_loss`
    is true if bytes other than line ends were skipped just before the slash. Comparisons ignore `offset`, `raw` and
    `after_loss`.
    """

    identification: str
    lines: tuple[Line, ...]
    crc: str | None = None
    eol: str = _CR_LF
    offset: int = field(default=0, compare=False)
    raw: bytes = field(default=b"", compare=False, repr=False)
    after_loss: bool = field(default=False, compare=False, repr=False)

    @classmethod
    def parse(cls, data: Buffer, *, offset: int = 0) -> Self:
        """Parse `data`, which must be one telegram. The line end after the CRC can be missing.

        After a ``!`` without CRC, the line end must be present. `offset` is the position of `data` in the stream. The
        offsets of the telegram and of errors are positions in the stream, too. Raises `FrameError` for the first error
        in `data`. The error is a `ChecksumError` if the CRC does not fit. Raises `TypeError` if `data` is not
        bytes-like.
        """
        data = as_bytes(data)
        try:
            _check_end(data)
        except FrameError as error:
            error.offset += offset
            raise
        return cls.read(data, offset)

    @classmethod
    def read(cls, data: bytes, offset: int = 0, *, after_loss: bool = False) -> Self:
        """Parse the telegram `data`, which `find_end` has checked. `data` can include the line end after the CRC."""
        sent = data.decode("ascii")
        eol = _EOL.search(sent)
        header, *lines = with_cr_lf(data.rstrip(BETWEEN)).decode("ascii").split(_CR_LF)
        crc = lines.pop()[1:]
        return cls(
            header[1:], tuple(map(Line.parse, lines)), crc, eol[0] if eol else _CR_LF, offset, data, after_loss
        )  # fmt: skip

    def build(self) -> bytes:
        """Return the bytes of the telegram, with `eol` as each line end. DSMR demands CR LF as line ends.

        If `crc` is `None`, this method computes the CRC of the bytes. Raises `ValueError` if `parse` would not return
        an equal telegram from the bytes.
        """
        text = self.eol.join([f"/{self.identification}", *(line.build() for line in self.lines), "!"])
        try:
            body = text.encode("ascii")
            crc = f"{arc(body):04X}" if self.crc is None else self.crc
            sent = body + (crc + self.eol).encode("ascii")
            if type(self).parse(sent) == replace(self, crc=crc):
                return sent
        except ValueError as error:
            raise ValueError(f"cannot build a P1 telegram: {error}") from error
        raise ValueError(
            "cannot build a P1 telegram: expected lines without line ends, a leading !, or extra parentheses"
        )

    @property
    def flag(self) -> str:
        """Return the three letters of the manufacturer, which the FLAG association registers."""
        return self.identification[:3]

    @property
    def information(self) -> bytes:
        """Return the payload, which is the complete telegram."""
        return self.raw

    @property
    def information_offset(self) -> int:
        """Return the position of the payload in the stream."""
        return self.offset

    @property
    def link(self) -> Link:
        """Return an empty link, because a telegram has no addresses."""
        return Link((), (), 0)

    @property
    def lost(self) -> tuple[LostLine, ...]:
        """Return the lines that do not fit the grammar. They have no effect on the other lines."""
        return tuple(LostLine(number, line.build()) for number, line in enumerate(self.lines, 2) if line.is_lost)

    def line_offsets(self) -> tuple[int, ...]:
        """Return the positions of the first bytes of `lines` in the stream."""
        ends = _EOL.finditer(self.raw.decode("ascii"))
        return tuple(self.offset + end.end() for end, _ in zip(ends, self.lines, strict=False))


def _check_end(data: bytes) -> None:
    end, sound = find_end(data)
    if end > len(data):
        raise truncated(len(data), end, sound=sound)
    if rest := data[end:].strip(BETWEEN):
        more = Count(len(rest))
        found = f"{more} {more:byte follows|bytes follow} the telegram"
        raise FrameError(f"{found}, expected only its line end", offset=end)


def is_telegram(data: Buffer) -> bool:
    """Return whether `data` is one sound telegram. A telegram without CRC must contain a line with a code."""
    try:
        telegram = Telegram.parse(data)
    except FrameError:
        return False
    return bool(telegram.crc) or any(line.obis for line in telegram.lines)


class P1:
    """`P1` is the `hanparse.wire.layer.LinkLayer` for P1 telegrams.

    It contains the state of the search, so each reader needs its own instance.
    """

    first = START
    start = rb"%b|/[A-Za-z]{0,2}\Z" % HEADER
    max_size = MAX_TELEGRAM
    shared = 0
    read = staticmethod(Telegram.read)
    truncated = staticmethod(truncated)

    def __init__(self) -> None:
        self._scan = Scan()

    def find_end(self, data: bytes, start: int, base: int | None = None) -> tuple[int, bool]:
        """Return the end of the telegram at `start`, and whether its identification is complete and passes all checks.

        `base` is the position of ``data[0]`` in the stream. If `base` is given, this method reads no byte of the stream
        twice. Without `base`, `data` is not part of a stream.
        """
        return find_end(data, start) if base is None else self._scan.find_end(data, start, base)
