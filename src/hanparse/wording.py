"""Writes the parts that several texts for users share: numbers with their nouns, and the pip command for an extra."""

from __future__ import annotations

from typing import Final

_PACKAGE: Final = "hanparse"


class Count(int):
    """A number that chooses the singular or the plural of a word in a format string.

    ``f"{n} {n:push is|pushes are} ciphered"`` is "1 push is ciphered" for ``n = Count(1)``, and "2 pushes are ciphered"
    for ``n = Count(2)``.
    """

    __slots__ = ()

    def __format__(self, spec: str) -> str:
        """Return the words before "|" for 1, and those after it for other numbers. Without "|", format the number."""
        singular, bar, plural = spec.partition("|")
        if bar:
            return singular if self == 1 else plural
        return super().__format__(spec)


def counted(count: int, noun: str) -> str:
    """Return a number and its noun: ``1 byte``, ``2 bytes``. The plural of the noun must end with an s."""
    return f"{count} {noun}{'s' * (count != 1)}"


def pip_install(extra: str, package: str = _PACKAGE) -> str:
    """Return the pip command that installs a package with an extra.

    The quotes are double quotes, because cmd.exe on Windows does not remove single quotes. Without quotes, zsh expands
    the brackets as a pattern of file names.
    """
    return f'pip install "{package}[{extra}]"'
