"""Writes one row for each push into the table `pushes` of an SQLite database.

The view `hours` of the database contains the energy of each hour.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC
from functools import partial
from typing import TYPE_CHECKING, Final

from hanparse.sinks.update import ESTIMATED, NUMBERS
from hanparse.sources.background import in_background

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hanparse.sinks.outlet import Outlet
    from hanparse.sinks.target import Target
    from hanparse.sinks.update import Update

COLUMNS: Final = (*NUMBERS, *(name + ESTIMATED for name in ("current_l2", "voltage_l2")))
"""The columns of numbers: the fields with numbers, and the estimates of values that a 3-wire meter does not measure."""
LOCKED: Final = 5.0
"""The longest time in s for which a write waits for another program that has locked the database."""

_TABLE: Final = "CREATE TABLE IF NOT EXISTS pushes (time TEXT NOT NULL, meter TEXT NOT NULL)"
_INDEX: Final = "CREATE INDEX IF NOT EXISTS pushes_by_time ON pushes (meter, time)"
_VIEW: Final = """\
CREATE VIEW IF NOT EXISTS hours AS
WITH ends AS (
    SELECT meter, strftime('%Y-%m-%dT%H:00:00Z', time) AS hour,
        max(active_energy_import) AS import_end, max(active_energy_export) AS export_end
    FROM pushes WHERE active_energy_import IS NOT NULL GROUP BY 1, 2
), pairs AS (
    SELECT *, lag(hour) OVER same AS hour_before, lag(import_end) OVER same AS import_start,
        lag(export_end) OVER same AS export_start
    FROM ends WINDOW same AS (PARTITION BY meter ORDER BY hour)
)
SELECT meter, hour, import_end - import_start AS imported, export_end - export_start AS exported
FROM pairs WHERE strftime('%s', hour) - strftime('%s', hour_before) = 3600"""
"""The energy of each hour in Wh: the last value of the register in the hour minus that of the previous hour."""


class Sqlite:
    """Writes rows into an SQLite file."""

    def __init__(self, target: Target) -> None:
        self._path = target.path
        self._is_ready = False

    async def __call__(self, outlet: Outlet) -> None:
        """Write every update. Updates that wait at the same time are written in one transaction."""
        while True:
            updates = await outlet.all()
            try:
                await in_background(partial(self.write, updates))
            except sqlite3.Error as error:
                self._is_ready = False
                raise OSError(str(error)) from error
            outlet.done(*updates)

    def write(self, updates: Iterable[Update]) -> None:
        """Write a row for each update. Then close the connection, so that other programs can move the file."""
        with closing(sqlite3.connect(self._path, timeout=LOCKED)) as database, database:
            if not self._is_ready:
                prepare(database)
                self._is_ready = True
            for update in updates:
                found = update.numbers() | update.estimates()
                row = {"time": _text(update), "meter": update.meter.name, **found}
                columns, marks = ", ".join(row), ", ".join("?" * len(row))
                database.execute(f"INSERT INTO pushes ({columns}) VALUES ({marks})", [*row.values()])  # noqa: S608  names of fields


def prepare(database: sqlite3.Connection) -> None:
    """Create the table and the view if they are missing. Add columns that the table of an older hanparse lacks."""
    database.execute(_TABLE)
    present = {row[1] for row in database.execute("PRAGMA table_info(pushes)")}
    for name in COLUMNS:
        if name not in present:
            database.execute(f"ALTER TABLE pushes ADD COLUMN {name} REAL")
    database.execute(_INDEX)
    database.execute(_VIEW)


def _text(update: Update) -> str:
    """Return the time of arrival in UTC as a text that the functions of SQLite read.

    The order of these texts is the order of the times.
    """
    return update.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
