"""Defines `screen`, which arranges the state of a meter in lines that fit the size of the terminal."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse.cli.watch.drawing import bar, curve, limits
from hanparse.cli.watch.health import duration, problems, words
from hanparse.cli.watch.model import QUIET, WINDOW
from hanparse.fields import METADATA
from hanparse.measurement.inputs import finite
from hanparse.wording import Count

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from hanparse.cli.watch.model import Model
    from hanparse.measurement import Measurement

FUSES: Final = (16, 20, 25, 32, 40, 50, 63, 80, 100, 125, 160)
"""The usual ratings of main fuses in A.

If the user gives no rating, the bars end at the lowest of these ratings that no current exceeds. If a current exceeds
all of them, the bars end at the highest current.
"""
_NARROW: Final = 60  # characters
_CURVE: Final = 3, 8  # the least and the largest height of the curve in lines
_ENERGIES: Final = tuple(name for name, field in METADATA.items() if field.unit in ("Wh", "varh"))
_POWERS: Final = {"Import": "active_power_import", "Export": "active_power_export"}
_HOLD: Final = QUIET.total_seconds()


class Line(NamedTuple):
    """Holds one line of text and its style: "title", "good", "dim", "warning", "alarm", "curve" or "".

    The style adds no information to the text, because some terminals have no colours.
    """

    text: str
    style: str = ""


def screen(model: Model, now: datetime, width: int, height: int) -> list[Line]:
    """Return the lines for a terminal of this size. There can be more lines than `height`, because the user can scroll.

    Advice about missing pushes is at the top. Other problems are at the end.
    """
    latest = model.measurement(now)
    advice = [Line(text, style) for text, style in _advice(model, now, width)]
    is_quiet = model.is_quiet(now)
    head = [_title(model, now, width), *(advice if is_quiet else ())]
    if model.last_push is not None:
        gap = [Line("")] if height > 16 else []  # noqa: PLR2004  lines
        head += [_identity(latest, width), *gap, _power(latest, width), *_phases(model, latest, now, width), *gap]
        tail = [*gap, *(Line(text) for text in _energies(latest, width)), *gap, _counts(model, width)]
        least, largest = _CURVE
        rows = min(largest, max(least, height - len(head) - len(tail) - bool(gap)))
        head += [*_curve(model, now, width, rows), *tail]
    return [_safe(line, width) for line in (*head, *(() if is_quiet else advice))]


def _safe(line: Line, width: int) -> Line:
    """Return a line of at most `width` characters without the control characters that a topic can contain."""
    return line._replace(text="".join(letter if letter.isprintable() else "?" for letter in line.text[:width]))


def keys(lines: int, height: int) -> str:
    """Return the description of the keys for a screen of `lines` lines on a terminal of `height` lines."""
    return "q quits  ↑ ↓ scroll" if lines > height else "q quits"


def _title(model: Model, now: datetime, width: int) -> Line:
    state = words(model, now)
    style = "alarm" if model.is_quiet(now) else "warning" if model.connection.faults else "good"
    columns = max(width - len(state) - 2, 8)
    title = model.title if len(model.title) <= columns else f"{model.title[: columns - 1]}…"
    return Line(f"{title}  {state}".ljust(width)[:width] if len(title) < columns else f"{title}  {state}", style)


def _identity(latest: Measurement, width: int) -> Line:
    name = " ".join(filter(None, (latest.manufacturer, latest.model))) or "meter of unknown type"
    wiring = f"  {latest.wiring.value}" if latest.wiring else ""
    full = f"{name}  {latest.meter_id or 'no number yet'}{wiring}"
    return Line((full if len(full) <= width else f"{name}  {latest.meter_id or ''}")[:width], "title")


def _power(latest: Measurement, width: int) -> Line:
    powers = {word: finite(getattr(latest, name)) for word, name in _POWERS.items()}
    text = "   ".join(f"{word} {value:,.0f} W" for word, value in powers.items() if value is not None)
    time = f"{latest.timestamp:%H:%M:%S}" if latest.timestamp else ""
    return Line(text + time.rjust(width - len(text)) if len(text) + len(time) + 2 <= width else text)


def _phases(model: Model, latest: Measurement, now: datetime, width: int) -> Iterator[Line]:
    """Yield one line for each current: measured, or estimated with its bounds."""
    currents = {phase: _current(latest, phase) for phase in (1, 2, 3)}
    highest = max((high for found in currents.values() if found for high in found), default=0.0)
    scale = model.fuse or next((rating for rating in FUSES if rating >= highest), highest)
    for phase, found in currents.items():
        if found is None:
            continue
        low, high = found
        text = f"{low:6.1f} A" if low == high else f" {low:.1f}–{high:.1f} A"
        note = "".join(f"  {word}" for word in _notes(model, latest, now, phase, is_wide=width >= _NARROW))
        is_above = model.fuse is not None and high > model.fuse
        style = "alarm" if is_above else "warning" if low != high else ""
        yield Line(f"L{phase} {bar(low, high, scale, _bar_width(width))}{text}{note}", style)
    if highest and model.fuse is None and width >= _NARROW:
        yield Line(f"   {'0'.ljust(_bar_width(width) - len(f'{scale:g}'))}{scale:g} A (--fuse sets it)", "dim")


def _bar_width(width: int) -> int:
    return width // 2 - 10 if width >= _NARROW else max(width - 28, 8)


def _current(latest: Measurement, phase: int) -> tuple[float, float] | None:
    """Return the bounds of a current in A. The bounds are equal if the meter measures the current."""
    name = f"current_l{phase}"
    if estimate := latest.estimated.get(name):
        return estimate.low, estimate.high
    value = finite(getattr(latest, name))
    return None if value is None else (value, value)


def _notes(model: Model, latest: Measurement, now: datetime, phase: int, *, is_wide: bool) -> Iterator[str]:
    """Yield the notes about a current, the most important note first."""
    name, voltage, fuse = f"current_l{phase}", finite(getattr(latest, f"voltage_l{phase}")), model.fuse
    if estimate := latest.estimated.get(name):
        is_above = fuse is not None and estimate.high > fuse
        yield ("estimated, may exceed the fuse" if is_wide else "may exceed") if is_above else "estimated"
    else:
        current = getattr(latest, name)
        if fuse is not None:
            yield "above fuse" if current > fuse else f"{current / fuse:4.0%}"
        if (age := model.since(name, now)) > QUIET:
            yield f"{duration(age)} old"
    if voltage:
        yield f"{voltage:.0f} V"


def _curve(model: Model, now: datetime, width: int, height: int) -> Iterator[Line]:
    label = 9  # characters, such as "-12.5 kW "
    values = _sampled(model, now, 2 * (width - label))
    low, high = limits(values)
    for at, text in enumerate(curve(values, low, high, height)):
        named = {0: high, height - 1: low}.get(at)
        yield Line(("" if named is None else f"{named / 1000:.4g} kW").rjust(label - 1) + " " + text, "curve")
    if width >= _NARROW:
        minutes = f"{WINDOW.total_seconds() / 60:.0f} min ago"
        yield Line(" " * label + minutes + "now".rjust(width - label - len(minutes)), "dim")


def _sampled(model: Model, now: datetime, count: int) -> list[float | None]:
    """Return the mean power of each of `count` parts of the window.

    A part without a push has the power of the last part with a push, if that part is at most `_HOLD` s older.
    """
    span = WINDOW.total_seconds() / count
    parts: dict[int, list[float]] = {}
    for time, power in model.powers:
        parts.setdefault(count - 1 - int((now - time).total_seconds() / span), []).append(power)
    values: list[float | None] = []
    last, age = None, 0.0
    for at in range(count):
        if at in parts:
            last, age = sum(parts[at]) / len(parts[at]), 0.0
        values.append(last if age <= _HOLD else None)
        age += span
    return values


def _energies(latest: Measurement, width: int) -> Iterator[str]:
    """Yield at most two lines with registers: the totals, or the registers of tariffs if the meter sends no totals."""
    registers = {name: value for name in _ENERGIES if (value := finite(getattr(latest, name))) is not None}
    totals = [name for name in registers if name.count("_") == 2]  # noqa: PLR2004
    texts = [_energy(name, registers[name]) for name in totals or registers]
    if not texts:
        yield "no registers yet: many meters send them once an hour" if width >= _NARROW else "no registers yet"
    elif width < _NARROW:
        yield from texts[:2]
    else:
        half = width // 2
        yield from (texts[at].ljust(half) + "".join(texts[at + 1 : at + 2]) for at in range(0, min(len(texts), 4), 2))


def _energy(name: str, value: float) -> str:
    field = METADATA[name]
    return f"{field.display_name} {value / 1000:,.2f} k{field.unit}"


def _counts(model: Model, width: int) -> Line:
    stats = model.connection.stats
    intact = 1 - stats.passed_over / stats.bytes if stats.bytes else 1.0
    pushes = f"{stats.measurements:,} {Count(stats.measurements):push|pushes}"
    text = f"{pushes}, {int(1000 * intact) / 10:g} % of {stats.bytes:,} bytes in intact frames"
    if len(model.channels) > 1:
        text = f"the first of {len(model.channels)} topics: {next(iter(model.channels))}"
    return Line(text if len(text) <= width else f"{pushes}, {int(1000 * intact) / 10:g} % intact")


def _advice(model: Model, now: datetime, width: int) -> Iterator[tuple[str, str]]:
    for number, problem in enumerate(problems(model, now)):
        if number:
            yield "", ""
        yield from ((text, "warning") for text in textwrap.wrap(problem.observation, width))
        for step_number, step in enumerate(problem.steps, 1):
            mark = f"{step_number}. "
            yield from ((text, "") for text in textwrap.wrap(mark + step, width, subsequent_indent=" " * len(mark)))
