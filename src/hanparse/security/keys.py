"""Parses keys in the notations of grid companies: `parse_key`. Holds keys without showing them: `Keys`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, Self

from hanparse.security.title import parse_title, title_text

Key = str | bytes | bytearray | memoryview
"""A key: 16 bytes, or 32 for security suite 2, or their hex digits as text."""
KeyOption = Key | Mapping[str, Key] | Mapping[bytes, Key] | Mapping[str | bytes, Key] | None
"""Either one key for every meter, or a mapping from system title to key."""

SIZES: Final = (16, 32)
_SEPARATORS: Final = re.compile(
    r"(?<![0-9A-Za-z])0[xX]|\\x|^\s*b(?=[\"'])|[\s,;:._{}\[\]()\"'`<>-]|[\u00ad\u200b-\u200d\u2010-\u201f\u2060\u2212\ufeff]"
)
"""Text between and around hex digits: blanks, soft hyphens, dashes, quotation marks, a C array or a `repr`."""
_GAP: Final = "\0"
_HALF: Final = 16  # characters; a text of this size may be a key whose bytes are all printable
_LOOKALIKES: Final = {"O": "0", "o": "0", "l": "1", "I": "1"}
_DIGITS: Final = re.compile(rb"[0-9A-Fa-f]+")


def parse_key(value: object) -> bytes:
    """Return the 16 or 32 bytes of a key, from bytes or from a text of hex digits.

    Blanks, colons, dashes, commas, quotation marks, ``0x`` and the braces of a C array in the text are ignored. Raises
    `ValueError` for any other text or size, without the key in its message, and `TypeError` for another type.
    """
    found = _key(value)
    if isinstance(found, bytes):
        return found
    raise ValueError(found)


def _key(value: object) -> bytes | str:
    """Return the key, or the message of the error if `value` is not a key."""
    if isinstance(value, str):
        return _from_text(value)
    if not isinstance(value, bytes | bytearray | memoryview):
        raise TypeError(f"expected a key as str of hex digits or as bytes, found {type(value).__name__}")
    key = bytes(value)
    if len(key) not in SIZES:
        return f"expected a key of 16 bytes (32 for security suite 2), found {len(key)} bytes"
    if len(key) == SIZES[1] and _DIGITS.fullmatch(key):
        return "expected a key of 16 bytes, found its 32 hex digits as bytes: give it as str, key.decode('ascii')"
    return key


def _from_text(text: str) -> bytes | str:
    masked = _SEPARATORS.sub(lambda match: _GAP * len(match[0]), text)  # keeps all indexes
    if other := re.search(f"[^0-9A-Fa-f{_GAP}]", masked):
        return _not_hex(text, other)
    digits = masked.replace(_GAP, "")
    if len(digits) not in (2 * size for size in SIZES):
        return f"expected a key of 32 hex digits (64 for security suite 2), found {len(digits)} digits"
    key = bytes.fromhex(digits)
    if len(key) == SIZES[1] and _DIGITS.fullmatch(key):
        return (
            "expected 32 hex digits, found 64 digits that encode a text of 32 hex digits; this text is the key: give "
            "bytes.fromhex(text).decode('ascii')"
        )
    return key


def _not_hex(text: str, found: re.Match[str]) -> str:
    """Return the message for the first character that is no hex digit. The message counts characters from 1."""
    if len(text.strip()) == _HALF:
        return (
            "expected 32 hex digits, found 16 characters that are not hex; if they are the key itself, one character "
            "a byte, give them as bytes: text.encode('ascii')"
        )
    place, letter = found.start() + 1, found[0]
    if letter in _LOOKALIKES:
        return f"character {place} of the key is the letter {letter}, not the digit {_LOOKALIKES[letter]}"
    return f"character {place} of the key is {letter!r}, which is no hex digit; give only the digits"


class Keys:
    """The keys of a decoder, for all meters or by system title. Neither `repr` nor `pickle` shows them."""

    __slots__ = ("_auth_key", "_key", "system_title")

    def __init__(
        self, key: KeyOption = None, auth_key: KeyOption = None, system_title: str | bytes | None = None
    ) -> None:
        """Parse the options of `Decoder`. Raises `ValueError` for a wrong value, `TypeError` for a wrong type."""
        self._key = _named("key", key)
        self._auth_key = _named("auth_key", auth_key)
        self.system_title = None if system_title is None else parse_title(system_title)
        if self._auth_key and not self._key:
            raise ValueError("found auth_key= alone, which only verifies pushes; give key=, the encryption key, too")

    def of(self, title: bytes) -> tuple[bytes, bytes]:
        """Return the encryption key and the authentication key of the meter with this title; each may be empty."""
        return _of(self._key, title), _of(self._auth_key, title)

    @property
    def meters(self) -> int:
        """Return the number of meters in a mapping of keys; 0 for a single key for all meters and for no key."""
        return len(self._key) if isinstance(self._key, dict) else 0

    def __bool__(self) -> bool:
        """Return whether there is a key."""
        return bool(self._key)

    def __repr__(self) -> str:
        """Return a text that describes the keys without their digits."""
        given = {"key": self._key, "auth_key": self._auth_key}
        shown = [f"{name}={_shown(value)}" for name, value in given.items() if value]
        title = [f"system_title={title_text(self.system_title)}"] if self.system_title else []
        return f"Keys({', '.join(shown + title)})"

    def __copy__(self) -> Self:
        """Return the object itself, since keys do not change."""
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        """Return the object itself, so that a copied decoder keeps its keys."""
        return self

    def __reduce_ex__(self, protocol: object) -> tuple[object, ...]:
        """Raise `TypeError` when there is a key, so that no key is written to a file or a queue unnoticed."""
        if self:
            raise TypeError("keys are not pickled: make a new decoder from its options instead")
        return type(self), (None, None, self.system_title)


def _named(option: str, value: KeyOption) -> bytes | dict[bytes, bytes]:
    """Parse one key or a mapping of keys; return empty bytes for `None`. Errors name the option."""
    if value is None:
        return b""
    if not isinstance(value, Mapping):
        return _checked(option, value)
    keys: dict[bytes, bytes] = {}
    for name, one in value.items():
        title = parse_title(name)
        if title in keys:
            raise ValueError(f"{option}: two keys are given for {title_text(title)}")
        keys[title] = _checked(f"{option} of {title_text(title)}", one)
    if not keys:
        raise ValueError(f"{option}: expected at least one key in the mapping from system title to key, found none")
    return keys


def _checked(option: str, value: object) -> bytes:
    found = _key(value)
    if isinstance(found, bytes):
        return found
    raise ValueError(f"{option}: {found}")


def _of(keys: bytes | dict[bytes, bytes], title: bytes) -> bytes:
    return keys.get(title, b"") if isinstance(keys, dict) else keys


def _shown(keys: bytes | dict[bytes, bytes]) -> str:
    return f"<of {len(keys)} meters>" if isinstance(keys, dict) else "<hidden>"


NO_KEYS: Final = Keys()
"""The keys of a decoder without keys."""
