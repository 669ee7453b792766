"""Defines `Measurement`, the values of one push, and `MeterState`, the latest values of one meter."""

from hanparse.measurement.field import FIELD_UNITS, Field
from hanparse.measurement.measurement import FIELDS, Measurement
from hanparse.measurement.parts import Breaker, Estimate, Peak, Plain, PowerFailure, Register, Submeter, Wiring
from hanparse.measurement.scale import Scale
from hanparse.measurement.state import Latest, MeterState

__all__ = [
    "FIELDS",
    "FIELD_UNITS",
    "Breaker",
    "Estimate",
    "Field",
    "Latest",
    "Measurement",
    "MeterState",
    "Peak",
    "Plain",
    "PowerFailure",
    "Register",
    "Scale",
    "Submeter",
    "Wiring",
]
