"""Defines `WatchApp`, which shows the screen of `hanparse watch` in a terminal with textual."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar, Final

from rich.text import Text
from textual.app import App
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from hanparse.cli.watch.model import Connection, Model
from hanparse.cli.watch.screen import keys, screen
from hanparse.wire.stats import Stats

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from hanparse.sources import Source

_PERIOD: Final = 0.25  # s between two updates of the screen
_STYLES: Final = {
    "title": "bold",
    "good": "bold green",
    "dim": "dim",
    "warning": "yellow",
    "alarm": "bold red",
    "curve": "cyan",
}


class WatchApp(App[None]):
    """Reads a source and draws the screen. `title` is the name of the source, `fuse` the rating of the fuse in A."""

    ENABLE_COMMAND_PALETTE = False
    CSS = """
    VerticalScroll { scrollbar-size: 0 0; }
    #lines { height: auto; }
    #keys { dock: bottom; height: 1; text-style: dim; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "quit", priority=True),
        Binding("ctrl+c", "quit", priority=True),
    ]

    def __init__(self, source: Source, title: str, fuse: float | None) -> None:
        super().__init__()
        self.model = Model(title, fuse, _now())
        self._source = source
        self._lines, self._keys = Static(id="lines"), Static(id="keys")

    def compose(self) -> ComposeResult:
        """Return the widgets: the lines, which can be scrolled, and the keys."""
        with VerticalScroll():
            yield self._lines
        yield self._keys

    def on_mount(self) -> None:
        """Start the tasks that read the source and draw the screen."""
        with suppress(NotImplementedError, ValueError, RuntimeError):  # signal handlers need POSIX and the main thread
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self.exit)
        self.run_worker(self._read(), exit_on_error=True)
        self.set_interval(_PERIOD, self.draw)
        self.draw()

    async def _read(self) -> None:
        error: Exception | None = None
        try:
            async with self._source as source:
                async for measurement in source:
                    self.model.take(measurement, measurement.received or _now(), source.channel)
        except (OSError, TimeoutError) as failed:
            error = failed
        self.draw()
        self.model.end(error)
        self.draw()

    def draw(self) -> None:
        """Draw the present state."""
        now, source = _now(), self._source
        if not self.model.is_ended:
            stats = [decoder.stats for decoder in source.decoders.values()] or [source.decoder.stats]
            total = Stats(*map(sum, zip(*stats, strict=True)))
            connection = Connection(source.connections, total, source.diagnosis(), source.last_error)
            self.model.observe(connection, now)
        lines = screen(self.model, now, max(self.size.width, 20), max(self.size.height - 1, 8))
        styled = [Text(line.text, _STYLES.get(line.style, ""), no_wrap=True) for line in lines]
        self._lines.update(Text("\n", no_wrap=True).join(styled))
        self._keys.update(keys(len(lines), self.size.height - 1))


def _now() -> datetime:
    return datetime.now(UTC)
