"""Write docs/obis.md from the registry of OBIS codes: every code with its meaning, and every field with its codes.

Run ``python tools/write_obis.py`` after you change the registry. A test fails if the page is old.
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

An OBIS code has six groups, `A-B:C.D.E*F`:

| group | meaning |
| --- | --- |
| A | medium: 1 is electricity, 0 is independent of the medium |
| B | channel |
| C | quantity and phase |
| D | processing: 7 is the instantaneous value, 8 the sum since the beginning |
| E | tariff |
| F | billing period; 255 means none, and is left out of the text |

Electricity meters use 0 or 1 as B for the same values. So a code on this page without A and B applies to electricity
with either channel; if a list contains both, channel 0 fills the field. Channels 2 to 64 measure something other than
the total, so their values are in `Measurement.registers` only. Channels from 65 are defined by utilities and
manufacturers.

```pycon
>>> from hanparse import Obis
>>> code = Obis.parse("1-0:51.7.0")
>>> code.phase, code.processing
(2, 'instantaneous')
>>> bytes(code).hex(" ")
'01 00 33 07 00 ff'
```

On the command line, `hanparse obis 51.7.0` explains a code, and `hanparse obis voltage` finds codes by a word.

`python tools/write_obis.py` writes this page.
"""
FIELDS_HEAD = """## Fields of `Measurement`

A push fills a field if it contains one of these codes. `timestamp` is the date-time of the push or, if there is none,
the clock in the list. `manufacturer` and `wiring` come from the profile.
"""
CODES_HEAD = """## Every code

The table contains {count} codes. A value whose code has no field is in `Measurement.registers` under its code; so is
a value whose code is not in the table.
"""


def page() -> str:
    """Return the page as Markdown."""
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
