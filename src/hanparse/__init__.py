"""hanparse turns the bytes that a smart meter pushes out of its HAN port into one typed `Measurement`."""

from hanparse.decoder import Decoder, Stats, decode, decode_all
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

__all__ = [
    "ChecksumError",
    "DecodeError",
    "Decoder",
    "Estimate",
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
]
