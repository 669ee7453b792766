"""The registry of OBIS codes -> docs/obis.md: every code with its meaning, and every field with its codes.

Run ``python tools/write_obis.py`` after changing the registry; a test holds them together.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from hanparse.measurement import FIELD_UNITS, FIELDS
from hanparse.obis import ENTRIES

if TYPE_CHECKING:
    from collections.abc import Iterable

PAGE = Path(__file__).parent.parent / "docs" / "obis.md"

HEAD = """# OBIS codes

A code has six groups: `A-B:C.D.E*F`. A is the medium (1 is electricity, 0 is no medium), B the channel, C the quantity
and its phase, D how it was processed (7 now, 8 since the beginning), E the tariff, F a billing period (255: none, and
then it is left out). For electricity meters send 0 or 1 as B as they please. So a code on this page that names no A and
B is that of electricity with either; where a list has both, 0 fills the field. Channels 2 to 64 measure something else
than the total: their values are in `Measurement.registers` alone. From 65 on utilities and makers define the codes.

```pycon
>>> from hanparse import Obis
>>> code = Obis.parse("1-0:51.7.0")
>>> code.phase, code.processing
(2, 'instantaneous')
>>> bytes(code).hex(" ")
'01 00 33 07 00 ff'
```

On the command line `hanparse obis 51.7.0` says what a code means, and `hanparse obis voltage` finds codes by a word.

Written by `python tools/write_obis.py`.
"""
FIELDS_HEAD = """## Fields of `Measurement`

A push fills a field when it carries one of these codes. `timestamp` is the date-time of the push, else the clock in the
list; `manufacturer` and `wiring` come from the profile.
"""
CODES_HEAD = """## Every code

{count} codes. What has no field is in `Measurement.registers` under its code, as is every code that is not listed here.
"""


def page() -> str:
    """The page as Markdown."""
    every = [(f"`{e.code}`", e.description, e.unit, f"`{e.field}`" if e.field else "") for e in ENTRIES]
    return "\n".join(
        [
            HEAD,
            FIELDS_HEAD,
            _table(("field", "unit", "codes"), _fields()),
            CODES_HEAD.format(count=len(ENTRIES)),
            _table(("code", "meaning", "unit", "field"), every),
        ]
    )


def _fields() -> list[tuple[str, ...]]:
    codes: dict[str, list[str]] = defaultdict(list)
    for entry in ENTRIES:
        codes[entry.field].append(f"`{entry.code}`")
    return [(f"`{name}`", FIELD_UNITS.get(name, ""), ", ".join(codes[name])) for name in FIELDS if name in codes]


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
