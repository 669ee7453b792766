"""Each module has a test module with its name, and each test module is of a module, of a package, or of the whole.

``hanparse/wire/reader.py`` is tested in ``test_wire_reader.py``; tests of it that need room of their own are in
``test_wire_reader_<what>.py``. `TESTED_IN` names the exceptions.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from scripts import ROOT

SOURCE: Final = ROOT / "src" / "hanparse"
TESTS: Final = Path(__file__).parent

TESTED_IN: Final = {
    # annotate: what is said of a frame comes from several of its modules
    "annotate.apdu": "annotate",
    "annotate.cipheredp1": "annotate_ciphered",
    "annotate.hdlc": "annotate",
    "annotate.mbus": "annotate_carriers",
    "annotate.p1": "annotate_carriers",
    "annotate.pushes": "annotate_carriers",
    "annotate.rows": "annotate_tree",
    "annotate.spans": "annotate_carriers",
    "annotate.values": "annotate",
    "archive": "archive",
    # cli: through the command; hexdump, pasted: through the texts that people paste
    "cli": "cli",
    "cli.commands": "cli",
    "cli.follow": "follow",
    "cli.pieces": "pieces",
    "cli.watch": "watch",
    "hexdump": "hexdump",
    "pasted": "pasted",
    "receiver": "receiver",
    "simulate": "simulate",
    "sources": "sources",
    "decoder": "decoder",
    "diagnosis.fault": "diagnosis",
    "diagnosis.faults": "diagnosis",
    "energy.estimates": "estimate",
    "energy.plausibility": "plausibility",
    "layouts.carriers": "mixed_streams",
    "layouts.store": "layouts_layout",
    "layouts.table": "layouts_layout",
    "measurement.measurement": "measurement",
    "measurement.security": "security",
    "meters.makers": "meters_makers",  # each of them: tests/frames
    "obis": "obis",
    # security: by opening APDUs; messages are what it says
    "security.aes": "security",
    "security.case": "security",
    "security.header": "security",
    "security.opener": "security",
    "security.title": "security",
    "security.messages": "security",
    "sinks.bridge": "sinks_outlet",
    "sinks.update": "sinks_tracker",
    "sinks.waiting": "sinks_outlet",
    "support.identifiers": "support_anonymise",
    "support.titles": "support_deciphered",
    "wire.hdlc_grammar": "hdlc_frame",
    "wire.hdlc_parts": "hdlc_frame",
    "wire.layer": "wire_reader",  # two protocols
    "wire.link": "meters_seen",
    "wire.llc": "hdlc_frame",
    "wire.mbus_grammar": "mbus",
    "wire.stats": "decoder",
}
"""Module, or package whose modules are tested together -> test module."""
WITHOUT_PACKAGE: Final = ("energy",)
"""Packages whose modules are tested in modules with their names alone."""

OF_THE_WHOLE: Final = {
    "add_a_meter": "the page that says how",
    "bridge_pages": "pages about the bridge, the unit of systemd and the Dockerfile",
    "charger_example": "the example of a charger",
    "ciphered_frames": "frame files that are ciphered",
    "dataframe_examples": "examples that make data frames",
    "decoder_browser": "the page that decodes, in a browser",
    "decoder_page": "the Python of the page that decodes",
    "docs": "pages",
    "examples": "programs that use the library",
    "fleet_examples": "examples that convert captures on the workers of an engine",
    "frames": "frame files",
    "home_assistant": "the files of the component for Home Assistant",
    "home_assistant_component": "the component in Home Assistant",
    "home_assistant_statistics": "the statistics that Home Assistant makes of its registers",
    "import": "the package as it is imported",
    "layout_of_tests": "this module",
    "mutations": "mutated pushes through every layer",
    "numbers": "no number of anybody's meter",
    "pictures": "drawings of the site",
    "project": "files around the library",
    "streams": "streams with all that goes wrong",
}


def modules() -> list[str]:
    """Every module but packages, which hold names, and the two that start the command."""
    paths = [path.relative_to(SOURCE).with_suffix("") for path in SOURCE.rglob("*.py")]
    return [".".join(path.parts) for path in paths if path.name not in ("__init__", "__main__")]


def expected_name(module: str) -> str:
    """The test module of a module, without its first word."""
    parts = module.split(".")
    short = parts[1:] if parts[0] in WITHOUT_PACKAGE else parts
    above = [".".join(parts[:size]) for size in range(len(parts), 0, -1)]
    return next((TESTED_IN[name] for name in above if name in TESTED_IN), "_".join(short))


def names_of_tests() -> list[str]:
    """Every test module, without its first word."""
    return [path.stem.removeprefix("test_") for path in TESTS.glob("test_*.py")]


def test_every_module_has_a_test_module() -> None:
    there = {*names_of_tests()}
    missing = [f"test_{expected_name(module)}.py" for module in modules() if expected_name(module) not in there]
    assert not missing, f"write these, or say in TESTED_IN where the module is tested: {missing}"


def test_every_test_module_is_of_a_module_a_package_or_the_whole() -> None:
    packages = {module.rpartition(".")[0].replace(".", "_") for module in modules()} - {""}
    of = {*map(expected_name, modules()), *packages}
    strangers = [
        name
        for name in names_of_tests()
        if name not in OF_THE_WHOLE and not any(name == one or name.startswith(f"{one}_") for one in of)
    ]
    assert not strangers, f"name these after the module that they test: {strangers}"


def test_the_tables_name_what_is_there() -> None:
    names = {".".join(module.split(".")[:size]) for module in modules() for size in range(1, 5)}
    assert not TESTED_IN.keys() - names
    assert not OF_THE_WHOLE.keys() - {*names_of_tests()}
    needless = {name for name in TESTED_IN if TESTED_IN[name] == name.replace(".", "_") and name in modules()}
    assert not needless
