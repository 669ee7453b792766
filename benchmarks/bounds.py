"""Measure the cost of a byte and the size of the buffer of the frame reader for ordinary and hostile streams.

The script needs matplotlib 3.10 or later: ``pip install . matplotlib && python benchmarks/bounds.py``. It takes half a
minute and writes docs/plots/reader-cost.svg and docs/plots/reader-buffer.svg. Equal figures give equal files.
"""

from __future__ import annotations

import sys
from pathlib import Path
from statistics import median
from time import process_time
from typing import TYPE_CHECKING, Final
from unittest.mock import patch

import matplotlib as mpl
from matplotlib.figure import Figure

from hanparse import Decoder
from hanparse.hdlc import BUFFER_LIMIT, FrameReader
from hanparse.layouts.store import Layouts
from hanparse.wire.crc import x25

ROOT: Final = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from framefiles import SOUND  # noqa: E402  the frames and the hostile headers are those of the tests
from wire import CLAIMS, FLAG, seeded  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes

    Costs = dict[str, list[float]]

LENGTHS: Final = tuple(2**power for power in range(12, 21, 2))
CHUNK: Final = 256
TIMES: Final = 3
"""The number of measurements of each time. The shortest time is used."""
PATTERNS: Final = {
    "headers in headers, 2,034 bytes claimed by five": CLAIMS[1],
    "headers that claim 2,047 bytes": CLAIMS[0],
    "7E A7 again and again": b"\x7e\xa7",
    "7E A7 FF again and again": b"\x7e\xa7\xff",
    "frames of meters": b"".join(file.data for file in SOUND),
    "flags only": FLAG,
    "noise": seeded(0).randbytes(2**18),
}
COLOURS: Final = dict(
    zip(PATTERNS, ("#d55e00", "#cc79a7", "#000000", "#e69f00", "#0072b2", "#009e73", "#56b4e9"), strict=True)
)


def stream(name: str, length: int) -> bytes:
    """Return `length` bytes of the repeated pattern of an input."""
    pattern = PATTERNS[name]
    return (pattern * (length // len(pattern) + 1))[:length]


def waiting(data: bytes, chunk: int = 61) -> Iterator[tuple[int, int]]:
    """Yield, after every chunk, the number of bytes received and the number of bytes in the buffer."""
    reader = FrameReader()
    for at in range(0, len(data), chunk):
        reader.feed(data[at : at + chunk])
        yield reader.received, reader.pending


def fullest(data: bytes) -> int:
    """Return the largest size of the buffer between two events if the whole input is one chunk."""
    reader = FrameReader()
    reader.receive(data)
    return max([reader.pending for _ in iter(reader.next_event, None)], default=0)


def nanoseconds_per_byte(data: bytes) -> float:
    """Return the shortest of several measured times, divided by the number of bytes."""
    times = []
    for _ in range(TIMES):
        reader = FrameReader()
        start = process_time()
        for at in range(0, len(data), CHUNK):
            reader.feed(data[at : at + CHUNK])
        times.append(process_time() - start)
    return min(times) / len(data) * 1e9


def checked_per_byte(data: bytes) -> float:
    """Return the number of bytes that enter a check sequence, per byte of the stream.

    The result is equal on every machine.
    """
    with patch("hanparse.hdlc.x25", side_effect=x25) as checked:
        FrameReader().feed(data)
    return sum(len(call.args[0]) for call in checked.call_args_list) / len(data)


def cost_of_learning_in_vain() -> float:
    """Return the time for pushes of many kinds, divided by the time of a decoder that learns no layouts."""
    frames = list({len(file.data): file.data for file in SOUND}.values())
    ratios = []
    for _ in range(5 * TIMES):
        learning, not_learning = Decoder(), Decoder()
        with patch.object(Layouts, "learn"):
            base = seconds(not_learning, frames)
        ratios.append(seconds(learning, frames) / base)
    return median(ratios)


def seconds(decoder: Decoder, frames: list[bytes]) -> float:
    """Return the processor time of feeding these frames three times."""
    start = process_time()
    for frame in 3 * frames:
        decoder.feed(frame)
    return process_time() - start


def draw_costs(costs: Costs) -> Figure:
    """Draw the nanoseconds per byte over the length of the stream."""
    figure = Figure(figsize=(4.6, 5), layout="constrained")
    axes = figure.subplots()
    for name, values in costs.items():
        axes.plot(LENGTHS, values, "o-", color=COLOURS[name], label=name, markersize=4, linewidth=2)
    axes.set(xscale="log", yscale="log", xlabel="length of the stream", ylim=(3, 10_000))
    axes.set_yticks([10, 100, 1000, 10_000], ["10 ns", "0.1 µs", "1 µs", "10 µs"])
    axes.set_xticks(LENGTHS, [f"{length // 1024} KiB" for length in LENGTHS[:-1]] + ["1 MiB"])
    axes.minorticks_off()
    axes.grid(axis="y", color="#dddddd", linewidth=0.8)
    axes.set_title("time per byte; on a wire of 2,400 baud it takes 4.6 ms", loc="left", fontsize=9)
    figure.suptitle("A byte costs the same however long the stream", x=0.02, ha="left", fontsize=11, weight="bold")
    figure.legend(loc="outside lower left", frameon=False)
    return figure


def draw_buffers(length: int = 16 * 1024) -> Figure:
    """Draw the size of the buffer over the received bytes, for four of the inputs."""
    shown = [name for name in PATTERNS if "again" not in name and name != "flags only"]
    figure = Figure(figsize=(4.6, 6), layout="constrained")
    panels = figure.subplots(len(shown), 1, sharex=True, sharey=True)
    for name, axes in zip(shown, panels, strict=True):
        draw_buffer(axes, name, stream(name, length))
    panels[0].text(
        length / 1024, BUFFER_LIMIT, "the limit: two of the largest frames", ha="right", va="bottom", fontsize=9
    )
    panels[-1].set_xlabel("KiB received")
    figure.suptitle("The buffer stays small, whatever comes", x=0.02, ha="left", fontsize=11, weight="bold")
    figure.supylabel("bytes that wait in the buffer", fontsize=10)
    return figure


def draw_buffer(axes: Axes, name: str, data: bytes) -> None:
    """Draw the size of the buffer over the received bytes for one input, and the limit of the buffer."""
    received, sizes = zip(*waiting(data), strict=True)
    kib = [size / 1024 for size in received]
    axes.fill_between(kib, sizes, color=COLOURS[name], linewidth=0, alpha=0.4)
    axes.plot(kib, sizes, color=COLOURS[name], linewidth=1.5)
    axes.axhline(BUFFER_LIMIT, color="black", linestyle="--", linewidth=1)
    axes.set_title(name, loc="left", fontsize=10)
    axes.set(ylim=(0, 1.5 * BUFFER_LIMIT), xlim=(0, len(data) / 1024))
    axes.set_yticks([0, BUFFER_LIMIT // 2, BUFFER_LIMIT], ["0", f"{BUFFER_LIMIT // 2:,}", f"{BUFFER_LIMIT:,}"])


def table(costs: Costs) -> Iterator[str]:
    """Return the figures as a table with a line for each input."""
    columns = "".join(f"{f'{length // 1024} KiB':>10}" for length in LENGTHS)
    yield f"{'ns per byte':50}{columns}   checked/byte  most buffered"
    for name, values in costs.items():
        data = stream(name, 2**16)
        cells = "".join(f"{value:10.0f}" for value in values)
        yield f"{name:50}{cells}{checked_per_byte(data):15.1f}{fullest(data):15,}"


def save(figure: Figure, name: str) -> None:
    """Write a plot without a date, so that equal figures give equal files."""
    path = ROOT / "docs" / "plots" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None, "Creator": None})


def main() -> None:
    """Measure, print the table, and draw the plots."""
    costs = {name: [nanoseconds_per_byte(stream(name, length)) for length in LENGTHS] for name in PATTERNS}
    print("\n".join(table(costs)))
    print(f"pushes of which none repeats, against the same without layouts: {cost_of_learning_in_vain():.2f} times")
    with mpl.rc_context(
        {"font.size": 10, "axes.spines.top": False, "axes.spines.right": False, "svg.hashsalt": "hanparse"}
    ):
        save(draw_costs(costs), "reader-cost.svg")
        save(draw_buffers(), "reader-buffer.svg")


if __name__ == "__main__":
    main()
