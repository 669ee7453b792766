"""Compare hanparse with other libraries on P1 telegrams, in one run, and write a section of docs/speed.md.

    python benchmarks/p1.py            installs the libraries, measures for a minute, writes the section
    python benchmarks/p1.py --short    fails if a ratio is below half of its goal

Each round measures every library, and a ratio compares two figures of the same round. So other work on the machine
slows both figures. The figures are processor times of the process. The telegrams are those of tests/frames/p1 with
other digits.
"""

from __future__ import annotations

import argparse
import gc
import logging
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from time import process_time
from typing import TYPE_CHECKING, Any, Final, NamedTuple

ROOT: Final = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from speed import AMSHAN, PYDLMS, install  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

PAGE: Final = ROOT / "docs" / "speed.md"
TEXT: Final = Path(__file__).with_name("p1_page.txt")
HEADING: Final = "## P1 telegrams\n"
PEERS: Final = (AMSHAN, "dsmr-parser==1.11.2", PYDLMS)
KINDS: Final = {
    "Netherlands, DSMR 5": ("nl-dsmr50-document", "V5"),
    "Belgium": ("be-fluvius-peaks", "BELGIUM_FLUVIUS"),
    "Sweden": ("se-landis-gyr", "SWEDEN"),
}
"""Each kind of telegram has a file in tests/frames/p1 and a specification in dsmr-parser."""
RIVALS: Final = ("dsmr-parser", "amshan")
"""The libraries that the goals compare with."""
GOALS: Final = {"decode": (25, 40), "values": (10, 10)}
"""The goal and the stretch goal for the time of another library divided by the time of hanparse.

"values" includes the time to read every value.
"""
_PARTS: Final = 10
_DIGITS: Final = re.compile(rb"(?<=1-0:1\.7\.0\()\d+\.\d+")


class Row(NamedTuple):
    """Microseconds of each library for one kind of telegram, and the ratios to hanparse round by round."""

    kind: str
    what: str
    costs: dict[str, float]
    ratios: dict[str, list[float]]

    @property
    def worst(self) -> float:
        """Return the lowest ratio to the libraries for which a goal exists."""
        return min(median(self.ratios[name]) for name in RIVALS)


def varied(name: str, count: int) -> list[bytes]:
    """Return telegrams of a kind with other digits of the power, each with its CRC."""
    from telegrams import crc_of, file  # noqa: PLC0415  needs hanparse

    sent = file(name).data
    body = sent[: sent.rindex(b"!") + 1]
    found = []
    for number in range(count):
        power = b"%d.%d" % (number % 10, 123 + number)
        text = _DIGITS.sub(lambda old, new=power: new.rjust(len(old[0]), b"0"), body)  # type: ignore[misc]
        found.append(text + b"%04X\r\n" % crc_of(text))
    return found


def readers(specification: str) -> dict[str, tuple[Callable[[bytes], Any], Callable[[Any], object]]]:
    """Return two functions for each library: the first decodes bytes, the second reads every value of the result."""
    from hanparse import Decoder  # noqa: PLC0415  only where it is installed
    from hanparse.measurement import FIELDS  # noqa: PLC0415

    feed = Decoder().feed
    specifications = import_module("dsmr_parser.telegram_specifications")
    parse = import_module("dsmr_parser.parsers").TelegramParser(getattr(specifications, specification)).parse
    dlde = import_module("han.dlde")
    reader, decode = dlde.ModeDReader(), dlde.decode_p1_readout
    parse_telegram = import_module("pydlms.profiles.dsmr").parse_telegram
    return {
        "hanparse": (
            lambda data: feed(data)[0],
            lambda found: [value for name in FIELDS if (value := getattr(found, name)) is not None],
        ),
        "dsmr-parser": (lambda data: parse(data.decode("ascii")), _values),
        "amshan": (
            lambda data: next(decode(readout) for readout in reader.read(data) if readout.is_valid),
            lambda found: list(found.values()),
        ),
        "pydlms-client": (parse_telegram, lambda found: [each.value for line in found.lines.values() for each in line]),
    }


def _values(found: Iterable[tuple[str, Any]]) -> list[object]:
    """Return every value of a telegram of dsmr-parser, including the values of its lists and of its M-Bus devices."""
    values: list[object] = []
    for _, each in found:
        for one in each if isinstance(each, list) else (each,):
            values += [one.value] if hasattr(one, "value") else _values(one)
    return values


def compare(rounds: int) -> list[Row]:
    """Return the rows of every kind of telegram."""
    return [row for kind in KINDS for row in _rows(kind, rounds)]


def _rows(kind: str, rounds: int) -> list[Row]:
    name, specification = KINDS[kind]
    telegrams = varied(name, 2 * _PARTS)
    libraries = {library: way for library, way in readers(specification).items() if _reads(way, telegrams[:4])}
    samples: dict[str, dict[str, list[float]]] = {what: {name: [] for name in libraries} for what in GOALS}
    for _ in range(rounds):
        for library, (decode, read) in libraries.items():
            times = 20 if library == "hanparse" else 1
            both = _both(decode, read)
            samples["decode"][library].append(_microseconds(decode, telegrams, times))
            samples["values"][library].append(_microseconds(both, telegrams, times))
    rows = []
    for what, found in samples.items():
        ratios = {
            library: [theirs / ours for theirs, ours in zip(figures, found["hanparse"], strict=True)]
            for library, figures in found.items()
            if library != "hanparse"
        }
        rows.append(Row(kind, what, {library: median(figures) for library, figures in found.items()}, ratios))
    return rows


def _both(decode: Callable[[bytes], Any], read: Callable[[Any], object]) -> Callable[[bytes], object]:
    return lambda data: read(decode(data))


def _reads(way: tuple[Callable[[bytes], Any], Callable[[Any], object]], telegrams: Sequence[bytes]) -> bool:
    """Return whether a library reads values from these telegrams. The call also lets a decoder learn their layouts."""
    decode, read = way
    try:
        values = [read(decode(data)) for data in telegrams]
    except Exception:  # noqa: BLE001  whatever it raises, it does not read the telegram
        return False
    return all(values)


def _microseconds(work: Callable[[bytes], object], telegrams: Sequence[bytes], times: int) -> float:
    gc.collect()
    start = process_time()
    for _ in range(times):
        for data in telegrams:
            work(data)
    return (process_time() - start) / times / len(telegrams) * 1e6


def checksum(telegrams: Sequence[bytes]) -> float:
    """Return the microseconds for only the CRC of a telegram."""
    from hanparse.wire.crc import arc  # noqa: PLC0415

    return _microseconds(lambda data: arc(data[:-6]), telegrams, 50)


def table(rows: Sequence[Row], what: str) -> str:
    """Return the rows of one kind of measurement as Markdown."""
    names = ("hanparse", *RIVALS, "pydlms-client")
    head = ["µs", *names, *(f"{name} / hanparse" for name in names[1:])]
    lines = [head, ["---", *["---:"] * (len(head) - 1)]]
    for row in rows:
        if row.what == what:
            costs = (f"{row.costs[name]:,.1f}" if name in row.costs else "–" for name in names)
            lines.append([row.kind, *costs, *(_ratio(row.ratios.get(name)) for name in names[1:])])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _ratio(ratios: list[float] | None) -> str:
    if ratios is None:
        return "–"
    low, middle, high = quantiles(ratios, n=4, method="inclusive")
    return f"{middle:.0f} × ({low:.0f} to {high:.0f})"


def section(rows: Sequence[Row]) -> str:
    """Return the section of the page."""
    worst = {what: min(row.worst for row in rows if row.what == what) for what in GOALS}
    sums = {kind: checksum(varied(name, 4)) for kind, (name, _) in KINDS.items()}
    crc = ", ".join(f"{figure:.1f} µs ({kind})" for kind, figure in sums.items())
    return TEXT.read_text("utf-8").format(
        decode=table(rows, "decode"), values=table(rows, "values"), crc=crc,
        worst_decode=f"{worst['decode']:.0f}", worst_values=f"{worst['values']:.0f}",
    )  # fmt: skip


def write(text: str) -> None:
    """Replace the section at the end of docs/speed.md by the new section."""
    before, _, _ = PAGE.read_text("utf-8").partition(HEADING)
    PAGE.write_text(f"{before.rstrip()}\n\n{HEADING}\n{text.strip()}\n", "utf-8")


def written() -> str:
    """Return the section of docs/speed.md with its heading. It is the last section of the page."""
    _, heading, text = PAGE.read_text("utf-8").partition(HEADING)
    return heading + text


def main() -> int:
    """Install the libraries and run this script in their environment. If it runs there already, measure."""
    parser = argparse.ArgumentParser(description="hanparse and its peers on P1 telegrams")
    parser.add_argument("--short", action="store_true", help="fail below half of the goals, write nothing")
    parser.add_argument("--environment", type=Path, metavar="FOLDER", help="install here, not in a temporary folder")
    parser.add_argument("--installed", action="store_true", help="the libraries are installed in this environment")
    options = parser.parse_args()
    if not options.installed:
        with TemporaryDirectory() as temporary:
            python = install(options.environment or Path(temporary), [*PEERS, "pytest", "hypothesis"])
            command = [str(python), __file__, "--installed", *["--short"] * options.short]
            return subprocess.run(command, check=False).returncode  # noqa: S603  our own script
    logging.disable()
    rows = compare(9 if options.short else 25)
    print(*(table(rows, what) for what in GOALS), sep="\n\n")
    if not options.short:
        write(section(rows))
    below = [f"{row.kind}, {row.what}" for row in rows if row.worst < GOALS[row.what][0] / 2]
    print("\nbelow half of the goal:" if below else "\nevery ratio is at least half of its goal", *below, sep="\n")
    return int(bool(below))


if __name__ == "__main__":
    sys.exit(main())
