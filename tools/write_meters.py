"""Writes docs/meters.md from the profiles and tests/frames: what each profile knows, and which frames prove it.

Run ``python tools/write_meters.py`` after changing a profile or a frame file. A test compares the page with both.
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

from hanparse import cosem
from hanparse.hdlc import Frame
from hanparse.meters import PROFILES, Profile, clock, makers, read
from hanparse.meters.shapes import elements
from hanparse.wire.link import Link

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ROOT = Path(__file__).parent.parent
FRAMES = ROOT / "tests" / "frames"
TRANSPORTS = ("ciphered", "mbus", "gbt", "segments", "p1", "bare")  # the lists in there are those of the other folders
PAGE = ROOT / "docs" / "meters.md"

HEAD = """# Meters

This page has every list that hanparse reads, by the profile that reads it. A meter sent a *real* frame; its number was
replaced. A *document* frame is printed in a description of the list. A *built* frame was made from such a description,
with values of our own. All frames are in `tests/frames`, and the tests decode them.

A number has the scaler that the list contains. Where the list contains none, the profile gives the power of ten. Where
the profile gives none either, the number is a register and fills no field. No list tells the ratio of current
transformers, nor that a meter sends another power of ten than its list defines: give these with `Scale`.

A list without a frame has no addresses. hanparse reads it where the list names its maker, where its push setup does, or
where its elements belong to one known list. The frame files of such lists are in `tests/frames/bare`.

Written by `python tools/write_meters.py`.
"""
CLOCKS = {
    clock.AS_SENT: "as sent, UTC = local + deviation; naive where the list contains no deviation",
    clock.NORMAL_TIME: "normal time, UTC+1, all year",
    clock.LOCAL_TIME: "as sent; without a deviation Norwegian local time with daylight saving",
}


@dataclass(frozen=True)
class Proof:
    """A frame file, and the profile that reads its frame."""

    name: str
    content: dict[str, Any]
    frame: Frame
    body: str
    profile: Profile


def page() -> str:
    """Return the page as Markdown."""
    read_by: dict[int, list[Proof]] = defaultdict(list)
    for proof in _proofs():
        read_by[id(proof.profile)].append(proof)
    sections = [_section(name, text, profile, read_by[id(profile)]) for name, text, profile in _profiles()]
    return "\n".join([HEAD, *sections])


def _profiles() -> Iterator[tuple[str, str, Profile]]:
    """Return every profile with its name and the docstring of its module, in the order of choice."""
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
    title = f"{profile.manufacturer or 'Lists that name no maker'} (`{name}`)"
    source = re.search(r"Source: (.+?)(?:\n\n|\Z)", docstring + "\n\n", re.DOTALL)
    facts = [
        *([f"Source: {' '.join(source[1].split())}"] if source else []),
        f"Known by {_known_by(profile)}.",
        f"Clock: {CLOCKS[profile.clock]}.",
        f"Powers of ten: {_exponents(profile)}.",
    ]
    parts = [f"## {title}", "\n".join(f"* {fact}" for fact in facts), _models(profile), _lists(proofs)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _known_by(profile: Profile) -> str:
    signatures = f"the types or codes of all elements ({len(profile.signatures)} lists)" if profile.signatures else ""
    unframed = f"the types of all elements, where no frame tells the addresses ({len(profile.unframed)} lists)"
    ways = [
        *(f"a list identifier `{prefix}…`" for prefix in profile.list_ids),
        *(f"a logical device name `{prefix}…`" for prefix in profile.devices),
        *(
            f"the addresses `{_address(w.destination)}`, `{_address(w.source)}`, `{w.control:02X}`"
            for w in profile.links
        ),
        *(f"the push setup `{setup}` in a list without a device" for setup in profile.setups if not profile.devices),
        *([signatures] if signatures else []),
        *([unframed] if profile.unframed else []),
        *(["attribute descriptors in the list"] if profile.attributes else []),
    ]
    return ", or ".join(ways) or "codes, scalers and units in the list"


def _address(groups: tuple[int, ...]) -> str:
    *upper, last = groups
    return " ".join(f"{byte:02X}" for byte in (*(group << 1 for group in upper), last << 1 | 1))


def _exponents(profile: Profile) -> str:
    names = {"": "power factor"}
    powers = [f"{names.get(unit, unit)} {power:+d}" for unit, power in profile.exponents.items()]
    powers += [
        f"{unit} {power:+d} where one is {limit:,} or more"
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
    return _table(("meter type", "wiring", "other powers of ten", "0 is not measured", "behind transformers"), rows)


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
            _origin(proof.content),
            proof.content["why"].removeprefix("built: "),
        )
        for proof in proofs
    ]
    return _table(("frame file", "HDLC", "body", "clock", "fields", "frame", "what it shows"), rows) if rows else ""


def _origin(content: dict[str, Any]) -> str:
    if content["why"].startswith("built:"):
        return "built"
    return "document" if "description" in content["source"] else "real"


def _fields(expect: dict[str, Any]) -> str:
    """Return the names of the fields; those of phases and tariffs share one name."""
    parts: dict[str, list[str]] = defaultdict(list)
    for name in expect:
        match = re.fullmatch(r"(.+?)(?:_([lt]\d))?", name)
        if match:
            parts[match[1]].append(match[2] or "")
    return ", ".join(f"{base} {'/'.join(filter(None, suffixes))}".strip() for base, suffixes in parts.items())


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
