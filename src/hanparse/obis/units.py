"""Maps each DLMS unit code to a symbol (Blue Book 4.3.2). All codes that are not in the table are reserved."""

from __future__ import annotations

from typing import Final


def _from(first: int, symbols: str) -> dict[int, str]:
    return dict(enumerate(symbols.split(), first))


UNITS: Final[dict[int, str]] = {
    **_from(1, "a mo wk d h min s ° °C currency m m/s m³ m³ m³/h m³/h m³/d m³/d l kg N Nm Pa bar J J/h W VA var Wh"),
    **_from(31, "VAh varh A C V V/m F Ω Ωm²/m Wb T A/m H Hz 1/(Wh) 1/(varh) 1/(VAh) V²h A²h kg/s S K 1/(V²h) 1/(A²h)"),
    **_from(55, "1/m³ % Ah"),
    **_from(60, "Wh/m³ J/m³ mol% g/m³ Pa·s J/kg g/cm² atm"),
    **_from(70, "dBm dBµV dB"),
    **_from(128, "in ft lb °F °R in² ft² ac in³ ft³ ac·ft gal(imp) gal(US) lbf psi lb/ft³ lb/(ft·s) ft²/s Btu"),
    **_from(147, "thm(EC) thm(US) Btu/lb Btu/ft³ ft³ ft/s ft³/s ft³/min ft³/h ft³/d ac·ft/s ac·ft/min ac·ft/h ac·ft/d"),
    **_from(161, "gal(imp) gal(imp)/s gal(imp)/min gal(imp)/h gal(imp)/d"),
    **_from(166, "gal(US) gal(US)/s gal(US)/min gal(US)/h gal(US)/d Btu/s Btu/min Btu/h Btu/d"),
    255: "",
}


def unit_name(code: int) -> str:
    """Return the symbol of a unit: an empty text for 255 (no unit), ``unit 58`` for 58, which is reserved."""
    return UNITS.get(code, f"unit {code}")
