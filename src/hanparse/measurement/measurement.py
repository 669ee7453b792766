"""Defines `Measurement`, the values of one push in SI units. Each field has the same meaning for every meter."""

from __future__ import annotations

# Users can call get_type_hints(Measurement), so the types of the fields are imported at run time
from collections.abc import Mapping  # noqa: TC003
from datetime import datetime
from typing import Any, Final, Self

from hanparse.measurement import jsonready
from hanparse.measurement.declared import Fields
from hanparse.measurement.field import FIELD_OF, FIELD_UNITS, Field
from hanparse.measurement.parts import Estimate, Register, Wiring  # noqa: TC001
from hanparse.measurement.record import AS_SENT, NO_ESTIMATES, Record, declared
from hanparse.measurement.scale import Scale  # noqa: TC001
from hanparse.measurement.security import Security  # noqa: TC001

FIELDS: Final = tuple(Fields.__annotations__)
"""The names of the fields that a push can fill, in the order of their declarations in `Fields`."""


class Measurement(Fields):
    """Holds the values of one push. Measurements are immutable.

    A field is `None` if the push does not contain the value, or if the profile states that the meter does not measure
    the value. If a field is 0, the meter has sent 0. Powers are in W, var and VA, currents in A, voltages in V,
    energies in Wh and varh, the frequency in Hz. A power factor is a number up to 1, not a percentage. An energy whose
    name ends in `_t1` to `_t4` is the energy of one tariff. All other energies are totals. A number in W, var, VA, Wh
    or varh is an int unless the meter sends a floating-point number, or a scaler or a `Scale` divides it. A count is an
    int. All other numbers are float.

    If the wiring is `Wiring.THREE_WIRE`, `voltage_l1`, `voltage_l2` and `voltage_l3` are the line voltages L1-L2, L1-L3
    and L2-L3. The reason: the Norwegian definitions of lists (contents of pushes) use the OBIS codes of these fields
    for the line voltages.
    """

    __slots__ = ()
    __match_args__ = ()

    wiring: Wiring | None = None
    """The wiring of the meter; `None` if the meter type does not determine the wiring."""
    registers: tuple[Register, ...] = declared(Record._elements, default=())
    estimated: Mapping[str, Estimate] = declared(Record._estimates, default=NO_ESTIMATES)
    received: datetime | None = declared(Record._arrival, default=None)
    security: Security | None = declared(Record._ciphering, default=None)
    scale: Scale = declared(Record._factors, default=AS_SENT)
    made_for_transformers: bool = declared(Record._is_for_transformers, default=False)

    @staticmethod
    def fields() -> tuple[Field, ...]:
        """Return name, unit, kind, description and OBIS codes of every field, in the order of `FIELDS`."""
        return tuple(FIELD_OF[name] for name in FIELDS)

    @property
    def active_power(self) -> float | None:
        """Active power import − active power export in W; `None` unless the push contains both powers."""
        return _difference(self.active_power_import, self.active_power_export)

    @property
    def reactive_power(self) -> float | None:
        """Reactive power import − reactive power export in var; `None` unless the push contains both powers."""
        return _difference(self.reactive_power_import, self.reactive_power_export)

    def with_estimates(self, estimated: Mapping[str, Estimate]) -> Self:
        """Return a copy of the measurement with `estimated`, which maps the names of fields to estimates."""
        return self.__replace__(estimated=estimated)

    def to_dict(self, *, iso: bool = True, wiring: bool = False, registers: bool = False) -> dict[str, Any]:
        """Return a dictionary of the fields that are not `None`, with types that JSON can represent.

        A time becomes text in ISO 8601, or remains a `datetime` if `iso` is false. Numbers and texts are unchanged. A
        tuple, for example of sub-meters, becomes a list of dictionaries. The key ``"received"`` is left out if the
        measurement has no time of arrival, ``"estimated"`` if it has no estimates, and ``"security"`` if the push was
        not ciphered. The option `wiring` adds the name of the wiring. The option `registers` adds the registers. It
        also adds `scale` if a factor is not 1, and `made_for_transformers` if it is true.
        """
        result, time = self._present(), datetime.isoformat if iso else jsonready.unchanged
        for name in self._kind.order.converted:
            if name in result:
                result[name] = jsonready.from_value(result[name], time)
        if self.received is not None:
            result["received"] = time(self.received)
        if self.estimated:
            result["estimated"] = {name: estimate._asdict() for name, estimate in self.estimated.items()}
        if self.security:
            result["security"] = jsonready.from_security(self.security)
        if wiring and self.wiring:
            result["wiring"] = self.wiring.name
        if registers:
            result["registers"] = [jsonready.from_register(register) for register in self.registers]
            if self.scale != AS_SENT:
                result["scale"] = jsonready.from_scale(self.scale)
            if self.made_for_transformers:
                result["made_for_transformers"] = True
        return result

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Return the measurement from a dictionary that `to_dict` made, or from the same dictionary read from JSON.

        The result equals the original measurement if `to_dict` was called with `wiring=True` and `registers=True`.
        Raises `TypeError` for a name that is not a field and for a value of a wrong type. Raises `ValueError` for a
        text that cannot be read, such as a time, a wiring or a code, for a factor that is not positive and finite, and
        for an estimate whose limits are not finite and in the order 0, `low`, `value`, `high`.
        """
        return cls(**jsonready.arguments(data))

    def _present(self) -> dict[str, Any]:
        values, positions = self._read(), self._kind.order.positions(FIELDS)
        return {name: value for name, position in positions if (value := values[position]) is not None}

    def __repr__(self) -> str:
        """Return the fields that are not `None`, with units, on one line."""
        shown = [f"{name}={_readable(name, value)}" for name, value in self._present().items()]
        shown += [f"received={self.received}"] if self.received else []
        return f"Measurement({', '.join(shown)})"

    def rows(self) -> list[tuple[str, str]]:
        """Return the name and the value of each field that is not `None`. A value is text with its unit."""
        return [(name, _with_unit(name, value)) for name, value in self._present().items()]

    def _repr_html_(self) -> str:
        """Return an HTML table for notebooks: the fields that are not `None`, with units, and the estimates."""
        from html import escape  # noqa: PLC0415  seldom needed

        rows = self.rows()
        rows += [(f"{name} (estimated)", _with_unit(name, f"{e.value:.3f}")) for name, e in self.estimated.items()]
        cells = "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in rows)
        return f"<table>{cells}</table>"


def _difference(plus: float | None, minus: float | None) -> float | None:
    return None if plus is None or minus is None else plus - minus


def _readable(name: str, value: object) -> str:
    return repr(value) if isinstance(value, str) else _with_unit(name, value)


def _with_unit(name: str, value: object) -> str:
    return f"{value} {FIELD_UNITS.get(name, '')}".rstrip()
