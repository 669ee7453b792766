"""Write docs/meters.md and the table of countries in docs/index.md from the profiles and the frames of tests/frames.

Run ``python tools/write_meters.py`` after you change a profile or a frame file; a test fails when the page is old.
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any

from supported import FRAMES, countries, evidence, table, tables

from hanparse import cosem
from hanparse.hdlc import Frame
from hanparse.meters import PROFILES, Profile, clock, makers, read
from hanparse.meters.shapes import elements
from hanparse.wire.link import Link

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).parent.parent
TRANSPORTS = ("ciphered", "mbus", "gbt", "segments", "p1", "bare")  # these folders contain lists of the other folders
PAGE = ROOT / "docs" / "meters.md"
FRONT = ROOT / "docs" / "index.md"
_BEGIN, _END = "<!-- meters: written by tools/write_meters.py -->\n", "<!-- /meters -->"

HEAD = """# Supported meters

Find your country, manufacturer and meter type:

{meters}

Your meter is not in the table? hanparse also reads every list that contains its own OBIS codes, scalers and units. For
any other list it raises `UnknownMeterError`.
[`hanparse report`](dump.md#report-a-meter-that-hanparse-cannot-read) then writes a report for an issue.
[P1 telegrams](p1.md#meters-per-country) shows the contents of the telegrams of each country, and
[Ciphered meters](ciphered.md) describes how to get and use a key.

*Evidence* is the number of frame files in `tests/frames` that the tests decode. A *real* frame was sent by a meter, and
only the meter number was replaced. A *document* frame is printed in a description of the list. A *built* frame follows
such a description and has made-up values. Public captures of ciphered pushes come without their keys, so these
frames are built from real lists with made-up keys.

## Carriers

The carrier is the way in which the bytes of a push arrive. hanparse recognises each carrier without an option, and one
stream may contain several of them.

{carriers}

## How hanparse reads a list

Each section below describes one profile. `*` and `?` in a meter type stand for any characters and for one character.

If a list contains scalers, hanparse scales its numbers by them. Otherwise it uses the power of ten of the profile. If
the profile has none either, the number is a register and fills no field. `Scale` is for facts that no list contains:
the ratio of current transformers, and a meter that sends a different power of ten than its list defines.

A list without a frame has no addresses. hanparse reads it if the list names its manufacturer, if its push setup is
known, or if its elements match one known list. The frames of such lists are in `tests/frames/bare`.

`python tools/write_meters.py` writes this page.

[`AIDON`]: #aidon-aidon
[`KAIFA`]: #kaifa-kaifa
[`KAMSTRUP`]: #kamstrup-kamstrup
[`EMBRIQ`]: #landisgyr-embriq
[`UNNAMED`]: #lists-without-a-manufacturer-unnamed
[`ISKRAEMECO_PORT`]: #iskraemeco-iskraemeco_port
[`E360`]: #landisgyr-e360
[`E450`]: #landisgyr-e450
[`AUSTRIA`]: #lists-without-a-manufacturer-austria
[`KAIFA_AUSTRIA`]: #kaifa-kaifa_austria
[`E450_UNNAMED`]: #landisgyr-e450_unnamed
[`SAGEMCOM`]: #sagemcom-sagemcom
[`SIEMENS`]: #siemens-siemens
[`ISKRAEMECO`]: #iskraemeco-iskraemeco
[`ISKRAEMECO_UNNAMED`]: #iskraemeco-iskraemeco_unnamed
[`CZECHIA`]: #lists-without-a-manufacturer-czechia
[`ENERGOMERA`]: #energomera-energomera
"""
CLOCKS = {
    clock.AS_SENT: "as sent, UTC = local + deviation; without a time zone if no deviation is sent",
    clock.NORMAL_TIME: "normal time, UTC+1, all year",
    clock.LOCAL_TIME: "as sent; without a deviation, Norwegian local time with daylight saving",
}


@dataclass(frozen=True)
class Proof:
    """A frame file and the profile that reads it."""

    name: str
    content: dict[str, Any]
    frame: Frame
    body: str
    profile: Profile


def page() -> str:
    """Return the page as Markdown."""
    meters, carriers = tables()
    read_by: dict[int, list[Proof]] = defaultdict(list)
    for proof in _proofs():
        read_by[id(proof.profile)].append(proof)
    sections = [_section(name, text, profile, read_by[id(profile)]) for name, text, profile in _profiles()]
    return "\n".join([HEAD.replace("{meters}", meters).replace("{carriers}", carriers), *sections])


def front(text: str) -> str:
    """Return the front page with the table of countries."""
    before, begin, rest = text.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not (begin and end):
        raise SystemExit(f"expected {_BEGIN.strip()} and {_END} in {FRONT.name}")
    return f"{before}{begin}{countries()}\n{end}{after}"


def _profiles() -> Iterator[tuple[str, str, Profile]]:
    """Yield every profile with its name and the docstring of its module, in the order of `PROFILES`."""
    modules = [import_module(f"{makers.__name__}.{module.name}") for module in iter_modules(makers.__path__)]
    for profile in PROFILES:
        module = next(module for module in modules if any(value is profile for value in vars(module).values()))
        name = next(name for name, value in vars(module).items() if value is profile)
        yield name, module.__doc__ or "", profile


def _proofs() -> Iterator[Proof]:
    for path in sorted(FRAMES.rglob("*.toml")):
        content = tomllib.loads(path.read_text("utf-8"))
        if "expect" in content and path.parent.name not in TRANSPORTS:
            yield _proof(path, content)


def _proof(path: Path, content: dict[str, Any]) -> Proof:
    frame = Frame.parse(bytes.fromhex("".join(line.partition("#")[0] for line in content["frame"].splitlines())))
    notification = cosem.parse(frame.information.removeprefix(b"\xe6\xe7\x00"))
    reading = read(notification, PROFILES, Link(frame.destination, frame.source, frame.control))
    body = f"{notification.body.tag} of {len(elements(notification.body))}"
    return Proof(path.relative_to(FRAMES).with_suffix("").as_posix(), content, frame, body, reading.profile)


def _section(name: str, docstring: str, profile: Profile, proofs: list[Proof]) -> str:
    title = f"{profile.manufacturer or 'Lists without a manufacturer'} (`{name}`)"
    source = re.search(r"Source: (.+?)(?:\n\n|\Z)", docstring + "\n\n", re.DOTALL)
    facts = [
        *([f"Source: {' '.join(source[1].split())}"] if source else []),
        f"Recognised by {_recognised_by(profile)}.",
        f"Clock: {CLOCKS[profile.clock]}.",
        f"Powers of ten: {_exponents(profile)}.",
    ]
    parts = [f"## {title}", "\n".join(f"* {fact}" for fact in facts), _models(profile), _lists(proofs)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _recognised_by(profile: Profile) -> str:
    signatures = f"the types or codes of all elements ({len(profile.signatures)} lists)" if profile.signatures else ""
    unframed = f"the types of all elements of a list without a frame ({len(profile.unframed)} lists)"
    rules = [
        *(f"the list identifier `{prefix}…`" for prefix in profile.list_ids),
        *(f"the logical device name `{prefix}…`" for prefix in profile.devices),
        *(
            f"destination `{_address(destination)}`, source `{_address(source)}`, control `{control:02X}`"
            for destination, source, control in profile.links
        ),
        *(f"the push setup `{setup}` in a list without a device" for setup in profile.setups if not profile.devices),
        *([signatures] if signatures else []),
        *([unframed] if profile.unframed else []),
    ]
    return "; or ".join(rules) or "the codes in the list"


def _address(groups: tuple[int, ...]) -> str:
    *upper, last = groups
    return " ".join(f"{byte:02X}" for byte in (*(group << 1 for group in upper), last << 1 | 1))


def _exponents(profile: Profile) -> str:
    names = {"": "power factor"}
    powers = [f"{names.get(unit, unit)} {power:+d}" for unit, power in profile.exponents.items()]
    powers += [
        f"{unit} {power:+d} if one of them is {limit:,} or more"
        for unit, (limit, power) in profile.higher_resolution.items()
    ]
    return ", ".join(powers) or "as sent"


def _models(profile: Profile) -> str:
    if not profile.models:
        return ""
    rows = [
        (
            f"`{m.pattern}`" if m.pattern else "none",
            m.wiring.value if m.wiring else "",
            _named(m.exponents),
            ", ".join(f"`{name}`" for name in m.not_measured),
            "secondary" if m.transformers else "",
        )
        for m in profile.models
    ]
    return table(("meter type", "wiring", "other powers of ten", "0 is not measured", "behind transformers"), rows)


def _named(exponents: Mapping[str, int]) -> str:
    return ", ".join(f"{unit} {power:+d}" for unit, power in exponents.items())


def _lists(proofs: list[Proof]) -> str:
    rows = [
        (
            f"`{proof.name}`",
            f"`{_address(proof.frame.destination)}` `{_address(proof.frame.source)}` `{proof.frame.control:02X}`",
            proof.body,
            "yes" if "timestamp" in proof.content["expect"] else "no",
            _fields(proof.content["expect"]),
            evidence(proof.content),
            proof.content["why"].removeprefix("built: "),
        )
        for proof in proofs
    ]
    return table(("frame file", "HDLC", "body", "clock", "fields", "evidence", "purpose"), rows) if rows else ""


def _fields(expect: dict[str, Any]) -> str:
    """Return the fields as text, with the phases and tariffs of one quantity together."""
    parts: dict[str, list[str]] = defaultdict(list)
    for name in expect:
        match = re.fullmatch(r"(.+?)(?:_([lt]\d))?", name)
        if match:
            parts[match[1]].append(match[2] or "")
    return ", ".join(f"{base} {'/'.join(filter(None, suffixes))}".strip() for base, suffixes in parts.items())


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
    FRONT.write_text(front(FRONT.read_text("utf-8")), "utf-8")
