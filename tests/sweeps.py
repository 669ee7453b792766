"""How much of a sweep is tried: a part of it by every run of the tests, all of it by ``nox -s long``."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, TypeVar

from wire import seeded

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")

LONG: Final = "HANPARSE_LONG" in os.environ
"""Whether this is the long run."""


def cases(count: int) -> int:
    """How many seeds to try: `count`, and five times as many in the long run."""
    return 5 * count if LONG else count


def some(values: Sequence[T], count: int = 12) -> Sequence[T]:
    """The first, the last and others of `values`, `count` in all; every one in the long run.

    Those between are drawn, the same ones in every run, so that several sweeps of different lengths try different ones.
    """
    if LONG or len(values) <= count:
        return values
    drawn = sorted(seeded(len(values)).sample(range(1, len(values) - 1), count - 2))
    return [values[at] for at in (0, *drawn, len(values) - 1)]
