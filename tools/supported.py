"""Make the tables of meters and carriers for docs/meters.md from docs/supported.toml and the frame files."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

ROOT: Final = Path(__file__).parent.parent
FRAMES: Final = ROOT / "tests" / "frames"
DATA: Final = ROOT / "docs" / "supported.toml"

QUANTITIES: Final = {
    "power": r"active_power_(import|export|net)",
    "power per phase": r"active_power_\w+_l\d",
    "reactive power": r"reactive_power_.+",
    "voltage": r"voltage_l\d",
    "current": r"current_(l\d|neutral)",
    "power factor": r"power_factor.*",
    "frequency": r"frequency",
    "energy": r"active_energy_(import|export)(_l\d)?",
    "energy per tariff": r"active_energy_\w+_t\d",
    "reactive energy": r"reactive_energy_.+",
    "gas and water": r"(gas|water)_volume",
}
"""The quantities in the column "contents of the pushes", and a pattern for the fields of each quantity."""


@dataclass(frozen=True)
class FrameFile:
    """A `FrameFile` holds the name of a frame file, its evidence, and the fields that the tests expect."""

    name: str
    evidence: str
    fields: frozenset[str]


def frame_files() -> list[FrameFile]:
    """Return every frame file that contains a measurement, by name."""
    paths = sorted(FRAMES.rglob("*.toml"))
    contents = [(path, tomllib.loads(path.read_text("utf-8"))) for path in paths]
    return [
        FrameFile(path.relative_to(FRAMES).with_suffix("").as_posix(), evidence(content), frozenset(_fields(content)))
        for path, content in contents
        if "expect" in content
    ]


def evidence(content: dict[str, Any]) -> str:
    """Return the source of the bytes of a frame file: ``"built"``, ``"document"`` or ``"real"``."""
    source = content["source"]
    if content["why"].startswith("built:") or source.startswith(("built", "made")) or "enciphered here" in source:
        return "built"
    return "document" if re.search(r"description|Standard 5|E-Meter P1 specification", source) else "real"


def tables() -> tuple[str, str]:
    """Return the table of meters and the table of carriers as Markdown.

    Raises `ValueError` if a row names an unknown carrier, or if a pattern matches no frame file.
    """
    data = tomllib.loads(DATA.read_text("utf-8"))
    files = frame_files()
    names = {carrier["name"] for carrier in data["carrier"]}
    for meter in data["meter"]:
        if unknown := {*meter["carriers"]} - names:
            row = f"{DATA.name}: {meter['country']}, {meter['manufacturer']}"
            raise ValueError(f"{row}: expected the name of a carrier, found {unknown}")
    meters = [_meter(meter, files) for meter in data["meter"]]
    carriers = [_carrier(carrier, data["meter"], files) for carrier in data["carrier"]]
    head = ("country", "manufacturer", "types", "carrier", "contents of the pushes", "evidence", "profile")
    return table(head, meters), table(("carrier", "standard", "countries", "evidence"), carriers)


def countries() -> str:
    """Return the short table of countries and manufacturers for the front page as Markdown."""
    found: dict[str, dict[str, bool]] = {}
    for meter in tomllib.loads(DATA.read_text("utf-8"))["meter"]:
        makers = found.setdefault(meter["country"], {})
        maker = meter["types"] if meter["manufacturer"] == "all" else meter["manufacturer"]
        makers[maker] = makers.get(maker, False) or meter.get("ciphered", False)
    rows = [
        (country, ", ".join(maker + " (key)" * key for maker, key in makers.items()))
        for country, makers in found.items()
    ]
    return table(("country", "manufacturer, standard or grid operator"), rows)


def _meter(meter: dict[str, Any], files: Iterable[FrameFile]) -> tuple[str, ...]:
    proofs = matching(meter["frames"], files)
    fields = frozenset[str]().union(*(file.fields for file in proofs))
    contents = [name for name, rule in QUANTITIES.items() if any(re.fullmatch(rule, field) for field in fields)]
    ciphered = ["ciphered"] if meter.get("ciphered") else []
    return (
        meter["country"],
        meter["manufacturer"],
        meter["types"],
        ", ".join(meter["carriers"] + ciphered),
        ", ".join(contents) or "no registers",
        _count(proofs),
        ", ".join(f"[`{name}`]" for name in meter.get("profiles", ())),
    )


def _carrier(carrier: dict[str, Any], meters: Iterable[dict[str, Any]], files: Iterable[FrameFile]) -> tuple[str, ...]:
    name = carrier["name"]
    countries = {
        meter["country"]: None
        for meter in meters
        if name in meter["carriers"] or (name == "ciphered" and meter.get("ciphered"))
    }
    return name, carrier["standard"], ", ".join(countries), _count(matching(carrier["frames"], files))


def matching(patterns: Sequence[str], files: Iterable[FrameFile]) -> list[FrameFile]:
    """Return the frame files whose names match one of `patterns`.

    Raises `ValueError` if a pattern matches no frame file.
    """
    found = [file for file in files if any(fnmatchcase(file.name, pattern) for pattern in patterns)]
    for pattern in patterns:
        if not any(fnmatchcase(file.name, pattern) for file in found):
            raise ValueError(f"{DATA.name}: expected a frame file with a measurement for the pattern {pattern!r}")
    return found


def _count(files: Iterable[FrameFile]) -> str:
    counts = Counter(file.evidence for file in files)
    return ", ".join(f"{counts[kind]} {kind}" for kind in ("real", "document", "built") if counts[kind])


def _fields(content: dict[str, Any]) -> Iterator[str]:
    expected = content["expect"]
    for measurement in expected if isinstance(expected, list) else [expected]:
        yield from measurement


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """Return a table as Markdown. A ``|`` in a cell becomes ``/``."""
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)
