"""The database that the bridge writes, read by sqlite3."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from updates import driven, update, update_of_frame, updates_of

from hanparse.sinks.outlet import Outlet
from hanparse.sinks.sqlite import COLUMNS, Sqlite
from hanparse.sinks.target import parse

if TYPE_CHECKING:
    from pathlib import Path


def rows(path: Path, query: str) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(path)) as database:
        database.row_factory = sqlite3.Row
        return [dict(row) for row in database.execute(query)]


def test_every_push_is_a_row_with_its_numbers_and_null_for_what_is_absent(tmp_path: Path) -> None:
    path, updates = tmp_path / "x.db", updates_of("aidon", 12)
    driven(Sqlite(parse(f"sqlite:{path}")), updates)
    found = rows(path, "SELECT * FROM pushes ORDER BY time")
    assert len(found) == len(updates)
    for row, one in zip(found, updates, strict=True):
        assert {name: row[name] for name in COLUMNS} == {name: one.numbers().get(name) for name in COLUMNS}
        assert row["meter"] == "7359992890000017"
    assert [row["time"] for row in found[:3]] == [
        "2026-01-15T12:00:00.000Z",
        "2026-01-15T12:00:02.500Z",
        "2026-01-15T12:00:05.000Z",
    ]


def test_estimates_have_columns_of_their_own(tmp_path: Path) -> None:
    path, one = tmp_path / "x.db", update_of_frame("kaifa/list2-ma304h3e-it")
    driven(Sqlite(parse(f"sqlite:{path}")), [one])
    (row,) = rows(path, "SELECT voltage_l2, voltage_l2_estimated FROM pushes")
    assert row == {"voltage_l2": None, "voltage_l2_estimated": one.estimates()["voltage_l2_estimated"]}


def test_the_view_has_the_energy_of_each_full_hour_and_none_across_a_gap(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    energies = {0: 1000, 3590: 1900, 7190: 2500, 7200 + 3 * 3600: 9000, 7200 + 4 * 3600: 9100}
    updates = [update(seconds, active_energy_import=energy) for seconds, energy in energies.items()]
    driven(Sqlite(parse(f"sqlite:{path}")), updates)
    assert rows(path, "SELECT hour, imported, exported FROM hours") == [
        {"hour": "2026-01-15T13:00:00Z", "imported": 600.0, "exported": None},
        {"hour": "2026-01-15T18:00:00Z", "imported": 100.0, "exported": None},
    ]


IMPORT, EXPORT = "active_energy_import", "active_energy_export"


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ({IMPORT: 1000}, {IMPORT: 1500}, (500, None)),
        ({EXPORT: 1000}, {EXPORT: 1500}, (None, 500)),
        ({IMPORT: 1000, EXPORT: 7}, {IMPORT: 1500, EXPORT: 7}, (500, 0)),
        # no total: the sum of the tariffs
        ({f"{IMPORT}_t1": 1000, f"{IMPORT}_t2": 400}, {f"{IMPORT}_t1": 1100, f"{IMPORT}_t2": 450}, (150, None)),
        ({f"{EXPORT}_t2": 1000, IMPORT: 5}, {f"{EXPORT}_t2": 1100, IMPORT: 6}, (1, 100)),
        (
            {f"{IMPORT}_t{tariff}": 100 for tariff in (1, 2, 3, 4)},
            {f"{IMPORT}_t{tariff}": 100 + 10**tariff for tariff in (1, 2, 3, 4)},
            (11110, None),
        ),
        # a total and tariffs: the total
        ({IMPORT: 1000, f"{IMPORT}_t1": 1}, {IMPORT: 1500, f"{IMPORT}_t1": 2}, (500, None)),
        # a tariff that is missing in one hour: unknown
        ({f"{IMPORT}_t1": 1000}, {f"{IMPORT}_t1": 1100, f"{IMPORT}_t2": 450}, (None, None)),
        ({f"{IMPORT}_t1": 1000, f"{IMPORT}_t2": 450}, {f"{IMPORT}_t1": 1100}, (None, None)),
        ({IMPORT: 1000}, {f"{IMPORT}_t1": 1100}, (None, None)),
    ],
)
def test_the_view_adds_the_tariffs_of_a_meter_that_sends_no_total(
    first: dict[str, float], second: dict[str, float], expected: tuple[float | None, float | None], tmp_path: Path
) -> None:
    path = tmp_path / "x.db"
    driven(Sqlite(parse(f"sqlite:{path}")), [update(3599, **first), update(7199, **second)])
    (row,) = rows(path, "SELECT imported, exported FROM hours")
    assert (row["imported"], row["exported"]) == expected


def test_the_view_of_an_older_version_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE VIEW hours AS SELECT 1 AS imported")
    driven(Sqlite(parse(f"sqlite:{path}")), [update()])
    driven(Sqlite(parse(f"sqlite:{path}")), [update()])
    assert rows(path, "SELECT * FROM hours") == []


def test_an_integer_of_64_bits_is_a_row_like_any_other(tmp_path: Path) -> None:
    path, powers = tmp_path / "x.db", [100, 2**64 - 1, 300]
    _, log = driven(Sqlite(parse(f"sqlite:{path}")), [update(active_power_import=power) for power in powers])
    found = rows(path, "SELECT active_power_import FROM pushes")
    assert [row["active_power_import"] for row in found] == [float(power) for power in powers]
    assert log == []


def test_an_update_that_the_database_refuses_is_dropped_and_the_others_are_written(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    sink = Sqlite(parse(f"sqlite:{path}"))
    driven(sink, [update()])
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE UNIQUE INDEX one ON pushes (active_power_import)")
    updates = [
        update(active_power_import=1),
        update(active_power_import=1),  # IntegrityError
        update(active_power_import=2, meter_id="\udcff"),  # UnicodeEncodeError
        update(active_power_import=3),
    ]
    outlet, log = driven(sink, updates)
    assert [row["active_power_import"] for row in rows(path, "SELECT * FROM pushes")] == [None, 1.0, 3.0]
    assert outlet.lost == 2
    assert len(log) == 1
    assert "UNIQUE constraint failed" in log[0]


def test_a_database_of_an_older_version_gets_the_new_columns_and_keeps_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE pushes (time TEXT NOT NULL, meter TEXT NOT NULL, voltage_l1 REAL)")
        database.execute("INSERT INTO pushes VALUES ('2025-01-01T00:00:00.000Z', '7', 230)")
    driven(Sqlite(parse(f"sqlite:{path}")), [update(active_power_import=5)])
    assert [row["active_power_import"] for row in rows(path, "SELECT * FROM pushes ORDER BY time")] == [None, 5.0]


def test_a_database_that_is_deleted_is_made_again(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    sink = Sqlite(parse(f"sqlite:{path}"))
    driven(sink, [update()])
    path.unlink()
    _, log = driven(sink, [update(active_power_import=5)])
    assert log == ["sink: no such table: pushes; hanparse tries again until it works", "sink: works again"]
    assert len(rows(path, "SELECT * FROM pushes")) == 1


def test_a_file_that_is_no_database_is_an_error_and_is_not_changed(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    path.write_text("this is no database, but a text that somebody wants to keep" * 100)
    before = path.read_bytes()
    sink = Sqlite(parse(f"sqlite:{path}"))
    outlet = Outlet("sink", sink, print)
    outlet.put(update())
    with pytest.raises(OSError, match="file is not a database"):
        asyncio.run(sink(outlet))
    assert path.read_bytes() == before
