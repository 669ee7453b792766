"""`hanparse watch`: what the screen shows for a state, and the view in terminals of two sizes."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any, Self

import pytest
from framefiles import named
from hypothesis import given, settings
from hypothesis import strategies as st
from sweeps import cases

from hanparse import Decoder, Estimate, Measurement, Wiring
from hanparse.cli.commands import watch
from hanparse.cli.main import main
from hanparse.cli.watch.drawing import bar, curve, limits
from hanparse.cli.watch.health import Problem, duration, problems, words
from hanparse.cli.watch.model import QUIET, Connection, Model
from hanparse.cli.watch.screen import screen
from hanparse.diagnosis import Fault
from hanparse.measurement import FIELD_UNITS, FIELDS
from hanparse.simulate import METERS, simulate
from hanparse.wire.stats import Stats

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
NUMBER = "6970631400000017"  # of the simulated Kaifa
SIZES = [(80, 24), (40, 12)]
CURRENTS = Measurement(active_power_import=4600, current_l1=20.0, current_l2=5.0, current_l3=0.0)


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def model(*measurements: Measurement, fuse: float | None = 25.0) -> Model:
    """A model that took these measurements, two seconds apart, from a connection without faults."""
    made = Model("tcp://gateway:3001", fuse, NOW)
    for number, measurement in enumerate(measurements):
        made.take(measurement, after(2 * number))
    made.observe(Connection(1, Stats(bytes=100 * len(measurements), measurements=len(measurements))), NOW)
    return made


def text(shown: Model, now: datetime = NOW, size: tuple[int, int] = SIZES[0]) -> str:
    return "\n".join(line.text for line in screen(shown, now, *size))


# --- drawing ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 0, "········"),
        (12.5, 12.5, "████····"),
        (25, 25, "████████"),
        (30, 30, "████████"),  # above the scale
        (1.5625, 1.5625, "▌·······"),  # half of an eighth
        (6.25, 12.5, "██▒▒····"),  # an estimate between two bounds
        (0, 30, "▒▒▒▒▒▒▒▒"),
    ],
)
def test_a_bar_is_filled_in_proportion_to_the_scale(low: float, high: float, expected: str) -> None:
    assert bar(low, high, 25, 8) == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], (0, 50)),
        ([0.0, 0.0], (0, 50)),
        ([420.0, None], (0, 600)),
        ([3900.0], (0, 4000)),
        ([-2100.0, 300.0], (-3000, 1000)),
        ([-400.0], (-400, 200)),
    ],
)
def test_the_limits_of_a_curve_are_round_and_enclose_zero_and_all_values(
    values: list[float | None], expected: tuple[float, float]
) -> None:
    assert limits(values) == expected


def test_a_curve_is_the_area_between_zero_and_the_values_with_gaps() -> None:
    assert curve([8, 8, None, None, 0, 4], 0, 8, 2) == ["⣿  ", "⣿ ⣸"]  # 8 dots: 0 to 8; 4 is the fourth from below
    up, down = curve([5, -5], -5, 5, 2)
    assert (up, down) == ("⡇", "⢹")  # the dots of 0 are the first of the second line


# --- the screen ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("meter", METERS)
def test_no_line_is_wider_than_the_terminal_and_all_values_are_shown(meter: str, size: tuple[int, int]) -> None:
    pushes = b"".join(push.data for push in islice(simulate(meter), 40))
    found = Decoder(estimate=True).feed(pushes, NOW)
    shown = model(*found)
    lines = [line.text for line in screen(shown, after(80), *size)]
    assert max(map(len, lines)) <= size[0]
    power = next(m.active_power_import for m in reversed(found) if m.active_power_import is not None)
    everything = "\n".join(lines)
    assert f"Import {power:,.0f} W" in everything
    assert all(f"L{phase} " in everything for phase in (1, 2, 3))
    assert "Active energy import 12,345." in everything  # State of hanparse.simulate begins with this register
    assert len(lines) <= size[1] - 1 or size == SIZES[1]


NUMBERS = st.one_of(st.none(), st.integers(-(10**12), 10**12), st.floats())
VALUES = st.fixed_dictionaries({name: NUMBERS for name in FIELDS if FIELD_UNITS.get(name) in ("W", "A", "V", "Wh")})


@settings(max_examples=cases(40))
@given(st.lists(VALUES, max_size=4), st.sampled_from([None, 0.1, 25.0]), st.sampled_from(SIZES), st.floats(0, 3600))
def test_whatever_a_meter_sends_the_screen_is_drawn_within_the_terminal(
    values: list[dict[str, Any]], fuse: float | None, size: tuple[int, int], seconds: float
) -> None:
    shown = model(*(Measurement(**one) for one in values), fuse=fuse)
    lines = [line.text for line in screen(shown, after(seconds), *size)]
    assert max(map(len, lines)) <= size[0]
    assert not re.search(r"\bnan\b|\binf\b", "\n".join(lines))


def test_a_current_above_the_fuse_is_named_and_a_current_below_it_has_its_share() -> None:
    shown = text(model(Measurement(current_l1=26.0, current_l2=5.0)))
    line1, line2 = (line for line in shown.splitlines() if line.startswith("L"))
    assert "26.0 A  above fuse" in line1
    assert "5.0 A   20%" in line2
    assert "·" not in line1


def test_an_estimate_has_its_bounds_and_the_word_and_the_worse_bound_decides() -> None:
    estimated = {"current_l2": Estimate(20.0, 17.0, 26.0, "triangle")}
    measured = Measurement(current_l1=10.0, current_l3=9.0, estimated=estimated, wiring=Wiring.THREE_WIRE)
    (line,) = (line for line in text(model(measured)).splitlines() if line.startswith("L2"))
    assert line.endswith("▒ 17.0–26.0 A  estimated, may exceed the fuse")
    (narrow,) = (line for line in text(model(measured), size=SIZES[1]).splitlines() if line.startswith("L2"))
    assert narrow.endswith("▒ 17.0–26.0 A  may exceed")


def test_without_a_fuse_there_is_no_share_but_a_scale() -> None:
    shown = text(model(CURRENTS, fuse=None))
    assert "%  " not in shown.partition("kW")[0]
    assert "20 A (--fuse sets it)" in shown


def test_an_old_current_has_its_age() -> None:
    shown = model(CURRENTS, *[Measurement(active_power_import=4600)] * 30)
    assert "0.0 A    0%  60 s old" in text(shown, after(60))


def test_an_export_is_below_zero_in_the_curve() -> None:
    shown = model(*[Measurement(active_power_import=0, active_power_export=2500)] * 5)
    assert shown.powers[-1][1] == -2500
    assert "-3 kW" in text(shown, after(10))


def test_powers_older_than_the_window_are_forgotten() -> None:
    shown = model(CURRENTS, CURRENTS)
    shown.observe(Connection(), after(601))
    assert [time for time, _ in shown.powers] == [after(2)]


def test_of_several_topics_the_meter_of_the_first_is_shown() -> None:
    shown = model()
    shown.take(Measurement(meter_id="1", active_power_import=1), NOW, "home/1")
    shown.take(Measurement(meter_id="2", active_power_import=2), NOW, "home/2")
    assert shown.measurement(NOW).meter_id == "1"
    assert "the first of 2 topics: home/1" in text(shown)


def test_a_topic_cannot_rule_the_terminal() -> None:
    shown = model()
    for number in range(300):
        shown.take(Measurement(meter_id="1", active_power_import=1), NOW, f"\x1b[2J{number}")
    assert "the first of 256 topics: ?[2J0" in text(shown)


# --- the connection --------------------------------------------------------------------------------------------------


def test_a_connection_that_delivers_is_receiving() -> None:
    shown = model(CURRENTS)
    assert words(shown, after(5)) == "receiving"
    assert list(problems(shown, after(5))) == []


def test_a_meter_that_is_unplugged_is_named_with_numbered_actions_above_the_old_values() -> None:
    shown = model(Measurement(meter_id="42", current_l1=3.0))
    now = after(QUIET.total_seconds() + 1)
    lines = text(shown, now).splitlines()
    assert lines[0].rstrip().endswith("no byte for 31 s, attempt 1")
    assert lines[1] == "no push was received for 31 s"
    assert lines[2].startswith("1. check that the adapter is in the HAN port")
    assert "42" in "\n".join(lines[3:])


@pytest.mark.parametrize(
    ("error", "seen"),
    [
        (ConnectionRefusedError(111, "x"), "the gateway refuses the connection"),
        (FileNotFoundError(2, "x"), "there is no port with this path"),
        (PermissionError(13, "x"), "your user may not read the port"),
        (TimeoutError(), "the connection was not made in time, or no byte arrived"),
        (OSError("the adapter is gone"), "the adapter is gone"),
    ],
)
def test_an_error_of_the_connection_is_explained_with_actions(error: Exception, seen: str) -> None:
    shown = Model("tcp://gateway:3001", None, NOW)
    shown.observe(Connection(2, Stats(), (Fault("no-bytes", "0 bytes were received: nothing", {}),), error), NOW)
    assert words(shown, NOW) == "connecting, attempt 2"
    (problem,) = problems(shown, NOW)
    assert problem.observation == seen
    assert len(problem.steps) >= 2


def test_a_port_without_a_byte_has_the_causes_of_the_diagnosis_after_half_a_minute_and_not_before() -> None:
    shown = Model("/dev/ttyUSB0", None, NOW)
    shown.observe(Connection(1, Stats(), Decoder().diagnosis()), NOW)
    assert list(problems(shown, after(5))) == []
    (problem,) = problems(shown, after(31))
    assert problem.observation == "0 bytes were received"
    assert problem.steps[0] == "the HAN port is closed (ask the grid company to open it)"
    assert "parity is wrong" in problem.steps[-2]
    assert "hanparse probe" in problem.steps[-1]


def test_a_wrong_parity_is_diagnosed_while_bytes_arrive() -> None:
    decoder = Decoder()
    decoder.feed(bytes(byte for byte in named("kaifa/list2-ma304h4-tn").data * 40 if byte.bit_count() % 2))
    shown = Model("/dev/ttyUSB0", None, NOW)
    shown.observe(Connection(1, decoder.stats, decoder.diagnosis()), NOW)
    (problem,) = problems(shown, after(1))
    assert any("8E1" in step for step in problem.steps)
    assert "no push yet" in words(shown, after(1))


def test_faults_beside_values_are_below_them() -> None:
    shown = model(CURRENTS)
    shown.observe(
        Connection(1, Stats(bytes=200), (Fault("damaged", "9 frames: bytes are lost; check the cable", {}),)), NOW
    )
    assert list(problems(shown, NOW)) == [Problem("9 frames", ("bytes are lost", "check the cable"))]
    lines = text(shown).splitlines()
    assert lines[-3:] == ["9 frames", "1. bytes are lost", "2. check the cable"]


def test_a_file_that_ends_has_ended() -> None:
    shown = model(CURRENTS)
    shown.end(None)
    assert words(shown, after(600)) == "the source has ended"
    assert not shown.is_quiet(after(600))


@pytest.mark.parametrize(("seconds", "expected"), [(5.9, "5 s"), (99, "99 s"), (100, "1 min"), (7300, "2 h")])
def test_a_duration_has_two_digits(seconds: float, expected: str) -> None:
    assert duration(timedelta(seconds=seconds)) == expected


# --- the command ------------------------------------------------------------------------------------------------------


def test_without_the_extra_one_sentence_names_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(watch, "find_spec", lambda _name: None)
    assert main(["watch", "tcp://127.0.0.1:1"]) == 2
    assert capsys.readouterr().err == 'hanparse: watch needs textual: pip install "hanparse[tui]"\n'


def test_a_missing_source_and_a_pipe_are_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(watch, "find_spec", lambda _name: object())
    monkeypatch.delenv(watch.VARIABLE, raising=False)
    assert main(["watch"]) == 2
    assert "expected a source, such as tcp://192.168.1.20:3001" in capsys.readouterr().err
    assert main(["watch", "-"]) == 2
    assert "use hanparse decode --follow in a pipe" in capsys.readouterr().err


def test_a_rating_of_zero_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["watch", "tcp://127.0.0.1:1", "--fuse", "0"])
    assert "expected a rating above 0 A, such as 25, found '0'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("url", "title"),
    [
        ("mqtt://me:secret@broker/pulse/#", "mqtt://broker:1883/pulse/#"),
        ("mqtt:me:secret@broker/pulse/#", "mqtt://broker:1883/pulse/#"),
        ("mqtt://me:sec#ret@broker/pulse/#", "mqtt://broker:1883/pulse/#"),
        ("/dev/ttyUSB0?parity=N", "/dev/ttyUSB0"),
    ],
)
def test_the_title_is_the_parsed_url_without_its_secrets(url: str, title: str, monkeypatch: pytest.MonkeyPatch) -> None:
    app = pytest.importorskip("hanparse.cli.watch.app", reason="the extra tui is not installed")
    titles = []

    class Shown:
        def __init__(self, _source: object, title: str, _fuse: float | None) -> None:
            titles.append(title)

        def run(self) -> None:
            pass

    monkeypatch.setattr(app, "WatchApp", Shown)
    monkeypatch.setattr("hanparse.sources.open", lambda _url, **_options: None)
    monkeypatch.setattr(watch, "_refusal", lambda _args: "")
    assert main(["watch", url]) == 0
    assert titles == [title]


# --- the view ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def view() -> Any:  # noqa: ANN401  textual may not be installed
    if importlib.util.find_spec("textual") is None:
        pytest.skip("textual is not installed: the extra tui")
    from hanparse.cli.watch import app  # noqa: PLC0415  only with textual

    return app


async def until(pilot: Any, condition: Callable[[], bool]) -> None:  # noqa: ANN401  as textual has it
    async with asyncio.timeout(60):
        while not condition():
            await pilot.pause(0.01)


class Gateway:
    """A gateway on a free port that sends pushes and can be unplugged."""

    def __init__(self) -> None:
        self.writers: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> Self:
        self.server = await asyncio.start_server(self._send, "127.0.0.1", 0)
        self.url = f"tcp://127.0.0.1:{self.server.sockets[0].getsockname()[1]}"
        return self

    async def _send(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.add(writer)
        with suppress(ConnectionError):
            writer.write(b"".join(push.data for push in islice(simulate("kaifa"), 20)))
            await writer.drain()
            await writer.wait_closed()

    async def __aexit__(self, *_: object) -> None:
        self.server.close()
        for writer in self.writers:
            writer.transport.abort()
        await asyncio.sleep(0)


@pytest.mark.parametrize("size", SIZES)
def test_the_view_shows_the_meter_and_after_it_is_unplugged_the_diagnosis_and_q_quits(
    view: Any,  # noqa: ANN401  a module
    size: tuple[int, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from hanparse import sources  # noqa: PLC0415  beside the view

    async def run() -> float:
        async with Gateway() as gateway:
            app = view.WatchApp(sources.open(gateway.url), gateway.url, 25.0)

            def shown() -> str:
                return str(app.query_one("#lines").render())

            async with app.run_test(size=size) as pilot:
                await until(pilot, lambda: NUMBER in shown() and "receiving" in shown())
                assert "L1 " in shown()
                await gateway.__aexit__()
                monkeypatch.setattr(view, "_now", lambda: datetime.now(UTC) + 2 * QUIET)
                await until(pilot, lambda: "the gateway refuses the connection" in shown())
                assert "1. check that the gateway has power" in shown()
                await until(pilot, lambda: "no byte for" in shown() or "attempt" in shown())
                begin = time.monotonic()
                await pilot.press("q")
                await until(pilot, lambda: not app.is_running or app._exit)  # noqa: SLF001  textual has no public name
            return time.monotonic() - begin

    assert asyncio.run(run()) < 30  # a bound on a hang alone: the machine may be slow


def test_a_file_is_shown_to_its_end(view: Any, tmp_path: Path) -> None:  # noqa: ANN401  a module
    from hanparse import sources  # noqa: PLC0415  beside the view

    path = tmp_path / "kaifa.bin"
    path.write_bytes(named("kaifa/list2-ma304h4-tn").data)

    async def run() -> None:
        app = view.WatchApp(sources.open(f"file://{path}"), "kaifa.bin", None)
        async with app.run_test(size=SIZES[0]) as pilot:
            await until(pilot, lambda: app.model.is_ended)
            assert "the source has ended" in str(app.query_one("#lines").render())
            assert "MA304H4" in str(app.query_one("#lines").render())

    asyncio.run(run())


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Runs commands of a tmux of its own."""
    if not (found := shutil.which("tmux")):
        pytest.skip("tmux is not installed")
    tmux = [found, "-S", str(tmp_path / "tmux"), "-f", os.devnull]

    def run(*words: str) -> str:
        done = subprocess.run([*tmux, *words], capture_output=True, text=True, check=False, encoding="utf-8")
        return done.stdout if done.returncode == 0 else "no terminal: " + done.stderr

    yield run
    run("kill-server")  # of this socket alone


@pytest.mark.parametrize("size", SIZES)
def test_a_terminal_without_colour_shows_the_meter_and_is_free_after_q(
    view: Any,  # noqa: ANN401, ARG001  a module; skips without textual
    terminal: Callable[..., str],
    size: tuple[int, int],
) -> None:
    def shows(*texts: str) -> bool:
        screen = terminal("capture-pane", "-p")
        return all(text in screen for text in texts)

    async def run() -> None:
        async with Gateway() as gateway, asyncio.timeout(60):
            environment = f"NO_COLOR=1 PYTHONPATH={os.pathsep.join(sys.path)}"
            command = (
                f"env -u COLUMNS -u LINES {environment} {sys.executable} -m hanparse watch {gateway.url} --fuse 25"
            )
            width, height = map(str, size)
            await asyncio.to_thread(terminal, "-u", "new-session", "-d", "-x", width, "-y", height, command)
            while not await asyncio.to_thread(shows, "receiving", NUMBER, "L3", "kW", "q quits"):  # noqa: ASYNC110
                await asyncio.sleep(0.1)
            colours = set(re.findall(r"\x1b\[([\d;]*)m", await asyncio.to_thread(terminal, "capture-pane", "-p", "-e")))
            assert not [one for one in colours if re.search(r"(?:^|;)(?:3[1-6]|9[1-6])(?:;|$)", one)]
            await asyncio.to_thread(terminal, "send-keys", "q")
            while not (await asyncio.to_thread(terminal, "list-sessions")).startswith("no terminal"):  # noqa: ASYNC110
                await asyncio.sleep(0.1)

    asyncio.run(run())


def test_only_the_view_imports_textual() -> None:
    code = (
        "import sys, hanparse.cli.watch.screen, hanparse.cli.commands.watch;"
        "print([name for name in ('textual',) if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
