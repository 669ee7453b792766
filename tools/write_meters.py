"""Write docs/meters.md and the table of countries in docs/index.md from the profiles and the frames of tests/frames.

Run ``python tools/write_meters.py`` after you change a profile or a frame file. A test fails if the page is old.
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
    from collections.abc import Iterator, Mapping, Sequence

ROOT = Path(__file__).parent.parent
TRANSPORTS = ("ciphered", "mbus", "gbt", "segments", "p1", "bare")
"""Folders of `tests/frames` that contain the lists of the other folders in other carriers."""
PAGE = ROOT / "docs" / "meters.md"
FRONT = ROOT / "docs" / "index.md"
_BEGIN, _END = "<!-- meters: written by tools/write_meters.py -->\n", "<!-- /meters -->"

HEAD = """# Supported meters

A push contains a *list* of values. The table contains the meters by country and manufacturer. The last column links to
the profile, which describes the lists of these meters:

{meters}

If your meter is not in the table, hanparse can still read a list that contains the OBIS code, the scaler and the unit
of each value. For any other unknown list, hanparse raises `UnknownMeterError`. You can then make a report for an issue
with [`hanparse report`](dump.md#report-a-meter-that-hanparse-cannot-read). [P1
telegrams](p1.md#contents-of-the-telegrams-by-country) lists the contents of the telegrams of each country. [Ciphered
meters](ciphered.md) describes how to get a key and use it.

The column *evidence* is the number of frame files in `tests/frames` that the tests decode. A frame file contains the
bytes of a push and the expected values. There are three sources of frames:

* *real*: a meter sent the frame. Only the meter number was replaced.
* *document*: a description of the list contains the frame.
* *built*: a person wrote the frame according to a description of the list, with made-up values.

Public captures of ciphered pushes do not contain the keys. So a frame file of a ciphered push contains a real list that
was ciphered with a made-up key. Such a file counts as *built*.

## Carriers

The carrier is the format in which a port sends the bytes of a push. hanparse recognises each carrier without an option.
One stream can contain several carriers. A *bare* list has no frame.

{carriers}

## How hanparse reads a list

A *profile* describes a group of lists: lists of one manufacturer, or lists that meters of several manufacturers send.
Each section below describes one profile. In a meter type, `*` means any number of characters, and `?` means one
character.

Each unit has a *power of ten*: the exponent by which hanparse scales every number in this unit. For example, `A -2`
means that the meter sends hundredths of an ampere, and `A/i64 +0` means that a number of the type long64 (i64) is in
whole amperes. `u64` means the type long64-unsigned. If a list contains scalers, hanparse uses these scalers. Otherwise
it uses the powers of ten of the profile. A number in a unit without a power of ten fills no field of `Measurement`.
Only `registers` contains this number. The option `Scale` corrects numbers in two cases: the meter is behind current
transformers, or the meter sends another power of ten than its profile contains.

A list without a frame has no addresses. hanparse finds the profile of such a list in three cases: the list identifies
its manufacturer, a profile contains the push setup of the list, or the types of its elements match exactly one of the
lists that the profiles describe. The folder `tests/frames/bare` contains frame files of such lists.

The columns of the frame tables are:

* *HDLC*: the destination address, the source address and the control byte of the frame, in hex.
* *body*: the type of the list and the number of its elements.
* *clock*: whether the list gives `timestamp` a value.
* *notes*: how this list differs from other lists.

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
    clock.AS_SENT: "hanparse uses the deviation in the list (UTC = local time + deviation). "
    "Without a deviation, the time has no zone",
    clock.NORMAL_TIME: "standard time, UTC+1, all year",
    clock.LOCAL_TIME: "hanparse uses the deviation in the list. "
    "Without a deviation, it reads the time as Norwegian local time",
}


@dataclass(frozen=True)
class Proof:
    """A `Proof` holds the content of a frame file, its parsed frame, and the profile that reads it."""

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
    source = re.search(rf"Source(?: of `{name}`)?: (.+?)(?:\n\n|\Z)", docstring + "\n\n", re.DOTALL)
    facts = [
        *([f"Source: {' '.join(source[1].split())}"] if source else []),
        _conditions(profile),
        f"Clock: {CLOCKS[profile.clock]}.",
        f"Powers of ten: {_exponents(profile)}.",
    ]
    parts = [f"## {title}", "\n".join(f"* {fact}" for fact in facts), _models(profile), _lists(proofs)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _conditions(profile: Profile) -> str:
    rules = [
        *(f"the list identifier begins with `{prefix}`" for prefix in profile.list_ids),
        *(f"the logical device name begins with `{prefix}`" for prefix in profile.devices),
        *(
            f"the HDLC frame has destination `{_address(to)}`, source `{_address(source)}` and control `{control:02X}`"
            for to, source, control in profile.links
        ),
        *(
            f"the list has the push setup `{setup}` and no logical device name"
            for setup in profile.setups
            if not profile.devices
        ),
        *(["the types or codes of all elements " + _match(profile.signatures)] if profile.signatures else []),
        *(
            ["the list has no frame, and the types of all elements " + _match(profile.unframed)]
            if profile.unframed
            else []
        ),
        *(["the list consists of attribute descriptors and values"] if profile.attributes else []),
    ]
    if len(rules) > 1:
        return "\n".join(
            ["hanparse uses this profile if one of these conditions is true:", *(f"  * {one}" for one in rules)]
        )
    rule = rules[0] if rules else "the list contains codes and no other profile matches"
    return f"hanparse uses this profile if {rule}."


def _match(signatures: Sequence[object]) -> str:
    return (
        "match a list of this profile"
        if len(signatures) == 1
        else f"match one of the {len(signatures)} lists of this profile"
    )


def _address(groups: tuple[int, ...]) -> str:
    *upper, last = groups
    return " ".join(f"{byte:02X}" for byte in (*(group << 1 for group in upper), last << 1 | 1))


def _exponents(profile: Profile) -> str:
    names = {"": "power factor"}
    powers = [f"{names.get(unit, unit)} {power:+d}" for unit, power in profile.exponents.items()]
    powers += [
        f"but {unit} {power:+d} for numbers of {limit:,} or more"
        for unit, (limit, power) in profile.higher_resolution.items()
    ]
    return ", ".join(powers) or "the scalers in the list"


def _models(profile: Profile) -> str:
    if not profile.models:
        return ""
    rows = [
        (
            f"`{m.pattern}`" if m.pattern else "no type in the list",
            m.wiring.value if m.wiring else "",
            _named(m.exponents),
            ", ".join(f"`{name}`" for name in m.not_measured),
            "yes, sends secondary values" if m.transformers else "",
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
    return table(("frame file", "HDLC", "body", "clock", "fields", "evidence", "notes"), rows) if rows else ""


def _fields(expect: dict[str, Any]) -> str:
    """Return the fields as text. The phases and the tariffs of one quantity are one entry."""
    parts: dict[str, list[str]] = defaultdict(list)
    for name in expect:
        match = re.fullmatch(r"(.+?)(?:_([lt]\d))?", name)
        if match:
            parts[match[1]].append(match[2] or "")
    return ", ".join(f"{base} {'/'.join(filter(None, suffixes))}".strip() for base, suffixes in parts.items())


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
    FRONT.write_text(front(FRONT.read_text("utf-8")), "utf-8")
