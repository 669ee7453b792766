"""Parses the header of a ciphered APDU. The header is not encrypted, so this module uses no key.

A ciphered APDU has one of these forms::

    DB, DC  length  system title                                        length  SC  IC  content  [tag]
    DD      transaction-id  originator  recipient  date-time  other     key-info  length  SC  IC  content  [tag]
    others  length  SC  IC  content  [tag]

The first byte is the tag of the APDU. "Others" are the tags of ciphered services. A ciphered service contains no system
title, because client and meter exchanged their system titles when they opened the association. SC is the security
control byte, IC is the invocation counter, and [tag] is an authentication tag, which can be absent. A length can have
more bytes than necessary (Green Book 9.2.7.2.4).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple, NoReturn

from hanparse.axdr.length import length_at
from hanparse.errors import CipherError, DecodeError
from hanparse.security import title as titles
from hanparse.wire import identify

if TYPE_CHECKING:
    from hanparse.errors import CipherCause

TAG_SIZE: Final = 12
"""The number of bytes of an authentication tag. The tag is the first 96 bits of the GCM tag (Green Book 9.2.3.3.7.1).
"""

_GLOBAL: Final = 0xDB
_DEDICATED: Final = 0xDC
_GENERAL: Final = 0xDD
_SIGNED: Final = 0xDF
_TITLED: Final = (_GLOBAL, _DEDICATED)
_FIELDS: Final = ("transaction-id", "system title", "recipient's system title", "date-time", "other information")
_CONTROL_SIZE: Final = 5  # SC and IC
_AUTHENTICATED: Final = 0x10
_ENCRYPTED: Final = 0x20
_COMPRESSED: Final = 0x80
_SUITE: Final = 0x0F
_KEY_SIZES: Final = {0: 16, 1: 16, 2: 32}  # by security suite (Green Book 9.2.3.7)
_KEY_CHOICES: Final = {1: "a wrapped key, which needs the master key", 2: "a key agreed between two parties"}
_IDENTIFIED: Final = 0
_KEY_IDS: Final = (0, 1)  # global unicast, global broadcast


class Part(NamedTuple):
    """A `Part` is a part of a ciphered APDU: the bytes ``apdu[start:end]``."""

    name: str
    start: int
    end: int


class Header(NamedTuple):
    """A `Header` is the parsed header of a ciphered APDU.

    The content of the APDU is ``apdu[start:end]``. An authentication tag can follow the content.
    """

    tag: int
    """The tag of the APDU, such as DB."""
    system_title: bytes
    """The system title as sent. A correct title has eight bytes.

    The title in an APDU can also be empty or have a wrong size.
    """
    security_control: int
    invocation_counter: int
    start: int
    end: int
    fields: bytes = b""
    """The header fields of general-ciphering with their lengths, as sent; otherwise empty.

    The tag can cover these fields.
    """

    @property
    def is_encrypted(self) -> bool:
        """Return whether the content is encrypted."""
        return bool(self.security_control & _ENCRYPTED)

    @property
    def is_tagged(self) -> bool:
        """Return whether an authentication tag follows the content."""
        return bool(self.security_control & _AUTHENTICATED)

    @property
    def is_general(self) -> bool:
        """Return whether the APDU has a field for a system title. A ciphered service has no such field."""
        return self.tag in (*_TITLED, _GENERAL)

    @property
    def key_size(self) -> int:
        """Return the number of bytes of a key in the security suite of the APDU."""
        return _KEY_SIZES[self.security_control & _SUITE]

    @property
    def name(self) -> str:
        """Return the name of the APDU, for example general-glo-ciphering."""
        return _name(self.tag)

    @property
    def protection(self) -> str:
        """Return a text with the security control byte, the protection of the content, and the invocation counter."""
        words = [("encrypted", self.is_encrypted), ("authenticated", self.is_tagged)]
        protection = " and ".join(word for word, applies in words if applies)
        control = f"security control {self.security_control:02X}: {protection}, suite {self.security_control & _SUITE}"
        return f"{control}; invocation counter {self.invocation_counter}"


def read_header(apdu: bytes) -> Header:
    """Parse the header of a ciphered APDU.

    Raises `CipherError` if a length does not fit the bytes of the APDU, or if hanparse does not support the protection
    or the key-info. Raises `DecodeError` if the APDU is not ciphered.
    """
    return _Walk(apdu).header()


def end(data: bytes, start: int = 0) -> int:
    """Return the end of the ciphered APDU at `start`; -1 if no complete ciphered APDU begins at `start`.

    Any bytes can follow the APDU.
    """
    walk = _Walk(data, start)
    try:
        walk.before_content()
        size = walk.length("ciphered content")
    except DecodeError:
        return -1
    return walk.at + size if walk.at + size <= len(data) else -1


def parts(apdu: bytes) -> tuple[list[Part], DecodeError | None]:
    """Return the parts of a ciphered APDU up to its first error, and this error.

    If there is no error, return all parts and `None`.
    """
    walk, failed = _Walk(apdu), None
    try:
        header = walk.header()
    except DecodeError as error:
        failed = error
    else:
        walk.parts += [("content", header.start, header.end), ("authentication tag", header.end, len(apdu))]
    return [Part(*part) for part in walk.parts if part[1] < part[2]], failed


@dataclass(slots=True)
class _Walk:
    """A `_Walk` parses a ciphered APDU from its first byte to its content. `at` is the index of the next byte."""

    apdu: bytes
    at: int = 0
    title: bytes = b""
    counter: int | None = None
    parts: list[tuple[str, int, int]] = field(default_factory=list)

    def header(self) -> Header:
        return self.content(*self.before_content())

    def before_content(self) -> tuple[int, bytes]:
        """Parse the fields before the content. Return the tag of the APDU and the fields of general-ciphering."""
        tag = self.tag()
        fields = b""
        if tag in _TITLED:
            self.title = self.octets("system title")
        elif tag in (_GENERAL, _SIGNED):
            fields = self.fields()
        if tag == _SIGNED:
            self.fail("signed", "general-signing (DF): hanparse does not read signed APDUs", 0)
        if tag == _GENERAL:
            self.key_info()
        return tag, fields

    def tag(self) -> int:
        tag = self.apdu[self.at] if self.apdu else 0
        if not (tag == _SIGNED or identify.is_ciphered(self.apdu[self.at : self.at + 1])):
            raise DecodeError(identify.refusal(tag) if self.apdu else "there is no APDU")
        self.mark("tag", self.at + 1)
        return tag

    def mark(self, name: str, end: int) -> None:
        self.parts.append((name, self.at, end))
        self.at = end

    def octets(self, name: str) -> bytes:
        """Parse a length and the bytes that it announces. Return these bytes."""
        start = self.at
        length = self.length(name)
        if length > len(self.apdu) - self.at:
            left = len(self.apdu) - self.at
            self.fail(
                "length", f"expected {length} bytes of {name}, found {left}; the APDU was cut off on the way", start
            )
        begin = self.at
        self.mark(name, begin + length)
        return self.apdu[begin : self.at]

    def length(self, name: str) -> int:
        length, after = length_at(self.apdu, self.at)
        if length < 0:
            found = self.apdu[self.at : self.at + 1].hex().upper() or "the end"
            self.fail(
                "length", f"expected the length of the {name}, found {found}; the APDU was cut off or damaged", self.at
            )
        self.mark(f"length of the {name}", after)
        return length

    def fields(self) -> bytes:
        start = self.at
        values = {name: self.octets(name) for name in _FIELDS}
        self.title = values["system title"]
        return self.apdu[start : self.at]

    def key_info(self) -> None:
        """Parse key-info. Raises `CipherError` unless key-info is absent or identifies a global key."""
        start = self.at
        info = self.apdu[start : start + 3]
        if info[:1] == b"\0":
            self.mark("key-info", start + 1)
        elif info[:1] != b"\1" or len(info) < 3:  # noqa: PLR2004  presence, choice, id
            found = info.hex(" ").upper() or "the end"
            self.fail("key-info", f"expected key-info, 00 or 01 with two more bytes, found {found}", start)
        elif info[1] == _IDENTIFIED and info[2] in _KEY_IDS:
            self.mark("key-info", start + 3)
        else:
            found = _KEY_CHOICES.get(info[1], f"choice {info[1]}, id {info[2]}")
            self.fail(
                "key-info",
                f"key-info: expected no key or a global key, found {found}; hanparse supports no other keys",
                start,
            )

    def content(self, tag: int, fields: bytes) -> Header:
        length = self.length("ciphered content")
        start, left = self.at, len(self.apdu) - self.at
        if length > left:
            lost = "a segment, block or telegram was lost on the way"
            self.fail("length", f"expected {length} bytes of ciphered content, only {left} are left: {lost}", start)
        if length < left:
            self.fail(
                "length",
                f"{left - length} bytes follow the {length} bytes of ciphered content, expected none",
                start + length,
            )
        control = self.control(length)
        end = start + length - (TAG_SIZE if control & _AUTHENTICATED else 0)
        if end < self.at:
            least = _CONTROL_SIZE + TAG_SIZE
            self.fail("length", f"expected at least {least} bytes of ciphered content with tag, found {length}", start)
        return Header(tag, self.title, control, self.counter or 0, self.at, end, fields)

    def control(self, length: int) -> int:
        """Parse the security control byte and the invocation counter. Return the security control byte.

        Raises `CipherError` if hanparse does not support the protection.
        """
        if length < _CONTROL_SIZE:
            self.fail("length", f"expected at least {_CONTROL_SIZE} bytes of ciphered content, found {length}", self.at)
        at, control = self.at, self.apdu[self.at]
        self.mark("security control", at + 1)
        if control & _COMPRESSED:
            self.fail("compressed", f"security control {control:02X}: hanparse does not read compressed content", at)
        if not control & (_AUTHENTICATED | _ENCRYPTED):
            self.fail(
                "not protected",
                f"security control {control:02X}: expected encryption or authentication, found neither",
                at,
            )
        if control & _SUITE not in _KEY_SIZES:
            self.fail(
                "suite",
                f"security control {control:02X}: suite {control & _SUITE} is reserved, expected 0, 1 or 2",
                at,
            )
        self.counter = int.from_bytes(self.apdu[at + 1 : at + _CONTROL_SIZE], "big")
        self.mark("invocation counter", at + _CONTROL_SIZE)
        return control

    def fail(self, cause: CipherCause, reason: str, offset: int) -> NoReturn:
        title = self.title if len(self.title) == titles.SIZE else None
        sender = f"{_name(self.apdu[0])} from {titles.title_text(title)}: " if title else ""
        raise CipherError(
            sender + reason, offset=offset, cause=cause, system_title=title, invocation_counter=self.counter
        )


def _name(tag: int) -> str:
    return identify.apdu_name(tag) or f"{tag:02X}"
