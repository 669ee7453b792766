"""Defines `ByLine`, an immutable mapping from lines to currents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping


class ByLine(Mapping[int, float]):
    """Maps lines (1 is L1) to currents in A. An instance cannot change, so it can be hashed, copied and pickled."""

    __slots__ = ("_currents",)

    def __init__(self, currents: Mapping[int, float] | None = None) -> None:
        self._currents = dict(currents or {})

    def __getitem__(self, line: int) -> float:
        """Return the current of a line in A. Raises `KeyError` for a line that the mapping does not contain."""
        return self._currents[line]

    def __iter__(self) -> Iterator[int]:
        """Return an iterator over the lines."""
        return iter(self._currents)

    def __len__(self) -> int:
        """Return the number of lines."""
        return len(self._currents)

    def __hash__(self) -> int:
        """Return the same number for equal mappings."""
        return hash(frozenset(self._currents.items()))

    def __repr__(self) -> str:
        """Return the currents as the text of a dict."""
        return repr(self._currents)
