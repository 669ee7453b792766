"""`sources.probe` with a UART between the meter and the reader: a setting is reported if a measurement arrives with it.

`uart.receive` gives the bytes that a reader with another speed or parity makes of the line.
"""

from __future__ import annotations

import asyncio
import errno
from itertools import islice
from random import Random
from typing import TYPE_CHECKING

import pytest
import uart

from hanparse import Decoder
from hanparse.simulate import simulate
from hanparse.sources import SETTINGS, Attempt, Piece, Setting, probe

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from hanparse.sources.address import Address

METERS = {
    Setting(2400, "E"): "kaifa",
    Setting(2400, "N"): "kamstrup",
    Setting(115_200, "N"): "p1",
    Setting(9600, "N"): "aidon",
}
SHORT = 0.05  # s; the bytes of a fake transport are there at once


def pushes(meter: str) -> list[bytes]:
    return [push.data for push in islice(simulate(meter, seed=2), 12)]


def line_of(truth: Setting) -> bytes:
    return uart.send(pushes(METERS[truth]), uart.Setting(truth.baud, parity=truth.parity))


def reader(line: bytes, *, drop: bool = False) -> Callable[[Address], AsyncGenerator[Piece, None]]:
    """A transport that reads a line with the setting of the address; it then waits for more, without end."""

    async def transport(address: Address) -> AsyncGenerator[Piece, None]:
        received = uart.receive(line, uart.Setting(address.baud, parity=address.parity), drop=drop)
        for at in range(0, len(received), 64):
            yield Piece(received[at : at + 64])
        await asyncio.Event().wait()

    return transport


def probed(line: bytes, *, drop: bool = False) -> tuple[Setting | None, list[Attempt]]:
    attempts: list[Attempt] = []
    found = probe("/dev/meter", wait=SHORT, note=attempts.append, transport=reader(line, drop=drop))
    return asyncio.run(found), attempts


@pytest.mark.parametrize("drop", [False, True], ids=["keeps wrong bytes", "drops wrong bytes"])
@pytest.mark.parametrize("truth", METERS, ids=str)
def test_the_setting_of_the_meter_is_found_and_proved_by_a_measurement(truth: Setting, drop: bool) -> None:
    found, attempts = probed(line_of(truth), drop=drop)
    assert found == truth
    assert [attempt.measurement is not None for attempt in attempts] == [False] * (len(attempts) - 1) + [True]
    proof = attempts[-1].measurement
    expected = Decoder().feed(b"".join(pushes(METERS[truth])))
    assert proof in expected


@pytest.mark.parametrize("truth", METERS, ids=str)
def test_an_inverted_line_proves_no_setting(truth: Setting) -> None:
    found, attempts = probed(uart.inverted(line_of(truth)))
    assert found is None
    assert [attempt.setting for attempt in attempts] == list(SETTINGS)


@pytest.mark.parametrize("truth", METERS, ids=str)
def test_noise_between_the_pushes_does_not_hide_the_setting(truth: Setting) -> None:
    chance = Random(4)  # noqa: S311  no secret
    noisy = [chance.randbytes(30) + push for push in pushes(METERS[truth])]
    assert probed(uart.send(noisy, uart.Setting(truth.baud, parity=truth.parity)))[0] == truth


@pytest.mark.parametrize("seed", range(4))
def test_noise_alone_proves_no_setting(seed: int) -> None:
    levels = bytes(Random(seed).choices((0, 1), k=400_000))  # noqa: S311  no secret
    assert probed(levels)[0] is None


def test_a_silent_line_proves_no_setting_and_the_attempts_say_so() -> None:
    found, attempts = probed(b"")
    assert found is None
    assert {fault.kind for attempt in attempts for fault in attempt.faults} == {"no-bytes"}


def test_an_intact_frame_without_a_measurement_ends_the_search() -> None:
    from framefiles import named  # noqa: PLC0415

    frame = named("ciphered/hdlc-sc30").data
    found, attempts = probed(uart.send([frame] * 8, uart.Setting(2400, parity="E")))
    assert found is None
    assert [attempt.setting for attempt in attempts] == [Setting(2400, "E")]
    assert "ciphered" in {fault.kind for fault in attempts[0].faults}


def test_a_setting_that_the_port_does_not_have_is_passed_over() -> None:
    line = line_of(Setting(2400, "N"))

    async def without_parity(address: Address) -> AsyncGenerator[Piece, None]:
        if address.parity != "N":
            raise OSError(errno.EINVAL, "Invalid argument")
        async for piece in reader(line)(address):
            yield piece

    attempts: list[Attempt] = []
    search = probe("/dev/meter", wait=SHORT, note=attempts.append, transport=without_parity)
    assert asyncio.run(search) == Setting(2400, "N")
    assert isinstance(attempts[0].error, OSError)


def test_a_port_that_cannot_be_opened_raises_its_error() -> None:
    async def missing(_address: Address) -> AsyncGenerator[Piece, None]:
        raise FileNotFoundError(2, "No such file or directory")
        yield Piece(b"")

    with pytest.raises(FileNotFoundError):
        asyncio.run(probe("/dev/meter", transport=missing))


@pytest.mark.parametrize("url", ["tcp://host:1", "mqtt://host/x", "-"])
def test_a_url_without_a_speed_is_an_error(url: str) -> None:
    with pytest.raises(ValueError, match="expected a serial port"):
        asyncio.run(probe(url))
