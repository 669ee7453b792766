"""hanparse turns the bytes that a smart meter pushes out of its HAN port into one typed `Measurement`."""

from typing import TYPE_CHECKING, Any

from hanparse.decoder import Decoder, decode, decode_all
from hanparse.errors import (
    ChecksumError,
    DecodeError,
    FrameError,
    HanParseError,
    HexDumpError,
    UnknownMeterError,
)
from hanparse.measurement import Estimate, Measurement, Register, Wiring
from hanparse.meters import Profile
from hanparse.obis import Obis
from hanparse.scale import Scale
from hanparse.stats import Stats

if TYPE_CHECKING:
    from hanparse.annotate.explain import explain
    from hanparse.diagnosis import Fault
    from hanparse.explanation import Explanation

__all__ = [
    "ChecksumError",
    "DecodeError",
    "Decoder",
    "Estimate",
    "Explanation",
    "Fault",
    "FrameError",
    "HanParseError",
    "HexDumpError",
    "Measurement",
    "Obis",
    "Profile",
    "Register",
    "Scale",
    "Stats",
    "UnknownMeterError",
    "Wiring",
    "decode",
    "decode_all",
    "explain",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401  what a name is, is declared above
    """Import what only people use, not programs, when it is asked for."""
    if name == "explain":
        from hanparse.annotate.explain import explain  # noqa: PLC0415

        return explain
    if name == "Explanation":
        from hanparse.explanation import Explanation  # noqa: PLC0415

        return Explanation
    if name == "Fault":
        from hanparse.diagnosis import Fault  # noqa: PLC0415

        return Fault
    raise AttributeError(f"module 'hanparse' has no attribute {name!r}")
