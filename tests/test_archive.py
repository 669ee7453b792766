"""An archive gives what a decoder gives: the same measurements in the same order, the same places and counts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Unpack

import pytest

pytest.importorskip("numpy")
pytest.importorskip("pyarrow")


import carriers
from framefiles import FOLDER, FrameFile, load
from wire import seeded

from hanparse import Decoder, Measurement
from hanparse.archive import Batches
from hanparse.measurement import FIELDS
from hanparse.measurement.jsonready import from_security, from_value

if TYPE_CHECKING:
    from random import Random

    from hanparse.decoder import Options


FILES = [load(path) for path in sorted(FOLDER.rglob("*.toml"))]


def expected(measurement: Measurement) -> dict[str, Any]:
    """The row of a measurement, as the page on archives describes it."""
    row: dict[str, Any] = {}
    for name in FIELDS:
        value = getattr(measurement, name)
        if isinstance(value, datetime):
            row[name] = value.astimezone(UTC) if value.tzinfo else None
            row[f"{name}_local"] = value.replace(tzinfo=None)
        elif isinstance(value, tuple):
            row[name] = from_value(value)
        elif value is not None:
            row[name] = float(value) if isinstance(value, int) else str(value) if isinstance(value, str) else value
    row["wiring"] = measurement.wiring and measurement.wiring.name
    row["made_for_transformers"] = measurement.made_for_transformers
    row["security"] = measurement.security and from_security(measurement.security)
    row["estimated"] = [{"field": name, **each._asdict()} for name, each in measurement.estimated.items()]
    return {name: value for name, value in row.items() if value not in (None, [])}


def found(batches: Batches) -> list[dict[str, Any]]:
    """The rows, without what is null."""
    rows = [row for batch in batches for row in batch.to_pylist()]
    for row in rows:
        for name, value in row.items():
            if isinstance(value, list):
                row[name] = [{key: part for key, part in item.items() if part is not None} for item in value]
    return [{name: value for name, value in row.items() if value not in (None, [])} for row in rows]


def check(data: bytes, window: int = 1 << 20, rows: int = 65_536, chunk: int = 4096, **options: Unpack[Options]) -> int:
    """Compare both, and return how many measurements there are."""
    decoder = Decoder(**options)
    measurements = [
        m for at in range(0, len(data), chunk) for m in decoder.feed(data[at : at + chunk])
    ] + decoder.flush()
    batches = Batches((data,), rows, options, window)
    rows_found = found(batches)
    places = [row.pop("position") for row in rows_found]
    assert len(set(places)) == len(places)
    assert rows_found == [expected(measurement) for measurement in measurements]
    assert batches.stats == decoder.stats
    return len(measurements)


def damaged(rng: Random, data: bytes, times: int) -> bytes:
    """Bytes in which bits are wrong, bytes are missing, or more than were sent."""
    changed = bytearray(data)
    for _ in range(times):
        at = rng.randrange(len(changed))
        kind = rng.randrange(4)
        if kind == 0:
            changed[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            del changed[at : at + rng.randrange(40)]
        elif kind == 2:
            changed[at:at] = rng.randbytes(rng.randrange(40))
        else:
            changed[at:at] = bytes([0x7E, 0xA0 | rng.randrange(8), rng.randrange(256)])
    return bytes(changed)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_frame_file_gives_what_the_decoder_gives(file: FrameFile) -> None:
    for data in (file.data, file.data * 9, file.data * 3 + b"\0" + file.data * 4):
        for window in (7, 100, 1 << 20):
            check(data, window, **file.options)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(60))
def test_a_stream_in_any_carrier_gives_what_the_decoder_gives(seed: int) -> None:
    rng = seeded(seed)
    data = b"".join(piece.data for piece in carriers.stream(seed)) * rng.randint(1, 4)
    check(data, rng.choice((50, 999, 1 << 20)), rng.choice((1, 7, 65_536)), **carriers.OPTIONS)


@pytest.mark.parametrize("seed", range(120))
def test_a_damaged_stream_of_any_frames_gives_what_the_decoder_gives(seed: int) -> None:
    rng = seeded(seed)
    kinds = rng.sample([file.data for file in FILES if not file.options], rng.randint(1, 6))
    data = damaged(rng, b"".join(rng.choices(kinds, k=rng.randint(1, 300))), rng.randrange(30))
    check(data, rng.choice((300, 5000, 1 << 20)), rng.choice((10, 65_536)), chunk=rng.choice((1 << 20, 50, 4096)))
