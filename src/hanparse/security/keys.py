"""Keys as people have them -> bytes, checked, and kept so that nothing shows them: `Keys`, `parse_key`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, Self

from hanparse.security.title import parse_title, title_text

Key = str | bytes | bytearray | memoryview
"""16 bytes, or 32 for suite 2; or their hex digits as text."""
KeyOption = Key | Mapping[str, Key] | Mapping[bytes, Key] | Mapping[str | bytes, Key] | None
"""One key for every meter, or one for each system title."""

SIZES: Final = (16, 32)
_SEPARATORS: Final = re.compile(
    r"(?<![0-9A-Za-z])0[xX]|\\x|^\s*b(?=[\"'])|[\s,;:._{}\[\]()\"'`<>-]|[\u00ad\u200b-\u200d\u2010-\u201f\u2060\u2212\ufeff]"
)
"""What stands between hex digits and around them: blanks, soft hyphens, dashes, quotation marks, a C array, a repr."""
_GAP: Final = "\0"
_HALF: Final = 16  # characters, which may be a key of printable bytes
_LOOKALIKES: Final = {"O": "0", "o": "0", "l": "1", "I": "1"}
_DIGITS: Final = re.compile(rb"[0-9A-Fa-f]+")


def parse_key(value: object) -> bytes:
    """The 16 or 32 bytes of a key: bytes as they are; a text of hex digits with what people leave around them.

    Blanks, colons, dashes, commas, quotation marks, ``0x`` and the braces of a C array are passed over. Raises
    `ValueError` that says what is wrong and never shows the key, `TypeError` for another type.
    """
    found = _key(value)
    if isinstance(found, bytes):
        return found
    raise ValueError(found)


def _key(value: object) -> bytes | str:
    """The key, or what is wrong with it."""
    if isinstance(value, str):
        return _from_text(value)
    if not isinstance(value, bytes | bytearray | memoryview):
        raise TypeError(f"expected a key as str of hex digits or as bytes, found {type(value).__name__}")
    key = bytes(value)
    if len(key) not in SIZES:
        return f"expected a key of 16 bytes, or 32 for security suite 2, found {len(key)}"
    if len(key) == SIZES[1] and _DIGITS.fullmatch(key):
        return "these 32 bytes are hex digits as text, so the key has 16 bytes: give it as str, key.decode('ascii')"
    return key


def _from_text(text: str) -> bytes | str:
    masked = _SEPARATORS.sub(lambda match: _GAP * len(match[0]), text)  # of the same length, for the places of errors
    if stranger := re.search(f"[^0-9A-Fa-f{_GAP}]", masked):
        return _stranger(text, stranger)
    digits = masked.replace(_GAP, "")
    if len(digits) not in (2 * size for size in SIZES):
        return f"expected a key of 32 hex digits, or 64 for security suite 2, found {len(digits)}"
    key = bytes.fromhex(digits)
    if len(key) == SIZES[1] and _DIGITS.fullmatch(key):
        return (
            "these 64 digits are the hex digits of 32 characters that are hex digits themselves, and those are the "
            "key: bytes.fromhex(text).decode('ascii') gives them"
        )
    return key


def _stranger(text: str, found: re.Match[str]) -> str:
    """What to say of the first character that is no hex digit, counted from 1."""
    if len(text.strip()) == _HALF:
        return (
            "expected 32 hex digits, found 16 characters that are not hex; if they are the key itself, one character "
            "a byte, give them as bytes: text.encode('ascii')"
        )
    place, letter = found.start() + 1, found[0]
    if letter in _LOOKALIKES:
        return f"character {place} of the key is the letter {letter}, not the digit {_LOOKALIKES[letter]}"
    return f"character {place} of the key is {letter!r}, which is no hex digit"


class Keys:
    """The keys that a decoder has, by system title where there are many. Nothing shows them: no repr, no pickle."""

    __slots__ = ("_auth_key", "_key", "system_title")

    def __init__(
        self, key: KeyOption = None, auth_key: KeyOption = None, system_title: str | bytes | None = None
    ) -> None:
        """Take what `Decoder` is given. Raises `ValueError` for what is no key or no title, `TypeError` for types."""
        self._key = _named("key", key)
        self._auth_key = _named("auth_key", auth_key)
        self.system_title = None if system_title is None else parse_title(system_title)
        if self._auth_key and not self._key:
            raise ValueError("auth_key verifies and does not decipher: give key=, the encryption key, as well")

    def of(self, title: bytes) -> tuple[bytes, bytes]:
        """The encryption key and the authentication key of the meter with this system title; empty where none is."""
        return _of(self._key, title), _of(self._auth_key, title)

    @property
    def meters(self) -> int:
        """For how many meters there are keys; 0 where one key is for all of them, or there is none."""
        return len(self._key) if isinstance(self._key, dict) else 0

    def __bool__(self) -> bool:
        """Whether there is a key."""
        return bool(self._key)

    def __repr__(self) -> str:
        """Which keys there are, and never what they are."""
        given = {"key": self._key, "auth_key": self._auth_key}
        shown = [f"{name}={_shown(value)}" for name, value in given.items() if value]
        title = [f"system_title={title_text(self.system_title)}"] if self.system_title else []
        return f"Keys({', '.join(shown + title)})"

    def __copy__(self) -> Self:
        """The same: keys do not change."""
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        """The same: a decoder that is copied keeps its keys."""
        return self

    def __reduce_ex__(self, protocol: object) -> tuple[object, ...]:
        """Refuse where there is a key, so that none is written to a file or a queue by the way."""
        if self:
            raise TypeError("keys are not pickled: make the decoder anew from its options where it is to go on")
        return type(self), (None, None, self.system_title)


def _named(option: str, value: KeyOption) -> bytes | dict[bytes, bytes]:
    """One key or many, parsed; errors name the option. Empty where none was given."""
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
        raise ValueError(f"{option}: no key in the mapping from system title to key")
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
"""What a decoder has that was given no key."""
