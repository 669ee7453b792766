"""What the page on new meters tells to do works: its profile, and the tool that writes a frame file."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest
from bodies import measure, number, structure, text
from framefiles import SOUND, FrameFile, check_sequence, named
from scripts import ROOT, script

from hanparse import Scale, UnknownMeterError, decode
from hanparse.axdr.data import Data, Tag
from hanparse.cosem import DataNotification
from hanparse.meters import read


def test_the_meter_of_the_page_on_new_meters_is_read() -> None:
    page = (ROOT / "docs" / "add-a-meter.md").read_text("utf-8")
    found: dict[str, Any] = {}
    exec(page.partition("```python\n")[2].partition("```")[0], found)  # noqa: S102  our own page
    short = [Data(Tag.LONG_UNSIGNED, value) for value in (123, 2301)]
    body = structure(text("ACME_V1"), text("10000017"), number(640), *short, Data(Tag.UNSIGNED, 9), number(5000))
    measurement = read(DataNotification(0, None, body), (found["ACME"],)).measurement(Scale(), None)
    assert (measurement.manufacturer, measurement.meter_id) == ("Acme", "10000017")
    assert (measurement.active_power_import, measurement.current_l1, measurement.voltage_l1) == (640, 1.23, 230.1)
    assert measurement.active_energy_import == 5000
    with pytest.raises(UnknownMeterError):
        measure(body)


@pytest.mark.parametrize("file", SOUND, ids=lambda file: file.name)
def test_a_new_frame_file_holds_a_sound_frame_without_the_number_of_the_meter(file: FrameFile) -> None:
    content = tomllib.loads(script("tools/new_frame_file.py").frame_file(file.data, "source", "why"))
    data = bytes.fromhex("".join(line.partition("#")[0] for line in content["frame"].splitlines()))
    assert len(data) == len(file.data)
    assert data[-3:-1] == check_sequence(data[1:-3])
    expect = file.expect or {}
    meter_id = expect.get("meter_id")
    if meter_id and not re.search("0000017$", meter_id):
        assert meter_id.encode() not in data
    if not file.known_by_wire:
        decoded = decode(data).to_dict()
        assert {**decoded, "meter_id": meter_id} == {**decode(file.data).to_dict(), "meter_id": meter_id}


def test_a_new_frame_file_may_be_a_push_without_hdlc() -> None:
    data = named("iskraemeco/ch-ekz").data
    bare = data[data.index(b"\xe6\xe7\x00") + 3 : -3]
    content = tomllib.loads(script("tools/new_frame_file.py").frame_file(bare, "source", "why"))
    rows = [line.partition("#")[0] for line in content["frame"].splitlines()]
    assert len(bytes.fromhex("".join(rows))) == len(bare)
    assert rows[0].startswith("0f")
