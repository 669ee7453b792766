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
_TARIFFS: Final = ("t1", "t2", "t3", "t4")
_DIRECTIONS: Final = {"imported": "active_energy_import", "exported": "active_energy_export"}
_REGISTERS: Final = [name for total in _DIRECTIONS.values() for name in (total, *(f"{total}_{t}" for t in _TARIFFS))]


def _energy(total: str) -> str:
    """Return the SQL of the energy of an hour: the difference of the total or, without a total, of all tariffs.

    The result is NULL if a tariff has a value in only one of the two hours.
    """
    tariffs = [f"{total}_{tariff}" for tariff in _TARIFFS]
    each = " + ".join(
        f"CASE WHEN coalesce({name}, {name}_before) IS NULL THEN 0 ELSE {name} - {name}_before END" for name in tariffs
    )
    return f"coalesce({total} - {total}_before, CASE WHEN coalesce({', '.join(tariffs)}) IS NOT NULL THEN {each} END)"


_VIEW: Final = f"""\
CREATE VIEW hours AS
WITH ends AS (
    SELECT meter, strftime('%Y-%m-%dT%H:00:00Z', time) AS hour,
        {", ".join(f"max({name}) AS {name}" for name in _REGISTERS)}
    FROM pushes WHERE coalesce({", ".join(_REGISTERS)}) IS NOT NULL GROUP BY 1, 2
), pairs AS (
    SELECT *, lag(hour) OVER same AS hour_before,
        {", ".join(f"lag({name}) OVER same AS {name}_before" for name in _REGISTERS)}
    FROM ends WINDOW same AS (PARTITION BY meter ORDER BY hour)
)
SELECT meter, hour, {", ".join(f"{_energy(total)} AS {name}" for name, total in _DIRECTIONS.items())}
FROM pairs WHERE strftime('%s', hour) - strftime('%s', hour_before) = 3600"""  # noqa: S608  names of fields
"""The energy of each hour in Wh: the last value of the register in the hour minus that of the previous hour."""
_REFUSED: Final = (
    sqlite3.DataError,
    sqlite3.IntegrityError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
    ArithmeticError,
    ValueError,
)
"""The errors of one row, which another attempt would raise again. Other errors are of the connection or the file."""


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
                results = await in_background(partial(self.write, updates))
            except sqlite3.Error as error:
                self._is_ready = False
                raise OSError(str(error)) from error
            for update, refusal in results:
                if refusal is None:
                    outlet.done(update)
                else:
                    outlet.refuse(update, str(refusal))

    def write(self, updates: Iterable[Update]) -> list[tuple[Update, Exception | None]]:
        """Write a row for each update. Then close the connection, so that other programs can move the file.

        Return each update with `None`, or with the error if the database cannot hold its values.
        """
        with closing(sqlite3.connect(self._path, timeout=LOCKED)) as database, database:
            if not self._is_ready:
                prepare(database)
                self._is_ready = True
            return [(update, _insert(database, update)) for update in updates]


def _insert(database: sqlite3.Connection, update: Update) -> Exception | None:
    """Write a row. Return the error if the database cannot hold the values of the update."""
    # as floats, because an integer in SQLite has at most 63 bits, but a meter can send 64 bits
    found = {name: float(number) for name, number in (update.numbers() | update.estimates()).items()}
    row = {"time": _text(update), "meter": update.meter.name, **found}
    columns, marks = ", ".join(row), ", ".join("?" * len(row))
    try:
        database.execute(f"INSERT INTO pushes ({columns}) VALUES ({marks})", [*row.values()])  # noqa: S608  names of fields
    except _REFUSED as error:
        return error
    return None


def prepare(database: sqlite3.Connection) -> None:
    """Create the table and the view if they are missing. Update the table and the view of an older hanparse."""
    database.execute(_TABLE)
    present = {row[1] for row in database.execute("PRAGMA table_info(pushes)")}
    for name in COLUMNS:
        if name not in present:
            database.execute(f"ALTER TABLE pushes ADD COLUMN {name} REAL")
    database.execute(_INDEX)
    present_view = database.execute("SELECT sql FROM sqlite_master WHERE type = 'view' AND name = 'hours'").fetchone()
    if present_view != (_VIEW,):
        database.execute("DROP VIEW IF EXISTS hours")
        database.execute(_VIEW)


def _text(update: Update) -> str:
    """Return the time of arrival in UTC as a text that the functions of SQLite read.

    The order of these texts is the order of the times.
    """
    return update.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
