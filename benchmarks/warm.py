"""Measure the time of a push in every link layer and in mixed streams, the time of its values, and a decoder's memory.

    python benchmarks/warm.py            two minutes; writes docs/warm.md
    python benchmarks/warm.py --short    thirty seconds; prints the tables; fails above twice a goal, except for times

Needs hanparse with the extra ``crypto``. A ratio compares two processor times of the same run.
"""

from __future__ import annotations

import argparse
import gc
import pickle
import sys
import tracemalloc
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING, Final, NamedTuple, Unpack

import growth
import pushes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from hanparse import Decoder
from hanparse.cli.formats import Csv, Json, JsonLines, Output
from hanparse.measurement import FIELDS

ROOT: Final = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

import carriers  # noqa: E402  the carriers are those of the tests
from ciphering import AUTH_KEY, KEY, TITLE, Meter  # noqa: E402
from framefiles import SOUND, named  # noqa: E402
from wire import LLC, seal  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hanparse import Measurement
    from hanparse.decoder import Options

PAGE: Final = ROOT / "docs" / "warm.md"
HEADER: Final = b"\x41\x08\x83\x13"
APDU: Final = named("aidon/list2-6534-tn").apdu
SMALL: Final = named("kaifa/list2-ma304h4-tn").apdu
ROUNDS: Final = 40
_SHORT_LISTS: Final = ("Aidon list 1", "Kaifa list 1")
"""Lists with fewer than five values. hanparse reads all values of such a list at once."""


class Row(NamedTuple):
    """A figure, its goal, and its description."""

    what: str
    figure: float
    goal: float
    unit: str = "×"

    @property
    def verdict(self) -> str:
        """Return whether the figure meets its goal."""
        return "reached" if self.figure <= self.goal else "missed"


def microseconds(work: Callable[[], object], times: int = 50) -> float:
    """Return the shortest processor time of one call."""
    best = float("inf")
    for _ in range(ROUNDS):
        start = process_time()
        for _ in range(times):
            work()
        best = min(best, process_time() - start)
    return best / times * 1e6


def warm(pushes: Sequence[bytes], **options: Unpack[Options]) -> float:
    """Return the microseconds of one push whose layout the decoder has learned."""
    decoder = Decoder(**options)
    for _ in range(3):
        for push in pushes:
            if len(decoder.feed(push)) != 1:
                raise SystemExit(f"a push gives no measurement: {decoder.last_error}")
    feed = decoder.feed
    return microseconds(lambda: [feed(push) for push in pushes], max(1, 50 // len(pushes))) / len(pushes)


def carried() -> list[Row]:
    """Return the rows of the carriers, each compared with one HDLC frame that contains the same APDU."""
    frame, small = warm([seal(LLC + APDU, HEADER)]), warm([seal(LLC + SMALL, HEADER)])
    rows = [Row("M-Bus, one telegram", warm([b"".join(carriers.mbus(SMALL, HEADER, 240))]) / small, 3)]
    for name, carry, size in (
        ("M-Bus, two telegrams", carriers.mbus, 240),
        ("HDLC, three segments", carriers.segments, 100),
        ("three blocks in HDLC", carriers.blocks, 100),
    ):
        frames = carry(APDU, HEADER, size)
        goal = 3 if carry is carriers.mbus else 2 * len(frames)
        rows.append(Row(name, warm([b"".join(frames)]) / frame, goal))
    sealed = seal(LLC + Meter(title=TITLE).cipher(APDU), HEADER)
    limit = frame + microseconds(lambda: gcm(APDU))
    ciphered = warm([sealed], key=KEY, auth_key=AUTH_KEY) / limit
    return [*rows, Row("ciphered APDU in HDLC", ciphered, 2)]


def gcm(content: bytes) -> bytes:
    """Decipher with `cryptography` and a tag of 12 bytes. The function does not compare the tag."""
    decryptor = Cipher(algorithms.AES(KEY), modes.GCM(TITLE + b"\0\0\0\1", bytes(12), 12)).decryptor()
    decryptor.authenticate_additional_data(b"\x30" + AUTH_KEY)
    return decryptor.update(content)


def mixed() -> list[Row]:
    """Return the rows of several meters on one connection, compared with a separate decoder for each meter."""
    lists = [file.data for file in SOUND if not file.known_by_wire and file.expect]
    kinds = [push for push in lists if len(Decoder().feed(push)) == 1][:60]
    links = [seal(LLC + APDU, bytes([2 * i + 1]) + HEADER[1:]) for i in range(100)]
    two = [seal(LLC + named(name).apdu, HEADER) for name in ("kaifa/list2-ma304h4-tn", "kamstrup/list1-3phase")]
    rows = []
    for name, sent in (
        ("lists of two manufacturers from one HDLC address", two),
        ("the same list from 100 HDLC addresses", links),
        (f"{len(kinds)} different lists", kinds),
    ):
        alone = sum(warm([push]) for push in sent[:20]) / len(sent[:20])
        rows.append(Row(name, warm(sent) / alone, 3))
    return rows


def ways_out() -> list[Row]:
    """Return the rows of the cost of reading values; each row shows the list with the highest cost."""
    dictionaries, alone = [], []
    for kind in pushes.KINDS:
        every, dictionary, one = _of_values(kind)
        dictionaries.append(dictionary / every)
        if kind not in _SHORT_LISTS:
            alone.append(one / every)
    return [Row("`to_dict`", max(dictionaries), 2), Row("one number of a list with five values or more", max(alone), 1)]


def _of_values(kind: str) -> tuple[float, float, float]:
    """Return the time of a push with every value read, with `to_dict`, and with one number read."""
    feed, sent = Decoder().feed, pushes.pushes(kind, 50)
    names = [name for name in FIELDS for found in feed(sent[0]) if getattr(found, name) is not None]

    def take(read: Callable[[Measurement], object]) -> float:
        return microseconds(lambda: [read(found) for push in sent for found in feed(push)], 1)

    return (
        take(lambda found: [getattr(found, name) for name in names]),
        take(lambda found: found.to_dict()),
        take(lambda found: found.active_power_import),
    )


def written() -> list[Row]:
    """Return the rows of the formats of `hanparse decode`; each row shows the list with the highest time."""
    rows = []
    for name, writer in (("jsonl", JsonLines), ("json", Json), ("csv", Csv)):
        times = [_of_rows(writer(Output(name), print), kind) for kind in pushes.KINDS]
        rows.append(Row(f"`hanparse decode --format {name}`", max(times), 12, "µs"))
    return rows


def _of_rows(writer: JsonLines | Csv, kind: str) -> float:
    """Return the time to decode and write a push of this kind."""
    feed, sent = Decoder().feed, pushes.pushes(kind, 50)
    return microseconds(lambda: [writer.row(found, "") for push in sent for found in feed(push)], 1) / len(sent)


def state() -> list[Row]:
    """Return the rows of the memory of a decoder that has learned two lists."""
    stream = (named("aidon/list1-no").data + named("aidon/list2-6534-tn").data) * 2

    def learned() -> Decoder:
        decoder = Decoder()
        decoder.feed(stream)
        return decoder

    learned()
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    kept = [learned() for _ in range(500)]
    gc.collect()
    size = (tracemalloc.get_traced_memory()[0] - before) / len(kept) / 1024
    tracemalloc.stop()
    decoder = learned()
    return [
        Row("a decoder with the layouts of two lists", size, 8, "KiB"),
        Row("the pickle of this decoder", len(pickle.dumps(decoder)) / 1024, 1, "KiB"),
        Row("the time to pickle this decoder", microseconds(lambda: pickle.dumps(decoder)), 50, "µs"),
    ]


def table(rows: Sequence[Row]) -> str:
    """Return the rows as a Markdown table."""
    lines = [f"| {row.what} | {row.figure:.2f} {row.unit} | {row.goal} {row.unit} | {row.verdict} |" for row in rows]
    return "\n".join(["| | measured | goal, at most | |", "|---|---|---|---|", *lines])


def main() -> int:
    """Measure, and write the page, or compare the figures with twice the goals."""
    parser = argparse.ArgumentParser(description="warm pushes in every carrier, and the state of a decoder")
    parser.add_argument("--short", action="store_true", help="print only; fail above twice a goal")
    short = parser.parse_args().short
    gc.freeze()
    parts = [carried(), mixed(), ways_out() + written(), state()]
    print(*map(table, parts), sep="\n\n")
    if not short:
        text = (ROOT / "benchmarks" / "warm_page.txt").read_text(encoding="utf-8")
        PAGE.write_text(text.format(*map(table, parts), *growth.tables()), encoding="utf-8")
    missed = [row.what for part in parts for row in part if row.unit != "µs" and row.figure > 2 * row.goal]
    if short and missed:
        print(f"above twice the goal: {', '.join(missed)}", file=sys.stderr)
    return int(short and bool(missed))


if __name__ == "__main__":
    sys.exit(main())
