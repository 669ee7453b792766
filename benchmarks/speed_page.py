"""Write docs/speed.md: the figures, the machine, the versions and the explanation of the tables."""

from __future__ import annotations

import os
import platform
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final

import checksums
import p1
import processes
from figures import OURS, SCENARIOS
from pushes import KINDS, pushes
from readers import LIBRARIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from agreement import Failures
    from checksums import Checksums
    from figures import Row

PAGE: Final = Path(__file__).parents[1] / "docs" / "speed.md"
TEXT: Final = Path(__file__).with_name("speed_page.txt")
_BENEATH: Final = ("construct", "crcmod")


def write(rows: list[Row], failed: Failures) -> None:
    """Measure the check sequences, and write the page."""
    parts = {
        "goals": _goals(rows),
        "pushes": _pushes(rows),
        "streams": _costs(rows, [name for name in SCENARIOS if name.startswith("chunks")]),
        "processes": _costs(rows, ["process"]),
        "imports": _costs(rows, ["import", "import time"]),
        "memory": _costs(rows, ["retained", "opened", "allocated", "resident"]),
        "libraries": _libraries(),
        "failures": _failures(failed),
        "floor": _number(processes.floor()),
        "checksums": _checksums(checksums.measured()),
        "machine": machine(),
    }
    page = TEXT.read_text("utf-8").format_map(parts)
    PAGE.write_text(f"{page}\n{p1.written()}", "utf-8")


def machine() -> str:
    """Return date, Python, system and the versions of the packages."""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    extension = "with" if checksums.extension_in_use() else "without"
    packages = (f"{name} {version(name)}" for name in (*LIBRARIES, *_BENEATH))
    system = f"{platform.system()}, {processor()}, {os.cpu_count()} cores"
    return (
        f"* {datetime.now().astimezone():%Y-%m-%d}, {python}, {system}\n"
        f"* {', '.join(packages)}; crcmod {extension} its C extension"
    )


def processor() -> str:
    """Return the name of the processor."""
    listing = Path("/proc/cpuinfo")
    lines = listing.read_text("utf-8").splitlines() if listing.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _goals(rows: list[Row]) -> str:
    """Return, for each scenario with a goal, the ratios of all lists and the lists that miss the goal."""
    lines = []
    for name, scenario in SCENARIOS.items():
        if scenario.goal is None:
            continue
        found = [row for row in rows if row.scenario == name]
        ratios = sorted((row.ratio.median for row in found), reverse=scenario.as_share)
        sign, relation = ("", "≤") if scenario.as_share else (" ×", "≥")
        lines.append(
            (
                scenario.title,
                " to ".join(dict.fromkeys((_number(ratios[0]), _number(ratios[-1])))) + sign,
                f"{relation} {scenario.goal.at_least:g}{sign}",
                f"{scenario.goal.stretch:g}{sign}",
                _verdict(found),
            )
        )
    return _table(("", "worst to best list", "goal", "stretch", ""), lines, "lrrrl")


def _verdict(found: list[Row]) -> str:
    """Return whether the rows of one scenario meet its goal, and the rows that do not."""
    missed = [row.case for row in found if not row.reached_goal]
    if not missed:
        return "reached"
    return f"missed: {', '.join(missed)}" if len(missed) < len(found) else "missed"


def _pushes(rows: list[Row]) -> str:
    """Return the table of single pushes, with the time of each list in each library."""
    by_case = {(row.scenario, row.case): row for row in rows}
    lines = []
    for kind in KINDS:
        warm, fields, cold = (by_case[scenario, kind] for scenario in ("warm", "fields", "cold"))
        ours = [_number(found.costs[OURS].median) for found in (warm, fields, cold)]
        theirs = [_number(warm.costs[name].median) if name in warm.costs else "–" for name in LIBRARIES if name != OURS]
        ratio = "{1:.0f} × ({0:.0f} to {2:.0f})".format(*warm.ratio)
        others = (f"{_number(found.ratio.median)} ×" for found in (fields, cold))
        lines.append((kind, *ours, *theirs, ratio, *others))
    names = [name for name in LIBRARIES if name != OURS]
    ours = ["hanparse", "and all values read", "first push"]
    return _table(("µs", *ours, *names, *(f"amshan / {name}" for name in ("hanparse", *ours[1:]))), lines)


def _costs(rows: list[Row], scenarios: Sequence[str]) -> str:
    """Return the tables of some scenarios, with the figure of each list or meter in each library that can read it."""
    names = list(LIBRARIES)
    lines = []
    for row in rows:
        if row.scenario not in scenarios:
            continue
        scenario = SCENARIOS[row.scenario]
        costs = [_number(row.costs[name].median) if name in row.costs else "–" for name in names]
        low, median, high = map(_number, row.ratio)
        sign = "" if scenario.as_share else " ×"
        lines.append((f"{scenario.title}, {scenario.unit}", row.case, *costs, f"{median}{sign} ({low} to {high})"))
    ratio = "hanparse / amshan" if SCENARIOS[scenarios[-1]].as_share else "amshan / hanparse"
    return _table(("", "", *names, ratio), lines, "ll")


def _libraries() -> str:
    lines = [(name, library.returns, library.checks) for name, library in LIBRARIES.items()]
    return _table(("", "returns", "checks"), lines, "lll")


def _failures(failed: Failures) -> str:
    """Return the pushes that a library cannot read, by library and kind of push."""
    lines = [
        (name, case, f"`{failure}`")
        for name in LIBRARIES
        for case, reasons in failed.items()
        if (failure := reasons.get(name)) and (case in KINDS or LIBRARIES[name].streams)
    ]
    return _table(("", "", "result"), lines, "lll") if lines else "Nothing in this run."


def _checksums(found: Checksums) -> str:
    lines = [(way, *(_number(figures.median) for figures in columns)) for way, columns in found.items()]
    sizes = [f"{kind}, {len(pushes(kind, 1)[0]) - 2} bytes" for kind in checksums.SHOWN]
    return _table(("µs", *sizes), lines)


def _number(value: float) -> str:
    """Return a number as text: an integer from 100 on, otherwise three significant digits."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"  # noqa: PLR2004


def _table(head: Sequence[str], lines: Iterable[Sequence[str]], align: str = "l") -> str:
    """Return a Markdown table. `align` has ``l`` or ``r`` for each column; further columns are aligned right."""
    rule = ["---" if side == "l" else "---:" for side in align.ljust(len(head), "r")]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *lines))
