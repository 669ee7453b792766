"""Bytes <-> P1 telegrams: `Telegram` and its lines, the text that meters send by DSMR and its relatives.

The grammar (IEC 62056-21 mode D; DSMR P1 companion standard 5.0.2, 6; e-MUCS P1 1.7.1)::

    telegram = "/" identification EOL line* "!" [CRC] EOL
    line     = [code] group+ EOL                     without a code it goes on with the line before it (DSMR 2.2, 3.0)
    group    = "(" [value ["*" unit]] ")"
    code     = A "-" B ":" C "." D "." E [("." | "*" | "&") F]

A line that is none of these is kept as it was sent, and is lost: it has no code and no value.
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
from hanparse.wire.telegram import BETWEEN, MAX_TELEGRAM, START, Scan, find_end, truncated, with_cr_lf

if TYPE_CHECKING:
    from hanparse.wire.buffer import Buffer

__all__ = ["P1", "Group", "Line", "LostLine", "Telegram", "is_telegram"]

_LINE: Final = re.compile(r"(?P<code>[^()]*)\((?P<groups>[^()]*(?:\)\([^()]*)*)\)")
_EOL: Final = re.compile(r"\r+\n|\r\0|\r|\n")
_CR_LF: Final = "\r\n"


class Group(NamedTuple):
    """What stands between two parentheses: a value, and a unit where ``*`` separates one from it."""

    value: str
    unit: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """The group that `text` is, without its parentheses."""
        value, _, unit = text.partition("*")
        return cls(value, unit)


class Line(NamedTuple):
    """One line: its code as sent, and what stands in its groups, without parentheses.

    A line that goes on with the one before it has no code. One that is no line of the grammar has no groups, and is
    `code` as a whole; so is a blank line.
    """

    code: str
    groups: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """The line that `text` is, without its line end."""
        match = _LINE.fullmatch(text)
        return cls(match["code"], tuple(match["groups"].split(")("))) if match else cls(text)

    def build(self) -> str:
        """The line as it is sent, without its line end."""
        return self.code + "".join(f"({group})" for group in self.groups)

    @property
    def obis(self) -> Obis | None:
        """The code; `None` where there is none, or what stands there is none."""
        return _obis(self.code) if self.groups else None

    @property
    def is_lost(self) -> bool:
        """Whether it cannot be read: neither a code with groups, nor groups alone, nor blank."""
        return bool(self.code.strip() and self.obis is None)


class LostLine(NamedTuple):
    """A line that cannot be read: its number in the telegram, whose identification is line 1, and its text."""

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
    """One sound telegram: its identification without the slash, its lines, its CRC as sent, its line end.

    `crc` is empty where none was sent; `None` has `build` compute it. `offset` is the position of the slash in the
    stream that it was found in, `raw` what was read, `after_loss` whether other bytes than line ends were passed over
    just before it. They take no part in comparisons.
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
        """The telegram that `data` is, nothing before it, and nothing but a line end behind it.

        `offset` is added to the positions that errors and the telegram report. Raises `FrameError` for the first thing
        that is wrong, `ChecksumError` when it is the CRC.
        """
        data = as_bytes(data)
        try:
            _check_whole(data)
        except FrameError as error:
            error.offset += offset
            raise
        return cls.read(data, offset)

    @classmethod
    def read(cls, data: bytes, offset: int = 0, *, after_loss: bool = False) -> Self:
        """The telegram that `data` is known to be, with or without the line end behind its CRC."""
        sent = data.decode("ascii")
        eol = _EOL.search(sent)
        header, *lines = with_cr_lf(data.rstrip(BETWEEN)).decode("ascii").split(_CR_LF)
        crc = lines.pop()[1:]
        return cls(
            header[1:], tuple(map(Line.parse, lines)), crc, eol[0] if eol else _CR_LF, offset, data, after_loss
        )  # fmt: skip

    def build(self) -> bytes:
        """The telegram as it is sent; line ends of several kinds become its first. Raises `ValueError` if it is none.

        With a `crc` of `None`, that is computed over what is sent; DSMR wants CR LF there.
        """
        text = self.eol.join([f"/{self.identification}", *(line.build() for line in self.lines), "!"])
        try:
            body = text.encode("ascii")
            crc = f"{arc(body):04X}" if self.crc is None else self.crc
            sent = body + (crc + self.eol).encode("ascii")
            if type(self).parse(sent) == replace(self, crc=crc):
                return sent
        except ValueError as error:
            raise ValueError(f"no P1 telegram can hold this: {error}") from error
        raise ValueError("no P1 telegram can hold this: a line with a line end, parentheses or another end line in it")

    @property
    def flag(self) -> str:
        """The three letters of the maker, registered with the FLAG association."""
        return self.identification[:3]

    @property
    def information(self) -> bytes:
        """What it carries: all of it."""
        return self.raw

    @property
    def information_offset(self) -> int:
        """Where it begins in the stream."""
        return self.offset

    @property
    def link(self) -> Link:
        """A telegram has no addresses; its identification names the meter."""
        return Link((), (), 0)

    @property
    def lost(self) -> tuple[LostLine, ...]:
        """The lines that cannot be read. They cost nothing but themselves."""
        return tuple(LostLine(number, line.build()) for number, line in enumerate(self.lines, 2) if line.is_lost)

    def line_offsets(self) -> tuple[int, ...]:
        """Where each of `lines` begins in the stream."""
        ends = _EOL.finditer(self.raw.decode("ascii"))
        return tuple(self.offset + end.end() for end, _ in zip(ends, self.lines, strict=False))


def _check_whole(data: bytes) -> None:
    end, sound = find_end(data)
    if end > len(data):
        raise truncated(len(data), end, sound=sound)
    if rest := data[end:].strip(BETWEEN):
        raise FrameError(f"{len(rest)} bytes follow the telegram, expected its line end alone", offset=end)


def is_telegram(data: Buffer) -> bool:
    """Whether `data` is one sound telegram to its last byte; one without CRC must hold a line that can be read."""
    try:
        telegram = Telegram.parse(data)
    except FrameError:
        return False
    return bool(telegram.crc) or any(line.obis for line in telegram.lines)


class P1:
    """How P1 telegrams are told from other bytes; a `hanparse.wire.reader.LinkLayer`, one for each reader."""

    first = START
    start = rb"/(?:[A-Za-z]{3}|[A-Za-z]{0,2}\Z)"
    max_size = MAX_TELEGRAM
    shared = 0
    read = staticmethod(Telegram.read)
    truncated = staticmethod(truncated)

    def __init__(self) -> None:
        self._scan = Scan()

    def find_end(self, data: bytes, start: int, base: int | None = None) -> tuple[int, bool]:
        """Return where the telegram that begins at `start` ends, and whether its identification is there and sound.

        With `base`, the position of ``data[0]`` in the stream, no byte is looked at twice.
        """
        return find_end(data, start) if base is None else self._scan.find_end(data, start, base)
