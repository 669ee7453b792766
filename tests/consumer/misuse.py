"""What a type checker must not let pass; each line says which error it expects, and an error that is missing is one."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from hanparse import Measurement, MeterState, Scale

PUSH = Measurement(model="6525", active_power_import=1362, current_l1=9.3)


def misspelt() -> object:
    """The name of a field."""
    return Measurement(actve_power_import=1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def of_another_type() -> object:
    """A number as text."""
    return Measurement(active_power_import="1")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def a_number_as_model() -> object:
    """A text as number."""
    return Measurement(model=6525)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def by_place() -> object:
    """A value without its name."""
    return Measurement("6525")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def asked_for_misspelt() -> object:
    """The name of a field that is read."""
    return PUSH.curent_l1  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]


def set_a_field() -> None:
    """A value in place of another."""
    PUSH.current_l1 = 3.0  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]


def of_another_unit() -> object:
    """A factor that a scale does not have."""
    return Scale(curent=20)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def in_seconds() -> object:
    """An age as a number."""
    return MeterState(max_age=7200)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def taken_for_text() -> str:
    """A number where a text is wanted, which no check at run time sees."""
    return PUSH.current_l1 or ""  # type: ignore[return-value]  # pyright: ignore[reportReturnType]


FAILS: tuple[Callable[[], object], ...] = (
    misspelt,
    of_another_type,
    a_number_as_model,
    by_place,
    asked_for_misspelt,
    set_a_field,
    of_another_unit,
    in_seconds,
)

if __name__ == "__main__":
    for misuse in FAILS:
        with contextlib.suppress(TypeError, AttributeError):
            raise SystemExit(f"{misuse.__name__} is accepted: {misuse()}")
