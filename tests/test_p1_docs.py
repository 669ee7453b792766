"""The tables of the pages on P1 are those that the telegrams and the fields give."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from telegrams import SOUND

from hanparse.measurement import FIELDS

DOCS: Final = Path(__file__).parents[1] / "docs"
COUNTRIES: Final = {
    "NL": "nl", "BE": "be", "LU": "lu", "SE": "se", "FI": "fi", "DK": "dk",
    "HU": "hu", "LT": "lt", "IE": "ie", "AT": "at", "CH": "ch", "PL": "pl",
}  # fmt: skip
ROWS: Final = {
    "meter number": ("meter_id",),
    "power": ("active_power_import", "active_power_net"),
    "power per phase": ("active_power_import_l1",),
    "reactive power": ("reactive_power_import",),
    "apparent power": ("apparent_power_import",),
    "voltage": ("voltage_l1",),
    "current": ("current_l1",),
    "neutral current": ("current_neutral",),
    "power factor": ("power_factor", "power_factor_l1"),
    "frequency": ("frequency",),
    "energy, total": ("active_energy_import",),
    "energy per tariff": ("active_energy_import_t1",),
    "reactive energy": ("reactive_energy_import",),
    "energy of quadrants": ("reactive_energy_q1",),
    "average and peaks": ("average_power_import", "peak_power"),
    "limit": ("power_limit", "apparent_power_limit", "current_limit"),
    "breaker": ("breaker",),
    "failures, sags, swells": ("power_failures", "voltage_sags_l1"),
    "gas": ("gas_volume",),
    "water": ("water_volume",),
}


def table() -> str:
    """Return the table of the fields that the telegrams of each country have."""
    sent = {
        country: {
            name
            for file in SOUND
            if file.name.startswith(f"p1/{prefix}-")
            for measurement in file.measurements
            for name in measurement | file.proposed
        }
        for country, prefix in COUNTRIES.items()
    }
    lines = ["| | " + " | ".join(COUNTRIES) + " |", "|---|" + ":---:|" * len(COUNTRIES)]
    for label, names in ROWS.items():
        lines.append(f"| {label} | " + " | ".join("•" if sent[c] & set(names) else "" for c in COUNTRIES) + " |")
    return "\n".join(lines)


def test_the_table_of_fields_per_country_is_that_of_the_telegrams() -> None:
    assert {name for names in ROWS.values() for name in names} <= {*FIELDS}
    assert table() in (DOCS / "p1.md").read_text("utf-8")


def test_every_field_of_the_table_of_dsmr_parser_exists() -> None:
    page = (DOCS / "dsmr-parser.md").read_text("utf-8")
    rows = re.findall(r"^\| (`[A-Z][A-Z0-9_]{4,}.*?) \| (.*?) \|", page, re.MULTILINE)
    names = {name for _, cell in rows for name in re.findall(r"`(\w+)`", cell) if not name.startswith("_")}
    assert len(rows) > 40
    assert names <= {*FIELDS, "registers"}
