from __future__ import annotations

import gc
import tracemalloc
from datetime import UTC, datetime, timedelta, timezone
from struct import pack

from framefiles import named

from hanparse import Decoder
from hanparse.layouts.plan import Clock, Number, framed, shared_plan

LIST_1, LIST_2 = named("aidon/list1-no").data, named("aidon/list2-6534-tn").data
KAIFA = named("kaifa/list1-no").data
MOMENT = Clock(15, 0, lambda *_wall: UTC, ("energy_time", "timestamp"))
APDU = b"\x0f\0\0" + pack(">IhH4sHBBBBBB", 70_000, -12, 2305, b"meta", 2026, 11, 28, 6, 12, 30, 5)
NUMBERS = (
    Number(3, "I", "active_power_import", 1, 1, is_divided=False),
    Number(7, "h", "active_energy_import", 10, 1, is_divided=False),
    Number(9, "H", "voltage_l1", 1, 10, is_divided=True),
)
PLAN = shared_plan(len(APDU), 0xFF, ("model",), NUMBERS, (("meter_id", (11, 15)),), (MOMENT,), ("active_power_import",))


def test_every_value_is_read_from_its_place() -> None:
    found = PLAN.values(("6525",), APDU)
    assert found is not None
    assert {name: found[position] for name, position in PLAN.index.items()} == {
        "model": "6525",
        "active_power_import": 70_000,
        "active_energy_import": -120,
        "voltage_l1": 230.5,
        "meter_id": "meta",
        "energy_time": datetime(2026, 11, 28, 12, 30, 5, tzinfo=UTC),
        "timestamp": datetime(2026, 11, 28, 12, 30, 5, tzinfo=UTC),
    }


def test_a_zero_of_a_field_that_is_not_measured_is_no_value() -> None:
    found = PLAN.values(("6525",), APDU.replace(pack(">I", 70_000), bytes(4)))
    assert found is not None
    assert found[PLAN.index["active_power_import"]] is None


def test_a_clock_without_a_moment_gives_no_values() -> None:
    assert PLAN.values(("6525",), APDU.replace(pack(">HB", 2026, 11), pack(">HB", 2026, 13))) is None


def test_a_ratio_that_is_no_whole_number_multiplies_before_it_divides() -> None:
    plan = shared_plan(2, 0xFF, (), (Number(0, "H", "current_l1", 3, 1000, is_divided=True),), (), (), ())
    assert plan.values((), pack(">H", 1001)) == [3003 / 1000]


def test_all_bytes_of_a_frame_around_its_apdu_are_constant_but_the_fcs() -> None:
    mask, texts = framed(PLAN, 10)
    assert (
        mask.to_bytes(10 + len(APDU) + 3, "big").lstrip(b"\0") == b"\xff" * 10 + bytes(len(APDU) - 1) + b"\xff\0\0\xff"
    )
    assert texts == ((21, 25),)


def test_decoders_of_the_same_lists_share_how_values_are_read() -> None:
    first, second = Decoder(), Decoder()
    for decoder in (first, second):
        decoder.feed(LIST_1 + LIST_2)
    plans = [{layout.plan for layout in decoder._layouts._all()} for decoder in (first, second)]  # noqa: SLF001
    assert plans[0] == plans[1]
    assert len(plans[0]) == 2


def test_decoders_with_equal_time_zones_of_different_names_share_nothing() -> None:
    names = []
    for name in ("here", "there"):
        decoder = Decoder(timezone=timezone(timedelta(hours=1), name))
        *_, push = decoder.feed(KAIFA * 3)
        assert push.timestamp is not None
        names.append(push.timestamp.tzname())
    assert names == ["here", "there"]


def test_a_decoder_that_has_learned_two_lists_takes_less_than_8_kib() -> None:
    def learned() -> Decoder:
        decoder = Decoder()
        decoder.feed((LIST_1 + LIST_2) * 2)
        assert decoder.stats.recognised == 1
        return decoder

    learned()  # the decoders share what this one makes
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    kept = [learned() for _ in range(200)]
    gc.collect()
    size = (tracemalloc.get_traced_memory()[0] - before) / len(kept)
    tracemalloc.stop()
    assert size < 8 * 1024
