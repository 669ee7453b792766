"""Defines the options of a decoder and checks their types."""

from __future__ import annotations

from datetime import tzinfo
from typing import TYPE_CHECKING, TypedDict

from hanparse.measurement import Scale
from hanparse.meters import Profile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hanparse.security.keys import KeyOption


class Options(TypedDict, total=False):
    """Names the options of `decode`, `decode_all` and `Decoder`. `Decoder` describes each of them."""

    scale: Scale
    timezone: tzinfo | None
    estimate: bool
    profiles: Sequence[Profile]
    key: KeyOption
    auth_key: KeyOption
    system_title: str | bytes | None


def check_options(
    scale: object, timezone: object, estimate: object, profiles: tuple[object, ...], on_error: object
) -> None:
    """Raise `TypeError` if an option has a wrong type. The message gives each such option and its expected type."""
    checks = {
        "scale: Scale, such as Scale.ct('100:5')": isinstance(scale, Scale),
        "timezone: tzinfo or None": isinstance(timezone, tzinfo | None),
        "estimate: bool": isinstance(estimate, bool),
        "profiles: a sequence of Profile": all(isinstance(profile, Profile) for profile in profiles),
        "on_error: a callable or None": on_error is None or callable(on_error),
    }
    wrong = [option for option, fits in checks.items() if not fits]
    if wrong:
        raise TypeError(f"expected {', '.join(wrong)}")
