"""Parses keys in the notations that grid companies use.

`parse_key` returns the bytes of a key. `Keys` contains the keys of a decoder, and its `repr` does not show them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, Self

from hanparse.security.title import parse_title, title_text

Key = str | bytes | bytearray | memoryview
"""A key of 16 bytes, or of 32 bytes in security suite 2. As `str`, it is the hex digits of these bytes."""
KeyOption = Key | Mapping[str, Key] | Mapping[bytes, Key] | Mapping[str | bytes, Key] | None
"""One key for all meters, or a mapping from system titles to keys."""

SIZES: Final = (16, 32)
_SEPARATORS: Final = re.compile(
    r"(?<![0-9A-Za-z])0[xX]|\\x|^\s*b(?=[\"'])|[\s,;:._{}\[\]()\"'`<>-]|[\u00ad\u200b-\u200d\u2010-\u201f\u2060\u2212\ufeff]"
)
"""The characters that can be between hex digits, before them and after them.

They are blanks, invisible characters, dashes, quotation marks, and the characters of a C array or a Python `repr`.
"""
_GAP: Final = "\0"
_HALF: Final = 16  # a text of 16 characters may be a key with 16 printable bytes
_LOOKALIKES: Final = {"O": "0", "o": "0", "l": "1", "I": "1"}
_DIGITS: Final = re.compile(rb"[0-9A-Fa-f]+")
_FEWEST: Final = 24  # a text with so many hex digits may be a key of which some digits are missing
HIDDEN: Final = "<hidden>"
"""The text in place of a secret."""


def _hideable() -> re.Pattern[str]:
    """Return the pattern of hex digits (also look-alikes) with separators, also as `repr` escapes them.

    A run with separators begins and ends with a word, so that the words around it are not hidden.
    """
    digit, between = f"[0-9A-Fa-f{''.join(_LOOKALIKES)}]", rf"(?:\\[nrtux]?|{_SEPARATORS.pattern})*+"
    run = rf"(?<![0-9A-Za-z])(?:0[xX])?{digit}(?:{between}{digit}){{{_FEWEST - 1},}}(?![0-9A-Za-z])"
    return re.compile(f"{run}|{digit}{{{_FEWEST},}}")


_HIDEABLE: Final = _hideable()


def parse_key(value: object) -> bytes:
    """Return the 16 or 32 bytes of a key. `value` is these bytes, or a text of their hex digits.

    All characters of `_SEPARATORS` in the text are ignored, for example blanks, colons, dashes and ``0x``. Raises
    `ValueError` for any other text or size. The message does not contain the key. Raises `TypeError` for any other
    type.
    """
    key_or_message = _key(value)
    if isinstance(key_or_message, bytes):
        return key_or_message
    raise ValueError(key_or_message)


def hide_keys(text: str) -> str:
    """Return a text, such as an error message, in which ``<hidden>`` replaces all that may be the digits of a key.

    This is each run of at least `_FEWEST` hex digits, also with the characters of `_SEPARATORS` between the digits.
    """
    return _HIDEABLE.sub(HIDDEN, text)


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
    masked = _SEPARATORS.sub(lambda match: _GAP * len(match[0]), text)  # the indexes of the digits do not change
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
    """Return the message for the first character that is not a hex digit. The message counts characters from 1."""
    if len(text.strip()) == _HALF:
        return (
            "expected 32 hex digits, found 16 characters that are not hex; if each character is one byte "
            "of the key, give them as bytes: text.encode('ascii')"
        )
    count, letter = found.start() + 1, found[0]
    if letter in _LOOKALIKES:
        return f"character {count} of the key is the letter {letter}, not the digit {_LOOKALIKES[letter]}"
    return f"character {count} of the key is {letter!r}, which is not a hex digit; give only the digits"


class Keys:
    """A `Keys` contains the keys of a decoder: the same keys for all meters, or keys for each system title.

    `repr` hides them.
    """

    __slots__ = ("_auth_key", "_key", "system_title")

    def __init__(
        self, key: KeyOption = None, auth_key: KeyOption = None, system_title: str | bytes | None = None
    ) -> None:
        """Parse the three options of `Decoder` with the same names.

        Raises `ValueError` for a malformed key or title, and if `auth_key` is given without `key`. Raises `TypeError`
        for an argument of a wrong type.
        """
        self._key = _named("key", key)
        self._auth_key = _named("auth_key", auth_key)
        self.system_title = None if system_title is None else parse_title(system_title)
        if self._auth_key and not self._key:
            raise ValueError(
                "found auth_key= without key=: auth_key= only verifies pushes; also give key=, the encryption key"
            )

    def of(self, title: bytes) -> tuple[bytes, bytes]:
        """Return the encryption key and the authentication key of the meter with this system title.

        A key that was not given is empty.
        """
        return _of(self._key, title), _of(self._auth_key, title)

    @property
    def meters(self) -> int:
        """Return the number of meters in the mapping of encryption keys; 0 if there is no mapping."""
        return len(self._key) if isinstance(self._key, dict) else 0

    def __bool__(self) -> bool:
        """Return whether there is an encryption key."""
        return bool(self._key)

    def __repr__(self) -> str:
        """Return a text that describes the keys without their digits."""
        options = {"key": self._key, "auth_key": self._auth_key}
        shown = [f"{name}={_shown(value)}" for name, value in options.items() if value]
        title = [f"system_title={title_text(self.system_title)}"] if self.system_title else []
        return f"Keys({', '.join(shown + title)})"

    def __copy__(self) -> Self:
        """Return this object, because its keys do not change."""
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        """Return this object, because its keys do not change. A copied decoder has the same keys."""
        return self

    def __reduce_ex__(self, protocol: object) -> tuple[object, ...]:
        """Raise `TypeError` if there is a key, so that `pickle` writes no key to a file or a queue by mistake."""
        if self:
            raise TypeError("keys are not pickled: make a new decoder from its options instead")
        return type(self), (None, None, self.system_title)


def _named(option: str, value: KeyOption) -> bytes | dict[bytes, bytes]:
    """Parse one key or a mapping of keys. Return empty bytes for `None`. An error message names the option."""
    if value is None:
        return b""
    if not isinstance(value, Mapping):
        return _checked(option, value)
    keys: dict[bytes, bytes] = {}
    for name, key in value.items():
        title = parse_title(name)
        if title in keys:
            raise ValueError(f"{option}: two keys are given for {title_text(title)}")
        keys[title] = _checked(f"{option} of {title_text(title)}", key)
    if not keys:
        raise ValueError(f"{option}: expected at least one key in the mapping from system title to key, found none")
    return keys


def _checked(option: str, value: object) -> bytes:
    key_or_message = _key(value)
    if isinstance(key_or_message, bytes):
        return key_or_message
    raise ValueError(f"{option}: {key_or_message}")


def _of(keys: bytes | dict[bytes, bytes], title: bytes) -> bytes:
    return keys.get(title, b"") if isinstance(keys, dict) else keys


def _shown(keys: bytes | dict[bytes, bytes]) -> str:
    return f"<of {len(keys)} meters>" if isinstance(keys, dict) else HIDDEN


NO_KEYS: Final = Keys()
"""The keys of a decoder without keys."""
