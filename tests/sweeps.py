"""How much of a sweep is tried: a part of it by every run of the tests, all of it by ``nox -s long``."""

from __future__ import annotations

import os
from itertools import cycle, product
from typing import TYPE_CHECKING, Final, TypeVar

from wire import seeded

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")
U = TypeVar("U")

FACTOR: Final = int(os.environ.get("HANPARSE_LONG", "1"))
"""How many times as many cases are tried as in a run of the tests; the nox session "long" has 5."""


def cases(count: int) -> int:
    """How many seeds to try: `count` in a run of the tests."""
    return FACTOR * count


def part(values: Sequence[T], number: int, of: int = 3) -> Sequence[T]:
    """One of `of` parts of `values`, another one for the next `number`; every value in the long run.

    A test of many files gives a number that differs from file to file, so that all values are tried with some file.
    """
    return values if FACTOR > 1 else values[number % of :: of]


def paired(first: Sequence[T], second: Sequence[U]) -> list[tuple[T, U]]:
    """Each of `first` with one of `second`, which take turns; every pair in the long run."""
    return [*product(first, second)] if FACTOR > 1 else [*zip(first, cycle(second), strict=False)]


def some(values: Sequence[T], count: int = 12) -> Sequence[T]:
    """The first, the last and others of `values`, `count` in all; every one in the long run.

    Those between are drawn, the same ones in every run, so that several sweeps of different lengths try different ones.
    """
    if FACTOR > 1 or len(values) <= count:
        return values
    drawn = sorted(seeded(len(values)).sample(range(1, len(values) - 1), count - 2))
    return [values[at] for at in (0, *drawn, len(values) - 1)]
