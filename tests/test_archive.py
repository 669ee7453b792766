"""An archive gives what a decoder gives: the same measurements in the same order, the same places and counts."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from itertools import islice, product
from typing import TYPE_CHECKING, Any, Unpack
from zoneinfo import ZoneInfo

import pytest

pytest.importorskip("numpy")
pytest.importorskip("pyarrow")


import carriers
from framefiles import FOLDER, FrameFile, load
from lists import GENERAL, SHORT, any_push, following
from outcomes import resealed
from sweeps import cases, part
from wire import seeded

from hanparse import Decoder, Measurement, Scale
from hanparse.archive import Batches, batches
from hanparse.archive.decoder import ArchiveDecoder
from hanparse.archive.find import Candidates, Finder
from hanparse.decoder import Options
from hanparse.measurement import FIELDS
from hanparse.measurement.jsonready import from_security, from_value
from hanparse.meters import PROFILES
from hanparse.simulate import METERS, Faults, simulate

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random


ZONES = (None, UTC, ZoneInfo("Europe/Oslo"), ZoneInfo("Australia/Lord_Howe"), timezone(timedelta(minutes=-210)))
SCALES = (Scale(), Scale.ct("100:5"), Scale.ct("150:7"), Scale(energy=0.1, voltage=0.1))
STREAMS = cases(15)

FILES = [load(path) for path in sorted(FOLDER.rglob("*.toml"))]


def expected(measurement: Measurement) -> dict[str, Any]:
    """The row of a measurement, as the page on archives describes it."""
    row: dict[str, Any] = {}
    for name in FIELDS:
        value = getattr(measurement, name)
        if isinstance(value, datetime):
            with suppress(OverflowError):  # before year 1 or after 9999 in UTC
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


def found(archive: Batches) -> list[dict[str, Any]]:
    """The rows, without what is null."""
    rows = [row for batch in archive for row in batch.to_pylist()]
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
    archive = Batches((data,), rows, options, window)
    rows_found = found(archive)
    places = [row.pop("position") for row in rows_found]
    assert len(set(places)) == len(places)
    assert rows_found == [expected(measurement) for measurement in measurements]
    assert archive.stats == decoder.stats
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
    streams = (file.data, file.data * 9, file.data * 3 + b"\0" + file.data * 4)
    for data, window in part([*product(streams, (7, 100, 1 << 20))], len(file.data), of=9):
        check(data, window, **file.options)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(STREAMS))
def test_a_stream_in_any_carrier_gives_what_the_decoder_gives(seed: int) -> None:
    rng = seeded(seed)
    data = b"".join(piece.data for piece in carriers.stream(seed)) * rng.randint(1, 4)
    check(data, rng.choice((50, 999, 1 << 20)), rng.choice((1, 7, 65_536)), **carriers.OPTIONS)


@pytest.mark.parametrize("seed", range(2 * STREAMS))
def test_a_damaged_stream_of_any_frames_gives_what_the_decoder_gives(seed: int) -> None:
    rng = seeded(seed)
    kinds = rng.sample([file.data for file in FILES if not file.options], rng.randint(1, 6))
    data = damaged(rng, b"".join(rng.choices(kinds, k=rng.randint(1, 300))), rng.randrange(30))
    check(data, rng.choice((300, 5000, 1 << 20)), rng.choice((10, 65_536)), chunk=rng.choice((1 << 20, 50, 4096)))


@pytest.mark.parametrize("seed", range(2 * STREAMS))
def test_lists_that_no_meter_sends_give_what_the_decoder_gives(seed: int) -> None:
    rng = seeded(seed)
    pushes = [any_push(rng) for _ in range(rng.randint(1, 4))]
    if rng.random() < 0.5:  # from the same addresses, so that one may tell the maker of another
        pushes = [push._replace(header=pushes[0].header) for push in pushes]
    data = b"".join(following(rng, rng.choice(pushes)).frame for _ in range(rng.randint(1, 200)))
    profiles = rng.choice((PROFILES, (SHORT, *PROFILES, GENERAL)))
    options = Options(scale=rng.choice(SCALES), timezone=rng.choice(ZONES), profiles=profiles)
    check(data if rng.random() < 0.7 else damaged(rng, data, 5), rng.choice((999, 1 << 20)), **options)


@pytest.mark.parametrize("seed", range(2 * STREAMS))
def test_frames_with_any_values_and_clocks_give_what_the_decoder_gives(seed: int) -> None:
    rng = seeded(seed)
    data = b""
    kinds = rng.sample([file.data for file in FILES if b"\xe6\xe7\0" in file.data and not file.options], 2)
    for _ in range(rng.randint(2, 150)):
        frame = bytearray(rng.choice(kinds))
        start = frame.index(b"\xe6\xe7\0")
        for _ in range(rng.choice((0, 0, 1, 2))):
            frame[rng.randrange(start + 3, len(frame) - 3)] = rng.choice((0, 1, 2, 12, 24, 29, 31, 59, 60, 255))
        data += resealed(bytes(frame), start)
    options = Options(scale=rng.choice(SCALES), timezone=rng.choice(ZONES), estimate=rng.random() < 0.2)
    check(data, rng.choice((500, 1 << 20)), rng.choice((3, 65_536)), **options)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("day", ["2025-03-29", "2025-04-05", "2025-10-04", "2025-10-25"])
def test_hours_in_which_clocks_change_are_the_moments_that_the_decoder_gives(day: str, zone: ZoneInfo | None) -> None:
    pushes = simulate("kamstrup", start=datetime.fromisoformat(day), every=599)
    assert check(b"".join(push.data for push in islice(pushes, 150)), timezone=zone) == 150


@pytest.mark.parametrize("meter", sorted(METERS))
def test_simulated_meters_with_faults_give_what_the_decoder_gives(meter: str) -> None:
    faults = Faults(noise=0.02, damaged=0.02, cut=0.02, lost=0.02)
    check(b"".join(push.data for push in islice(simulate(meter, faults=faults), cases(1000))))


@pytest.mark.parametrize("meter", ["aidon", "embriq", "kaifa", "kamstrup"])
def test_few_bytes_of_a_clean_capture_go_to_the_decoder(meter: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fed: list[int] = []
    feed = ArchiveDecoder.feed

    def counted(decoder: ArchiveDecoder, chunk: bytes) -> list[Measurement]:
        fed.append(len(chunk))
        return feed(decoder, chunk)

    monkeypatch.setattr(ArchiveDecoder, "feed", counted)
    data = b"".join(push.data for push in islice(simulate(meter), 1500))
    assert sum(batch.num_rows for batch in batches(data)) == 1500
    assert sum(fed) < len(data) / 20


@pytest.mark.parametrize("seed", range(STREAMS // 7))
def test_frames_are_not_looked_for_again_and_again_where_the_decoder_has_to_read(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    find = Finder.find

    def counted(finder: Finder, octets: Any, start: int, stop: int) -> Candidates:  # noqa: ANN401
        seen.append(stop - start)
        return find(finder, octets, start, stop)

    monkeypatch.setattr(Finder, "find", counted)
    rng = seeded(seed)
    header = any_push(rng).header  # the same addresses, so that one list tells the maker of another
    pushes = [any_push(rng)._replace(header=header) for _ in range(rng.choice((2, 300)))]
    data = b"".join(following(rng, rng.choice(pushes)).frame for _ in range(1000))
    rows = sum(batch.num_rows for batch in batches(data, profiles=(SHORT, *PROFILES, GENERAL)))
    decoder = Decoder(profiles=(SHORT, *PROFILES, GENERAL))
    assert rows == len(decoder.feed(data) + decoder.flush())
    assert sum(seen) < 4 * len(data)


def test_several_captures_are_read_one_after_the_other_each_with_a_decoder_of_its_own(tmp_path: Path) -> None:
    data = FILES[0].data * 3
    (tmp_path / "a.bin").write_bytes(data[:-5])
    with (tmp_path / "a.bin").open("rb") as file:
        found = [row for batch in batches([tmp_path / "a.bin", file, bytearray(data)]) for row in batch.to_pylist()]
    name = str(tmp_path / "a.bin")
    assert [(row["source"], row["position"]) for row in found] == [
        *((name, at * len(data) // 3) for at in (0, 1)), *((name, at * len(data) // 3) for at in (0, 1)),
        *((None, at * len(data) // 3) for at in (0, 1, 2)),
    ]  # fmt: skip


@pytest.mark.parametrize("library", ["pyarrow", "polars", "pandas", "duckdb"])
def test_libraries_take_the_batches_as_they_are(library: str) -> None:
    module = pytest.importorskip(library, reason="it is not installed; the session cover of nox has it")
    year = batches(FILES[0].data * 50, rows=20)
    if library == "duckdb":
        assert module.sql("select count(*) from year").fetchall() == [(50,)]
    elif library == "pyarrow":
        assert module.table(year).num_rows == 50
    else:
        assert len(module.DataFrame(year) if library == "polars" else module.DataFrame.from_arrow(year)) == 50


@pytest.mark.parametrize(
    ("source", "options", "error"),
    [
        (5, {}, TypeError),
        ([b"", 5], {}, TypeError),
        (b"", {"rows": 0}, ValueError),
        (b"", {"rows": "5"}, TypeError),
        (b"", {"scale": 5}, TypeError),
        (b"", {"key": "12"}, ValueError),
    ],
)
def test_wrong_arguments_are_named_at_once(source: Any, options: dict[str, Any], error: type[Exception]) -> None:  # noqa: ANN401
    with pytest.raises(error):
        batches(source, **options)


def test_a_file_in_text_mode_and_a_missing_file_are_errors(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("text")
    with (tmp_path / "a.txt").open() as file, pytest.raises(TypeError, match="binary mode"):
        list(batches(file))
    with pytest.raises(FileNotFoundError):
        list(batches(tmp_path / "missing"))
