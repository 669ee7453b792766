"""Reports to systemd that a command is ready, runs or ends, and keeps the state of the bridge in a file."""

from __future__ import annotations

import json
import os
import socket
from contextlib import suppress
from pathlib import Path
from typing import Any

from hanparse.cli.console import complain


def notify(state: str) -> None:
    """Send a state such as "READY=1" to systemd (sd_notify(3)). Do nothing if systemd did not start this program."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address or not hasattr(socket, "AF_UNIX"):
        return
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as connection:
        # systemd writes @ in place of the zero byte that begins the name of an abstract socket (sd_notify(3))
        connection.connect("\0" + address[1:] if address.startswith("@") else address)
        connection.sendall(state.encode())


def watchdog_period() -> float | None:
    """Return half the time in s in which systemd expects a notification, or `None` if systemd expects none."""
    text = os.environ.get("WATCHDOG_USEC", "")
    return int(text) / 2_000_000 if text.isdecimal() and int(text) else None


class StateFile:
    """Keeps JSON in a file.

    Each write replaces the file, so after a power failure the content is the old or the new JSON.
    """

    def __init__(self, path: str | None) -> None:
        """`None` keeps nothing. Raises `ValueError` if there is a folder or a device at the path."""
        self._path = None if path is None else Path(path)
        self._is_failing = False
        with suppress(OSError):  # `load` reports it
            if self._path is not None and self._path.exists() and not self._path.is_file():
                raise ValueError(f"expected the path of a file after --state, found {path!r}")

    def load(self) -> Any:  # noqa: ANN401  any type of JSON
        """Return the content. Return `None` if there is no file, or if it cannot be read.

        Report a file that cannot be read.
        """
        if self._path is None:
            return None
        try:
            return json.loads(self._path.read_text("utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            complain(f"{self._path}: {error}; the bridge starts without the saved state")
            return None

    def save(self, state: dict[str, Any]) -> None:
        """Replace the content. If writing fails several times, report only the first failure."""
        if self._path is None:
            return
        try:
            new = self._path.with_name(f"{self._path.name}.new")
            with new.open("w", encoding="utf-8") as file:
                json.dump(state, file)
                file.flush()
                os.fsync(file.fileno())  # without it, a power failure after `replace` can leave an empty file
            new.replace(self._path)
            self._is_failing = False
        except (OSError, ValueError) as error:
            if not self._is_failing:
                complain(f"{self._path}: {getattr(error, 'strerror', None) or error}; the state is not saved")
            self._is_failing = True
