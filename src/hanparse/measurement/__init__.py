"""What a push says, in SI units: `Measurement`, and what it is made of."""

from hanparse.measurement.measurement import FIELD_UNITS, FIELDS, Estimate, Measurement, Plain, Register, Wiring
from hanparse.measurement.scale import Scale

__all__ = ["FIELDS", "FIELD_UNITS", "Estimate", "Measurement", "Plain", "Register", "Scale", "Wiring"]
