"""Read a pasted text. It contains P1 telegrams or a hex dump.

`hanparse.hexdump` proposes readings of the text, and `hanparse.receiver` verifies their bytes. The decoder, annotate
and the cli use this package. It returns the first of these that the text contains:

* P1 telegrams;
* frames with correct check sequences, in any notation (`choice`, `sound`), if one of them can be read without a key;
* APDUs that follow the grammar to their last byte. Next to ciphered frames they may be the deciphered content of these;
* frames with correct check sequences that cannot be read without a key;
* a dump by the rules of `hanparse.hexdump`, which also raises the errors.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Final

from hanparse import hexdump
from hanparse.errors import HexDumpError
from hanparse.hexdump import masks
from hanparse.hexdump.text import cover, failure, place, tidy
from hanparse.pasted import sound
from hanparse.pasted.choice import Found, search, without_remarks
from hanparse.wire.pasted import damaged_telegram, find

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hanparse.hexdump.text import Piece
    from hanparse.pasted.sound import Unit
    from hanparse.wire.pasted import Pasted

_LONGEST_APDUS: Final = 1 << 16
"""A longer text (in characters) is not searched for APDUs without frames. Only the grammar determines their ends."""

_HEADERS: Final = (b"\x0f", b"\xe6")  # of a data-notification and of an LLC PDU
_TEXT_LINE: Final = re.compile(r"\n([^\n]*\w[^\n]*)(?=\n)")
_DAMAGED_PAIRS: Final = r"[0-9A-Fa-f]*[G-Zg-z][0-9A-Fa-f]*(?!\w)"
_MISTYPED: Final = re.compile(
    rf"[^\w:=]*((?=\w*[0-9])(?=\w*[^\W\d])(?:\w{{2,3}}|{_DAMAGED_PAIRS}))[^\w:=]*|[^\w\n]*([^\W\d])[^\w\n]*"
)

_MISTYPED_GROUP: Final = re.compile(
    rf"(?<!\w)(?=(?:\w\w){{2,8}}(?!\w))(?=[A-Za-z]*[0-9][A-Za-z]*[0-9])(?!\w*[xX])({_DAMAGED_PAIRS})"
)
_PAIR: Final = "[0-9A-Fa-f]{2}"
_MISTYPED_PAIR: Final = r"((?:[0-9A-Fa-f][G-Zg-z]|[G-Zg-z][0-9A-Fa-f])(?!\w))"
_MISTYPED_IN_RUN: Final = re.compile(
    rf"(?<!\w)(?:{_MISTYPED_PAIR}(?:[ ,;]{{1,2}}{_PAIR}(?!\w)){{3}}|(?:{_PAIR}[ ,;]{{1,2}}){{3}}{_MISTYPED_PAIR})"
)
_MISTYPED_BEHIND_MARK: Final = re.compile(rf"(?:0[xX]|\\[xX]|'[hH]|#[xX]?|[$%=&]){_MISTYPED_PAIR}")
_MASK_BEHIND_MARK: Final = re.compile(rf"(?:0[xX]|\\[xX]|'[hH]|&[hH]|[#$%=])({masks.MASK})(?!\w)|(XX|xx|\?\?)(?!\w)")
_PASSED_OVER_RUN: Final = re.compile(r"(?<!\w)((?:[0-9A-Fa-f]{1,2}[ ,;]{1,2}){4})")
_NEAR: Final = 40
_SIGN: Final = r"[ ,;]{1,2}"
_WORD: Final = r"((?=\w*[G-Zg-z])\w{1,3})"
_BYTE: Final = "[0-9A-Fa-f]{1,3}"
_MISTYPED_BEHIND: Final = re.compile(rf"{_SIGN}{_WORD}(?:{_SIGN}{_BYTE}(?!\w)){{2}}")
_MISTYPED_IN_FRONT: Final = re.compile(rf"(?<!\w)(?:{_BYTE}{_SIGN}){{2}}{_WORD}{_SIGN}\Z")
_BYTES_IN_GAP: Final = (
    _MISTYPED_GROUP, _MISTYPED_IN_RUN, _MISTYPED_BEHIND_MARK, _MASK_BEHIND_MARK, _PASSED_OVER_RUN,
    hexdump.LIKE_BYTES_ALONE,
)  # fmt: skip


def dumped(text: str) -> bytes:
    """Return the bytes of the P1 telegrams in a text, or of its dumps when it has no telegram.

    Raises `HexDumpError` when the text contains neither, or when a dump is damaged or masked.
    """
    return dump(text).data


def dump(text: str) -> hexdump.Dump:
    """Return the bytes that `dumped` returns, with the text that was passed over. Raises the same errors."""
    if telegrams := find(text):
        return _with_telegrams(text, telegrams)
    tidied = tidy(text)
    framed = search(tidied, sound.frames)
    is_read = framed.units and sound.is_read(b"".join(unit.data for unit in framed.units))
    if not is_read and len(tidied) <= _LONGEST_APDUS and (apdus := _before_masks(tidied, framed)):
        return _dump(tidied, Found(_without_gaps(without_remarks(tidied), apdus), []))
    if framed.units:
        return _dump(tidied, framed)
    try:
        return _with_every_apdu(tidied, _by_rules(tidied))
    except HexDumpError:
        if not (damaged := damaged_telegram(text)):
            raise
        return hexdump.Dump(damaged, style="P1")


def _with_telegrams(text: str, telegrams: list[Pasted]) -> hexdump.Dump:
    """Return the bytes of telegrams that the text contains as text, and of sound frames on its other lines."""
    rest = tidy(cover(text, [(telegram.start, telegram.end) for telegram in telegrams]))
    units = search(rest, sound.frames).units if hexdump.LIKE_BYTES_ALONE.search(rest) else []
    parts = sorted([(unit.start, unit.data) for unit in units] + [(found.start, found.data) for found in telegrams])
    return hexdump.Dump(b"".join([data for _, data in parts]), style="P1")


def _dump(text: str, found: Found) -> hexdump.Dump:
    pieces = sorted([piece for unit in found.units for piece in unit.pieces] + found.spare)
    parts = sorted(
        [(unit.start, unit.data) for unit in found.units] + [(spare.start, spare.data) for spare in found.spare]
    )
    shown = hexdump.dump(text, pieces, b"".join(data for _, data in parts))
    return replace(shown, unsound=tuple(_unsound(text, found.spare, parts)))


def _unsound(text: str, spare: list[Piece], parts: list[tuple[int, bytes]]) -> Iterator[hexdump.Unsound]:
    """Yield the bytes of spare pieces. `parts` contains the start and the bytes of everything that was found."""
    ends = accumulate((len(data) for _, data in parts), initial=0)
    offsets = dict(zip((start for start, _ in parts), ends, strict=False))
    firsts = [at for at, piece in enumerate(spare) if not at or sound.may_be_frame(piece.data)]
    for first, stop in pairwise([*firsts, len(spare)]):
        data = b"".join([piece.data for piece in spare[first:stop]])
        yield hexdump.Unsound(*place(text, spare[first].start), offsets[spare[first].start], data)


def _before_masks(text: str, framed: Found) -> list[Unit]:
    """Return the APDUs in a text. The list is empty when a masked byte is in front of the end of the last one."""
    apdus = search(text, sound.apdus, framed).units
    places = masks.find(text) if apdus else []
    return [] if places and places[0][0] < max(apdu.pieces[-1].end for apdu in apdus) else apdus


def _without_gaps(text: str, apdus: list[Unit]) -> list[Unit]:
    """Return the APDUs without those that have a mistyped byte between two pieces.

    That is a short word such as ``0g6``, a group such as ``00g10600``, text that resembles bytes, or any line without a
    byte when each line has one byte. An APDU has no check sequence, and without one of its bytes it may still follow
    the grammar. A list without a header behind it may be a part of it. Raises `HexDumpError` for such a line if no APDU
    is left.
    """
    gaps = [_gap(text, apdu.pieces) for apdu in apdus]
    first = next((place for place, gap in enumerate(gaps) if gap), len(apdus))
    later = zip(apdus[first:], gaps[first:], strict=True)
    kept = [*apdus[:first], *(apdu for apdu, gap in later if not gap and apdu.pieces[0].data.startswith(_HEADERS))]
    if not kept and (line := gaps[first]):
        raise _no_byte(text, line)
    return kept


def _no_byte(text: str, found: re.Match[str]) -> HexDumpError:
    word = found.lastindex or 0
    return failure(text, found.start(word), f"expected a byte of the APDU around it, found {found[word].strip()!r}")


def _gap(text: str, pieces: Sequence[Piece]) -> re.Match[str] | None:
    """Return the first text between two pieces that is a mistyped byte; `None` if there is none."""
    for piece, following in pairwise(pieces):
        is_one_a_line = len(piece.data) == len(following.data) == 1
        if is_one_a_line and (line := _TEXT_LINE.search(text, piece.end, following.start)):
            return line
        if word := _MISTYPED.fullmatch(text, piece.end, following.start):
            return word
        if word := _MISTYPED_BEHIND.match(text, piece.end, following.start):
            return word
        if word := _MISTYPED_IN_FRONT.search(text, max(piece.end, following.start - _NEAR), following.start):
            return word
        for pattern in _BYTES_IN_GAP:
            if found := pattern.search(text, piece.end, following.start):
                return found
    return None


def _by_rules(text: str) -> hexdump.Dump:
    """Return the dump in a text without sound frames or APDUs. Raises `HexDumpError` also when bytes are masked."""
    places = masks.find(text)
    try:
        found = hexdump.read(text)
    except HexDumpError:
        if places:
            raise masks.masked(text, places) from None
        raise
    if places:
        raise masks.masked(text, places)
    pieces = hexdump.find(text)
    is_framed = any(sound.may_be_frame(piece.data) for piece in pieces)
    if not is_framed and (gap := _gap(without_remarks(text), pieces)):  # no check sequence would show the missing byte
        raise _no_byte(text, gap)
    return replace(found, unsound=tuple(_unsound(text, pieces, [(piece.start, piece.data) for piece in pieces])))


def _with_every_apdu(text: str, found: hexdump.Dump) -> hexdump.Dump:
    """Return `found`. Raises `HexDumpError` if it lacks an APDU that the text contains in another notation."""
    if found.data and len(text) <= _LONGEST_APDUS:
        for apdu in search(text, sound.apdus).units:
            if apdu.data not in found.data:
                raise failure(text, apdu.start, "found an APDU beside other bytes without a frame; paste it alone")
    return found


def unmasked(text: str) -> tuple[bytes, frozenset[int], HexDumpError] | None:
    """Return the bytes of a text with masked bytes (``XX``), the indexes of the masked bytes, and the error for them.

    The value of each masked byte is 00 in the result. Returns `None` when no byte is masked, when the text is no dump,
    and when the number of bytes depends on the values of the masked bytes.
    """
    tidied = tidy(text)
    if places := masks.find(tidied):
        with suppress(HexDumpError):
            data, other = (dumped(masks.fill(tidied, places, by)) for by in ("00", "FF"))
            hidden = frozenset(at for at, (one, two) in enumerate(zip(data, other, strict=False)) if one != two)
            return (data, hidden, masks.masked(tidied, places)) if len(data) == len(other) else None
    return None
