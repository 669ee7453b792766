"""Finds identifiers of meters in bytes that are damaged, cut off, ciphered or outside of a list.

The module finds:

* Words that contain at least six digits, or consist of at least eight hex digits.
* At least five digits, with at most two other bytes between each two of them: a number with damaged bytes.
* Octet-strings that are not a text, an OBIS code or a date-time.
* The last five octets of a system title, which follow its three letters. A system title is recognised if the length 08
  is before its letters, or if the tag of a ciphered APDU and a damaged or missing length are before its letters.

The identifier of a list, such as ``AIDON_V0001``, does not identify a meter and is not replaced.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from hanparse.wire import ids

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Change = tuple[Callable[[bytes, int], bytes], Callable[[bytes, bytes], dict[bytes, bytes]]]
"""Two functions that replace an identifier. The first function returns the new octets.

Its arguments are the old octets and a number; different numbers give different octets. The arguments of the second
function are the old and the new octets. It maps each notation of the old octets to the same notation of the new octets.
The old notations are then replaced in the whole capture.
"""

_DIGITS: Final = re.compile(rb"\d(?:\D{0,2}\d){4,}", re.DOTALL)
_TITLE: Final = re.compile(
    rb"(?<=\x08)[A-Za-z]{3}.{5}|(?<=[\xdb\xdc\xdd\xdf])(?!\x08[A-Za-z]{3}).?[A-Za-z]{3}.{5}", re.DOTALL
)
_WORD: Final = re.compile(
    rb"(?:[A-Za-z]*\d){%d,}[A-Za-z]*"
    rb"|(?<![0-9A-Za-z])(?:\d?[A-Za-z]{3})?[0-9A-Fa-f]{8,}(?![0-9A-Za-z])" % ids.IDENTIFYING_DIGITS
)
_LIST_ID: Final = re.compile(rb"[A-Za-z]{3,}_V?\d{1,4}(?:_\d)?(?!\d)")
_OCTET_STRING: Final = re.compile(rb"\t[\x03-\x10]")  # tag and length
_CODE: Final = re.compile(rb"[\x00-\x0f].{4}\xff", re.DOTALL)
_TEXT: Final = re.compile(rb"[ -~\0]+")
_CLOCK_SIZE: Final = 12
_SERIAL: Final = 5  # octets of a system title after the letters of the manufacturer


def find(octets: bytes, kept: set[bytes], joints: Sequence[int] = ()) -> Iterator[tuple[Sequence[int], Change]]:
    """Yield the indexes of the octets of each identifier, and the functions that replace it.

    If two identifiers contain the same index, the caller must use the later identifier. `kept` contains texts that are
    not identifiers. `joints` contains, in ascending order, the indexes at which bytes were cut out of `octets`, such as
    a header or a readable list. A number can contain octets on both sides of a joint, but an octet-string or a system
    title cannot.
    """
    names = [match.span() for match in _LIST_ID.finditer(octets)]
    names += [match.span() for text in kept for match in re.finditer(re.escape(text), octets) if text]
    excluded = {at for start, stop in names for at in range(start, stop)}
    for start, stop, change in _spans(octets, joints):
        places = [at for at in range(start, stop) if at not in excluded]
        if places:
            yield places, change


def _spans(octets: bytes, joints: Sequence[int]) -> Iterator[tuple[int, int, Change]]:
    """Yield the start, the end and the functions of each identifier.

    Words are last, because the later identifier applies: a word contains a whole number, and another match can contain
    only a part.
    """
    titles = [(match.end() - _SERIAL, match.end(), exactly) for match in _TITLE.finditer(octets)]
    # If a byte was lost, other bytes can look like an octet-string. So an octet-string is replaced only where it was
    # found.
    strings = [(*span, _without_notations) for span in _octet_strings(octets)]
    for start, stop, notations in [*strings, *titles]:
        if bisect_right(joints, start - 2) == bisect_left(joints, stop):
            yield start, stop, (ids.replacement_octets, notations)
    for match in _DIGITS.finditer(octets):
        yield *match.span(), (ids.replacement, _without_notations)
    for match in _WORD.finditer(octets):
        yield *match.span(), (ids.replacement, ids.notations)


def _octet_strings(octets: bytes) -> Iterator[tuple[int, int]]:
    """Yield the start and the end of each octet-string that can be a number in BCD or binary."""
    at = 0
    while match := _OCTET_STRING.search(octets, at):
        start = match.end()
        stop = start + octets[start - 1]
        content = octets[start:stop]
        is_text = _TEXT.fullmatch(content) and not ids.is_packed(content)
        is_other = is_text or _CODE.fullmatch(content) or len(content) == _CLOCK_SIZE
        is_number = stop <= len(octets) and not is_other and ids.is_identifying(content)
        if is_number:
            yield start, stop
        at = stop if is_number else start - 1


def exactly(old: bytes, new: bytes) -> dict[bytes, bytes]:
    """Return the octets as the only notation. Return no notation for few octets: they can occur by chance."""
    return {old: new} if ids.is_identifying(old) else {}


def _without_notations(_old: bytes, _new: bytes) -> dict[bytes, bytes]:
    """Return no notations, so that these octets are replaced only where they were found."""
    return {}
