"""A ciphered APDU and keys -> `Opened`: the APDU inside; or the `CipherError` that says which of the keys is wrong.

What is delivered is verified by its authentication tag; or, where there is no tag or no authentication key, a complete
APDU to its last byte, and then `Security.verified` is false. A tag that does not fit is never passed over. Nothing but
the caller gets to see what was opened: an error is made where the content is known and raised where it is not, so that
a traceback with the variables of its functions holds neither keys nor content.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse.errors import CipherError, DecodeError
from hanparse.measurement.security import Security
from hanparse.security import words
from hanparse.security.case import COUNTER_SIZE, NO_TITLE, Case
from hanparse.security.header import Header, read_header
from hanparse.security.title import SIZE
from hanparse.wire import identify as foreign

if TYPE_CHECKING:
    from collections.abc import Callable

    from hanparse.security.aes import Aes
    from hanparse.security.keys import Keys

_PUSHES: Final = (b"\x0f", b"/")  # a data-notification, a P1 telegram
_MAX_WARM: Final = 16  # sizes of pushes that go the short way; a meter sends two or three
_MAX_PROVED: Final = 64  # meters whose keys are known to be right; a HAN port has one


@dataclass(slots=True)
class Opened:
    """What was inside a ciphered APDU: byte i of `apdu` was sent as byte ``offset + i`` of the ciphered one."""

    apdu: bytes = field(repr=False)
    security: Security
    offset: int


class _Warm(NamedTuple):
    """What the next push of the same meter and size has in common with one that was opened. It holds keys, too."""

    head: bytes
    """The APDU up to its security control byte."""
    end: int
    """Of the content; a tag follows or the APDU ends."""
    title: bytes
    """In the IV."""
    aes: Aes
    associated: bytes
    """What the tag covers beside the content; empty where no tag is verified."""
    security: Security


class Opener:
    """Opens ciphered APDUs with `keys`, one after the other.

    `is_sound` says whether bytes are a complete APDU, or P1 telegram, to the last byte; it must not raise. It is asked
    for what no tag vouches for, so a decoder that recognises its pushes makes it fast. The opener remembers which
    meters its keys fit, and so can tell a wrong key from a damaged push.
    """

    _aes: type[Aes]

    def __init__(self, keys: Keys, is_sound: Callable[[bytes], bool]) -> None:
        """Import `cryptography` if there are keys; where it is missing, `open` says so."""
        self._keys = keys
        self._is_sound = is_sound
        self._missing = False
        self._proved: dict[bytes, bool] = {}  # by system title: whether the authentication key fits as well
        self._warm: dict[int, _Warm] = {}  # by size of the APDU
        if keys:
            try:
                from hanparse.security.aes import Aes  # noqa: PLC0415  needs an extra, and plain pushes need it not
            except ImportError:
                self._missing = True
            else:
                self._aes = Aes

    def __repr__(self) -> str:
        """Whose keys it has."""
        return f"<Opener {self._keys}>"

    def open(self, apdu: bytes, is_sound: Callable[[bytes], bool] | None = None) -> Opened:
        """The APDU inside `apdu`. Raises `CipherError`, with offsets counted from the first byte of `apdu`.

        `is_sound` judges this one in place of the opener's: what is inside a P1 telegram may be its lines alone.

        Its causes are looked for in this order: lengths, protections that are not read, no key, the encryption key,
        the tag, the keys exchanged. Raises `DecodeError` for an APDU that is not ciphered.
        """
        judge = is_sound or self._is_sound
        opened = self.again(apdu, judge) or self._open(read_header(apdu), apdu, judge)
        if isinstance(opened, CipherError):
            raise opened
        return opened

    def again(self, apdu: bytes, is_sound: Callable[[bytes], bool]) -> Opened | None:
        """What is inside an APDU whose header is that of one before, but for its counter; `None` sends it the long way.

        The same checks as on the long way, which are done once for each header. It costs little more than the cipher.
        """
        warm = self._warm.get(len(apdu))
        if warm is None or not apdu.startswith(warm.head):
            return None
        start = len(warm.head) + COUNTER_SIZE
        counter, content = apdu[start - COUNTER_SIZE : start], apdu[start : warm.end]
        if warm.associated:
            opened = warm.aes.verify(warm.title + counter, content, apdu[warm.end :], warm.associated)
            if opened is None or not opened.startswith(_PUSHES):
                return None
        else:
            opened = warm.aes.decipher(warm.title + counter, content)
            if not is_sound(opened):
                return None
        title, control, _, verified = warm.security
        return Opened(opened, Security(title, control, int.from_bytes(counter, "big"), verified), start)

    def _open(self, header: Header, apdu: bytes, is_sound: Callable[[bytes], bool]) -> Opened | CipherError:
        title = header.system_title
        if len(title) != SIZE:
            title = self._keys.system_title or (b"" if title else NO_TITLE)
        head, content, tag = apdu[: header.start - COUNTER_SIZE], apdu[header.start : header.end], apdu[header.end :]
        case = Case(header, head, content, tag, title, *self._keys.of(title), is_sound)
        if not header.is_encrypted and not case.auth_key:
            return self._sound(case, case.content)
        if problem := self._unready(case):
            return problem
        if case.auth_key and header.is_tagged:
            return self._verified(case)
        return self._sound(case, self._decipher(case, case.key))

    def _unready(self, case: Case) -> CipherError | None:
        """Why nothing can be tried, in the order in which a person can do something about it."""
        header = case.header
        if not header.is_general and self._keys.system_title is None:
            return case.error("service", words.SERVICE)
        if not self._keys:
            return case.error("no key", words.NO_KEY.format(keys="key= and auth_key=" if header.is_tagged else "key="))
        if self._missing:
            return case.error("no cryptography", words.NO_CRYPTOGRAPHY)
        if len(case.title) != SIZE:
            return case.error("system title", words.WRONG_TITLE.format(size=len(header.system_title)))
        if not case.key:
            return self._none_of_many(case)
        return self._wrong_size(case)

    def _none_of_many(self, case: Case) -> CipherError:
        """Keys are given by system title, and none is for this one."""
        if case.title == NO_TITLE:
            return case.error("system title", words.NO_CHOICE)
        return case.error("no key", words.OTHER_METERS.format(meters=self._keys.meters))

    def _wrong_size(self, case: Case) -> CipherError | None:
        """A key of another suite."""
        size = case.header.key_size
        used = {"key": case.key, "auth_key": case.auth_key if case.header.is_tagged else b""}
        for name, value in used.items():
            if value and len(value) != size:
                return case.error("key-length", words.WRONG_SIZE.format(size=size, name=name, found=len(value)))
        return None

    def _decipher(self, case: Case, key: bytes) -> bytes:
        return self._aes(key).decipher(case.iv, case.content) if case.header.is_encrypted else case.content

    # --- what a tag vouches for ---------------------------------------------------------------------------------------

    def _verified(self, case: Case) -> Opened | CipherError:
        content = self._verify(case, case.key, case.auth_key)
        if content is None:
            return self._tag_fails(case)
        if not content.startswith(_PUSHES) and not case.is_sound(content):
            return _no_push(case, content)
        return self._delivered(case, content, verified=True)

    def _verify(self, case: Case, key: bytes, auth_key: bytes) -> bytes | None:
        """The content, if its tag fits; of general-ciphering in either reading (Green Book figure 32, or SC || AK)."""
        header, aes = case.header, self._aes(key)
        encrypted, clear = (case.content, b"") if header.is_encrypted else (b"", case.content)
        start = bytes([header.security_control]) + auth_key
        for fields in (header.fields, b"") if header.fields else (b"",):
            opened = aes.verify(case.iv, encrypted, case.tag, start + fields + clear)
            if opened is not None:
                return opened or clear
        return None

    def _tag_fails(self, case: Case) -> CipherError:
        if self._proved.get(case.title):
            return case.error("tag", words.TAG_DAMAGED, case.header.end)
        if not case.header.is_encrypted:
            return self._swapped(case) or case.error("tag", words.TAG_IN_CLEAR, case.header.end)
        content = self._decipher(case, case.key)
        if case.is_sound(content):
            return case.error("auth_key", words.AUTH_KEY, case.header.end)
        if case.title in self._proved or foreign.is_head(content):
            return case.error("tag", words.TAG_AND_CONTENT, case.header.end)
        return self._swapped(case) or self._wrong_key(case)

    def _swapped(self, case: Case) -> CipherError | None:
        """The error for keys that open it in each other's place."""
        if len(case.auth_key) != case.header.key_size:
            return None
        if case.header.is_tagged:
            opens = self._verify(case, case.auth_key, case.key) is not None
        else:
            opens = case.is_sound(self._decipher(case, case.auth_key))
        return case.error("swapped", words.SWAPPED) if opens else None

    # --- what only its soundness vouches for --------------------------------------------------------------------------

    def _sound(self, case: Case, content: bytes) -> Opened | CipherError:
        if case.is_sound(content):
            return self._delivered(case, content, verified=False)
        if _is_ciphered(content):
            return _no_push(case, content)
        if not case.header.is_encrypted:
            return case.error("incomplete", words.INCOMPLETE_IN_CLEAR)
        if case.title in self._proved or foreign.is_head(content):
            return case.error("incomplete", words.INCOMPLETE)
        return self._swapped(case) or self._wrong_key(case)

    def _wrong_key(self, case: Case) -> CipherError:
        if case.title == NO_TITLE:
            return case.error("system title", words.NO_TITLE_SENT)
        same = words.SAME if case.key == case.auth_key else ""
        given = "" if len(case.header.system_title) == SIZE else words.OR_TITLE
        return case.error("key", words.KEY + same + given)

    def _delivered(self, case: Case, content: bytes, *, verified: bool) -> Opened:
        header, title, proved = case.header, case.title, self._proved
        if (verified or header.is_encrypted) and not proved.get(title) and len(proved) < _MAX_PROVED:
            proved[title] = verified
        sent = b"" if title == NO_TITLE else title
        security = Security(sent, header.security_control, header.invocation_counter, verified)
        if header.is_encrypted and not header.fields:
            self._warm_up(case, security)
        return Opened(content, security, header.start)

    def _warm_up(self, case: Case, security: Security) -> None:
        """Let the next push with this header go the short way."""
        header = case.header
        if len(self._warm) >= _MAX_WARM:
            self._warm.clear()
        associated = bytes([header.security_control]) + case.auth_key if security.verified else b""
        size = header.end + len(case.tag)
        self._warm[size] = _Warm(case.head, header.end, case.title, self._aes(case.key), associated, security)


def _is_ciphered(content: bytes) -> bool:
    """Whether the content is a whole ciphered APDU itself; its lengths fit by no chance."""
    if not foreign.is_ciphered(content):
        return False
    try:
        read_header(content)
    except DecodeError:
        return False
    return True


def _no_push(case: Case, content: bytes) -> CipherError:
    """The error for content that is what it should be and no push."""
    if foreign.is_ciphered(content):
        return case.error("nested", words.NESTED)
    name = foreign.apdu_name(content[0]) if content else "nothing"
    return case.error("not a push", words.NO_PUSH.format(name=name or "no APDU"))
