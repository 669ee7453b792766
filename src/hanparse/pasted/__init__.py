"""Text as people paste it -> the bytes that it shows: P1 telegrams, or the dump in which most is sound.

`hanparse.hexdump` knows notations, `hanparse.receiver` knows sound bytes. Here the second judges what the first
proposes, for decoder, annotate and cli alike:

* frames whose check sequences fit count, in whatever notation they are written (`choice`, `sound`);
* a text without one may be APDUs that the grammar takes to their last byte; they count, too, where all frames are
  ciphered: then they are what a key made of them;
* else the rules of `hanparse.hexdump` decide, and the error is theirs.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from hanparse import hexdump
from hanparse.errors import HexDumpError
from hanparse.hexdump import masks
from hanparse.hexdump.text import tidy
from hanparse.pasted import sound
from hanparse.pasted.choice import Found, search
from hanparse.wire.pasted import telegrams

_LONGEST_APDUS: Final = 1 << 16
"""Characters of a text in which APDUs without frames are looked for; nothing but their grammar says where they end."""


def dumped(text: str) -> bytes:
    """Return the bytes that a text shows: its P1 telegrams, else its dump. Raises `HexDumpError`."""
    return dump(text).data


def dump(text: str) -> hexdump.Dump:
    """Return what `dumped` returns, with what was passed over. Raises `HexDumpError`."""
    if found := b"\r\n".join(telegrams(text)):
        return hexdump.Dump(found, style="P1")
    tidied = tidy(text)
    framed = search(tidied, sound.frames)
    is_read = framed.units and sound.is_read(b"".join(unit.data for unit in framed.units))
    may_be_bare = not is_read and len(tidied) <= _LONGEST_APDUS and not masks.find(tidied)
    if may_be_bare and (bare := search(tidied, sound.apdus, framed)).units:
        return _dump(tidied, bare._replace(spare=[]))
    return _dump(tidied, framed) if framed.units else _by_rules(tidied)


def _dump(text: str, found: Found) -> hexdump.Dump:
    pieces = sorted([piece for unit in found.units for piece in unit.pieces] + found.spare)
    parts = sorted(
        [(unit.start, unit.data) for unit in found.units] + [(spare.start, spare.data) for spare in found.spare]
    )
    return hexdump.dump(text, pieces, b"".join(data for _, data in parts))


def _by_rules(text: str) -> hexdump.Dump:
    """What a text says in which nothing is sound."""
    places = masks.find(text)
    try:
        found = hexdump.read(text)
    except HexDumpError:
        if places:
            raise masks.masked(text, places) from None
        raise
    if places:
        raise masks.masked(text, places)
    return found


def unmasked(text: str) -> tuple[bytes, frozenset[int], HexDumpError] | None:
    """Return the bytes of a text with 00 for each that is masked (``XX``), which these are, and the error that says so.

    `None` for a text in which nothing is masked, and where what is masked cannot be told apart.
    """
    tidied = tidy(text)
    if places := masks.find(tidied):
        with suppress(HexDumpError):
            data, other = (dumped(masks.fill(tidied, places, by)) for by in ("00", "FF"))
            hidden = frozenset(at for at, (one, two) in enumerate(zip(data, other, strict=False)) if one != two)
            return (data, hidden, masks.masked(tidied, places)) if len(data) == len(other) else None
    return None
