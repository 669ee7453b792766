"""The recipes for DataFrames, with pandas and polars where they are installed."""

from __future__ import annotations

import ast
from datetime import UTC
from typing import TYPE_CHECKING, Any

import pytest
from framefiles import SOUND, named
from scripts import ROOT, script

from hanparse import Decoder, Measurement, decode

if TYPE_CHECKING:
    from pathlib import Path

FIELDS = ("meter_id", "active_power_import", "voltage_l1", "active_energy_import", "voltage_sags_l1", "energy_time")
WHY = "it is not installed; the session cover of nox has it"


def rows(library: str, path: Path, *fields: str) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """The types of the columns, and the rows with `None` for what is missing."""
    pytest.importorskip(library, reason=WHY)
    frame = script(f"examples/dataframe_{library}.py").frame(str(path), *fields)
    if library == "polars":
        return {name: str(dtype) for name, dtype in frame.schema.items()}, frame.to_dicts()
    found = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return {name: str(dtype) for name, dtype in frame.dtypes.items()}, found


def has_naive_time(measurement: Measurement) -> bool:
    times = (measurement.timestamp, measurement.energy_time)
    return any(time is not None and time.tzinfo is None for time in times)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_frame_holds_what_the_measurements_hold(library: str, tmp_path: Path) -> None:
    data = b"".join(file.data for file in SOUND if not has_naive_time(decode(file.data)))
    measurements = Decoder().feed(data)
    assert len(measurements) > 30
    path = tmp_path / "capture.bin"
    path.write_bytes(data + data[:30])
    types, found = rows(library, path, *FIELDS)
    expected = [{name: getattr(one, name) for name in ("timestamp", *FIELDS)} for one in measurements]
    assert found == expected
    assert {dtype for name, dtype in types.items() if "time" in name} <= {
        "datetime64[us, UTC]",
        "Datetime(time_unit='us', time_zone='UTC')",
    }
    assert {types[name].lower() for name in ("active_power_import", "active_energy_import", "voltage_sags_l1")} == {
        "int64"
    }
    assert types["voltage_l1"].lower() == "float64"
    assert types["meter_id"].lower() in ("str", "string", "object")
    assert all(row["timestamp"] is None or row["timestamp"].astimezone(UTC) for row in found)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_time_without_a_zone_is_refused_and_not_taken_for_utc(library: str, tmp_path: Path) -> None:
    path = tmp_path / "capture.bin"
    path.write_bytes(next(file for file in SOUND if has_naive_time(decode(file.data))).data)
    with pytest.raises(ValueError, match="times without a zone"):
        rows(library, path, "active_power_import")


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_capture_is_read_in_pieces(library: str, tmp_path: Path) -> None:
    path = tmp_path / "capture.bin"
    push = named("kaifa/list1-no").data
    path.write_bytes(push * 60_000)
    _types, found = rows(library, path, "active_power_import")
    assert len(found) == 60_000
    assert found[0] == found[-1]


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_recipe_has_at_most_fifteen_statements(library: str) -> None:
    source = (ROOT / f"examples/dataframe_{library}.py").read_text("utf-8")
    (function,) = (node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef))
    statements = [node for node in ast.walk(function) if isinstance(node, ast.stmt)][
        2:
    ]  # without itself and its docstring
    constants = 1
    assert len(statements) + constants <= 15
