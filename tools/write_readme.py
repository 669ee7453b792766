"""Write the speed table of README.md from docs/speed.md: one list of each manufacturer, compared with amshan.

Run ``python tools/write_readme.py`` after ``python benchmarks/speed.py``. A test fails if the table is old.
"""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
SPEED = ROOT / "docs" / "speed.md"
LISTS = ("Aidon list 2", "Kaifa list 2", "Kamstrup list 1")
_BEGIN, _END = "<!-- speed: written by tools/write_readme.py -->\n", "<!-- /speed -->"


def page(readme: str) -> str:
    """Return the README with the table from the page about speed."""
    before, begin, rest = readme.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not (begin and end):
        raise SystemExit(f"expected {_BEGIN.strip()} and {_END} in {README.name}")
    return before + begin + table(SPEED.read_text("utf-8")) + end + after


def table(speed: str) -> str:
    """Return the table with the times of hanparse and amshan for one push of each list, and their ratios."""
    version = re.search(r"amshan \d[\d.]*\d", speed)
    peer = version[0] if version else "amshan"
    head, rows = _pushes(speed)
    ours = ("hanparse", "and all values read")
    shown = [head.index(name) for name in (*ours, "amshan", *(f"amshan / {name}" for name in ours))]
    lines = [
        ("time in µs", "hanparse", "hanparse, all values read", peer, "amshan / hanparse", "amshan / all values read"),
        ("---", *["---:"] * 5),
    ]
    lines += [(name, *(rows[name][column].partition(" (")[0] for column in shown)) for name in LISTS]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _pushes(speed: str) -> tuple[list[str], dict[str, list[str]]]:
    """Return the header and the rows of the table of single pushes. The key of a row is its first cell."""
    found = re.search(r"^\| µs \| hanparse \|.*\n\|[-| :]+\n((?:\|.*\n)+)", speed, re.MULTILINE)
    if not found:
        raise SystemExit(f"expected a table | µs | hanparse | … in {SPEED.name}")
    head, _, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in found[0].splitlines())
    return head, {row[0]: row for row in rows}


if __name__ == "__main__":
    README.write_text(page(README.read_text("utf-8")), "utf-8")
