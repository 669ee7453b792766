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

An OBIS code identifies the quantity of a value that a meter sends. It has six groups, `A-B:C.D.E*F`:

| group | meaning |
| --- | --- |
| A | medium: 1 is electricity, 0 is independent of the medium |
| B | channel |
| C | quantity and phase |
| D | processing: 7 is the instantaneous value, 8 is the sum since the start of the measurement |
| E | tariff |
| F | billing period; 255 means no billing period, and the text of the code then omits F |

Electricity meters use channel 0 or channel 1 for the same values. Therefore this page writes electricity codes without
A and B if both channels have the same meaning. If a list contains a code with both channels, the field gets the value
of channel 0. Channels 2 to 64 measure a part of the total or another quantity, so `Measurement.registers` contains
their values and no field does. Utilities and manufacturers define the channels from 65.

```pycon
>>> from hanparse import Obis
>>> code = Obis.parse("1-0:51.7.0")
>>> code.phase, code.processing
(2, 'instantaneous')
>>> bytes(code).hex(" ")
'01 00 33 07 00 ff'
```

On the command line, `hanparse obis 51.7.0` shows the meaning of a code. `hanparse obis voltage` lists all codes whose
meaning contains this word.

`python tools/write_obis.py` writes this page.
"""
FIELDS_HEAD = """## Fields of `Measurement`

A field has a value if the push contains one of the codes in its row. The fields without a code are not in the table:
`timestamp` is the date-time in the header of the push or, if the header contains no date-time, the clock in the list.
`manufacturer` and `wiring` are from the profile of the list.
"""
CODES_HEAD = """## Meaning of every code

The table contains {count} codes. `Measurement.registers` contains every value with its code, even if the code has no
field or is not in the table. The column *meaning* uses these terms:

* QI to QIV are the four quadrants of active power P and reactive power Q. QI is import of P and Q, QII is export of P
  and import of Q, QIII is export of P and Q, and QIV is import of P and export of Q.
* The *current average* is the average of the measuring period that has not ended. The *last average* is the average of
  the previous period.
* The *absolute sum* adds import and export. *Net* is import minus export.
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
