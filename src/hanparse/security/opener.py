"""Defines `Opener`, which opens ciphered APDUs with keys.

To open a ciphered APDU means to return the APDU inside it. If there are an authentication tag and an authentication
key, the opener verifies the tag. If this tag does not fit, the result is always an error. Without a tag or an
authentication key, the opener returns only content that is one complete APDU or P1 telegram. `Security.verified` is
then false.

A function whose variables contain keys or deciphered content does not raise errors but returns them, and `Opener.open`
raises them. So a traceback that shows the variables of functions contains neither keys nor deciphered content.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse.errors import CipherError, DecodeError
from hanparse.measurement.security import Security
from hanparse.security import messages
from hanparse.security.case import COUNTER_SIZE, NO_TITLE, Case
from hanparse.security.header import Header, read_header
from hanparse.security.title import SIZE
from hanparse.wire import identify
from hanparse.wording import Count

if TYPE_CHECKING:
    from collections.abc import Callable

    from hanparse.security.aes import Aes
    from hanparse.security.keys import Keys

_PUSHES: Final = (identify.DATA_NOTIFICATION, b"/")  # the first byte of a data-notification, and of a P1 telegram
_MAX_TEMPLATES: Final = 16  # a meter sends pushes of two or three sizes
_MAX_CONFIRMED: Final = 64  # the maximum number of meters in `_confirmed`; a HAN port has one meter


@dataclass(slots=True)
class Opened:
    """An `Opened` contains the APDU inside a ciphered APDU.

    Byte i of `apdu` is the deciphered byte ``offset + i`` of the ciphered APDU.
    """

    apdu: bytes = field(repr=False)
    security: Security
    offset: int


class _Template(NamedTuple):
    """A `_Template` contains the parts of an opened push that the next push of the meter repeats, and the keys used.

    With a template, `Opener.reopen` opens a later push of the same size and with the same `head`.
    """

    head: bytes
    """The APDU up to its security control byte, which is included."""
    end: int
    """The index after the content. If the APDU has an authentication tag, the tag begins there."""
    title: bytes
    """The system title in the initialisation vector."""
    aes: Aes
    associated: bytes
    """The associated data, which the tag covers in addition to the content. It is empty if no tag is verified."""
    security: Security


class Opener:
    """An `Opener` opens ciphered APDUs with `keys`, one after the other.

    `is_sound` returns whether bytes are one complete APDU or P1 telegram. It must not raise an error. It must be fast,
    because the opener calls it for each push without a verified tag. After the keys have opened a push of a meter, the
    opener knows that they are right. If a later push of this meter does not open, the error reports a damaged push and
    not a wrong key.
    """

    _aes: type[Aes]

    def __init__(self, keys: Keys, is_sound: Callable[[bytes], bool]) -> None:
        """Import the package `cryptography` if there are keys. If it is missing, `open` raises an error."""
        self._keys = keys
        self._is_sound = is_sound
        self._missing = False
        self.last_opened = b""
        """The APDU inside the ciphered APDU that was opened last."""
        self._confirmed: dict[bytes, bool] = {}
        """The system titles of the pushes that were opened: the encryption key for these titles is right.

        The value of a title is true if an authentication tag was verified: the authentication key is then right, too.
        """
        self._templates: dict[int, _Template] = {}  # size of the ciphered APDU -> template
        if keys:
            try:
                from hanparse.security.aes import Aes  # noqa: PLC0415  plain pushes do not need this extra
            except ImportError:
                self._missing = True
            else:
                self._aes = Aes

    def __repr__(self) -> str:
        """Return a text that describes the keys without their digits."""
        return f"<Opener {self._keys}>"

    def open(self, apdu: bytes, is_sound: Callable[[bytes], bool] | None = None) -> Opened:
        """Return the APDU inside `apdu`. If `is_sound` is given, it replaces the function of the opener for this call.

        Raises `DecodeError` if `apdu` is not ciphered. Raises `CipherError` if `apdu` does not open. The offset of the
        error is an index in `apdu`.
        """
        judge = is_sound or self._is_sound
        opened = self.reopen(apdu, judge) or self._open(read_header(apdu), apdu, judge)
        if isinstance(opened, CipherError):
            raise opened
        self.last_opened = opened.apdu
        return opened

    def reopen(self, apdu: bytes, is_sound: Callable[[bytes], bool]) -> Opened | None:
        """Open an APDU if its header differs from an earlier header only in the counter. Otherwise return `None`.

        `_open` has checked the header of the earlier APDU, so this method checks only the content. It returns `None`,
        too, if the content is wrong.
        """
        template = self._templates.get(len(apdu))
        if template is None or not apdu.startswith(template.head):
            return None
        start = len(template.head) + COUNTER_SIZE
        counter, content = apdu[start - COUNTER_SIZE : start], apdu[start : template.end]
        if template.associated:
            opened = template.aes.verify(template.title + counter, content, apdu[template.end :], template.associated)
            if opened is None or not opened.startswith(_PUSHES):
                return None
        else:
            opened = template.aes.decipher(template.title + counter, content)
            if not is_sound(opened):
                return None
        title, control, _, verified = template.security
        self.last_opened = opened
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
        """Return the error if the push cannot be deciphered with the given options; `None` if it can.

        If there are several errors, this method returns the error that a user must correct first.
        """
        header = case.header
        if not header.is_general and self._keys.system_title is None:
            return case.error("service", messages.SERVICE)
        if not self._keys:
            return case.error(
                "no key", messages.NO_KEY.format(keys="key= and auth_key=" if header.is_tagged else "key=")
            )
        if self._missing:
            return case.error("no cryptography", messages.NO_CRYPTOGRAPHY)
        if len(case.title) != SIZE:
            return case.error("system title", messages.WRONG_TITLE.format(size=len(header.system_title)))
        if not case.key:
            return self._none_of_many(case)
        return self._wrong_size(case)

    def _none_of_many(self, case: Case) -> CipherError:
        """Return the error for an APDU with a system title that the mapping of keys does not contain."""
        if case.title == NO_TITLE:
            return case.error("system title", messages.NO_CHOICE)
        return case.error("no key", messages.OTHER_METERS.format(meters=Count(self._keys.meters)))

    def _wrong_size(self, case: Case) -> CipherError | None:
        """Return the error for a key with the size of another security suite; `None` if the sizes of the keys fit."""
        size = case.header.key_size
        used = {"key": case.key, "auth_key": case.auth_key if case.header.is_tagged else b""}
        for name, value in used.items():
            if value and len(value) != size:
                return case.error("key-length", messages.WRONG_SIZE.format(size=size, name=name, found=len(value)))
        return None

    def _decipher(self, case: Case, key: bytes) -> bytes:
        return self._aes(key).decipher(case.iv, case.content) if case.header.is_encrypted else case.content

    # --- content with an authentication tag ---------------------------------------------------------------------------

    def _verified(self, case: Case) -> Opened | CipherError:
        content = self._verify(case, case.key, case.auth_key)
        if content is None:
            return self._tag_fails(case)
        if not content.startswith(_PUSHES) and not case.is_sound(content):
            return _no_push(case, content)
        return self._delivered(case, content, verified=True)

    def _verify(self, case: Case, key: bytes, auth_key: bytes) -> bytes | None:
        """Return the content if its tag fits; `None` if the tag does not fit.

        In general-ciphering, the tag can also cover the header fields (Green Book figure 32).
        """
        header, aes = case.header, self._aes(key)
        encrypted, clear = (case.content, b"") if header.is_encrypted else (b"", case.content)
        start = bytes([header.security_control]) + auth_key
        for fields in (header.fields, b"") if header.fields else (b"",):
            opened = aes.verify(case.iv, encrypted, case.tag, start + fields + clear)
            if opened is not None:
                return opened or clear
        return None

    def _tag_fails(self, case: Case) -> CipherError:
        if self._confirmed.get(case.title):
            return case.error("tag", messages.TAG_DAMAGED, case.header.end)
        if not case.header.is_encrypted:
            return self._swapped(case) or case.error("tag", messages.TAG_IN_CLEAR, case.header.end)
        content = self._decipher(case, case.key)
        if case.is_sound(content):
            same = messages.SAME if case.key == case.auth_key else ""
            return case.error("auth_key", messages.AUTH_KEY + same, case.header.end)
        if case.title in self._confirmed or identify.is_head(content):
            return case.error("tag", messages.TAG_AND_CONTENT, case.header.end)
        return self._swapped(case) or self._wrong_key(case)

    def _swapped(self, case: Case) -> CipherError | None:
        """Return the error for exchanged keys if the APDU opens with exchanged keys. Otherwise return `None`."""
        if len(case.auth_key) != case.header.key_size:
            return None
        if case.header.is_tagged:
            opens = self._verify(case, case.auth_key, case.key) is not None
        else:
            opens = case.is_sound(self._decipher(case, case.auth_key))
        return case.error("swapped", messages.SWAPPED) if opens else None

    # --- content without a verified tag -------------------------------------------------------------------------------

    def _sound(self, case: Case, content: bytes) -> Opened | CipherError:
        if case.is_sound(content):
            return self._delivered(case, content, verified=False)
        if _is_ciphered(content):
            return _no_push(case, content)
        if not case.header.is_encrypted:
            return case.error("incomplete", messages.INCOMPLETE_IN_CLEAR)
        if case.title in self._confirmed or identify.is_head(content):
            return case.error("incomplete", messages.INCOMPLETE)
        return self._swapped(case) or self._wrong_key(case)

    def _wrong_key(self, case: Case) -> CipherError:
        if case.title == NO_TITLE:
            return case.error("system title", messages.NO_TITLE_SENT)
        same = messages.SAME if case.key == case.auth_key else ""
        or_title = "" if len(case.header.system_title) == SIZE else messages.OR_TITLE
        return case.error("key", messages.KEY + same + or_title)

    def _delivered(self, case: Case, content: bytes, *, verified: bool) -> Opened:
        header, title, confirmed = case.header, case.title, self._confirmed
        if (verified or header.is_encrypted) and not confirmed.get(title) and len(confirmed) < _MAX_CONFIRMED:
            confirmed[title] = verified
        sent = b"" if title == NO_TITLE else title
        security = Security(sent, header.security_control, header.invocation_counter, verified)
        if header.is_encrypted and not header.fields:
            self._remember(case, security)
        return Opened(content, security, header.start)

    def _remember(self, case: Case, security: Security) -> None:
        """Remember the header, so that `reopen` can open the next push with it."""
        header = case.header
        if len(self._templates) >= _MAX_TEMPLATES:
            self._templates.clear()
        associated = bytes([header.security_control]) + case.auth_key if security.verified else b""
        size = header.end + len(case.tag)
        self._templates[size] = _Template(case.head, header.end, case.title, self._aes(case.key), associated, security)


def _is_ciphered(content: bytes) -> bool:
    """Return whether the content is a complete ciphered APDU. The lengths in other content very seldom fit."""
    if not identify.is_ciphered(content):
        return False
    try:
        read_header(content)
    except DecodeError:
        return False
    return True


def _no_push(case: Case, content: bytes) -> CipherError:
    """Return the error for content that was deciphered correctly but is not a push."""
    if identify.is_ciphered(content):
        return case.error("nested", messages.NESTED)
    return case.error("not a push", messages.NO_PUSH.format(what=identify.describe(content)))
