from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from framefiles import named

from hanparse import Decoder, Estimate, Measurement, Obis, Register, Scale, Wiring
from hanparse.measurement import FIELDS

NOON = datetime(2024, 7, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"active_power_import": "1"}, "expected float for the argument active_power_import, found str"),
        ({"active_power_import": True}, "expected float for the argument active_power_import, found bool"),
        ({"model": 6525}, "expected str for the argument model, found int"),
        ({"timestamp": "2024-07-01"}, "expected datetime for the argument timestamp, found str"),
        ({"wiring": "TN"}, "expected Wiring for the argument wiring, found str"),
        ({"registers": [(None, 1)]}, "expected Register for the argument registers[0], found tuple"),
        ({"estimated": {"current_l2": 5.0}}, "expected Estimate for the argument estimated['current_l2'], found float"),
        ({"estimated": {"curent_l2": Estimate(1, 0, 2, "")}}, "no field curent_l2; did you mean current_l2"),
        ({"received": 12}, "expected datetime for the argument received, found int"),
        ({"scale": 20}, "expected Scale for the argument scale, found int"),
        ({"made_for_transformers": 1}, "expected bool for the argument made_for_transformers, found int"),
        ({"curent_l1": 1.0, "x": 1}, "no field curent_l1, x; did you mean current_l1?"),
    ],
)
def test_what_is_misspelt_or_of_another_type_is_a_type_error(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError, match=re.escape(message)):
        Measurement(**arguments)


def test_amperes_and_volts_are_float_and_watts_stay_as_they_are() -> None:
    push = Measurement(current_l1=5, voltage_l1=230, frequency=50, power_factor=1, active_power_import=1, model=None)
    numbers = (push.current_l1, push.voltage_l1, push.frequency, push.power_factor)
    assert [type(number) for number in numbers] == [float] * 4
    assert type(push.active_power_import) is int
    assert Measurement(current_l1=10**400, voltage_l1=-(10**400)) == Measurement(
        current_l1=math.inf, voltage_l1=-math.inf
    )


def test_what_comes_from_outside_the_push_takes_no_part_in_equality() -> None:
    push = Measurement(active_power_import=1)
    for outside in ({"received": NOON}, {"scale": Scale.ct(20)}, {"made_for_transformers": True}):
        assert push.__replace__(**outside) == push
        assert hash(push.__replace__(**outside)) == hash(push)
    for inside in ({"wiring": Wiring.ONE_PHASE}, {"registers": (Register(Obis.parse("1.7.0"), 1),)}):
        assert push.__replace__(**inside) != push


def test_a_recognised_push_reads_its_values_when_one_is_asked_for_and_is_equal_to_one_that_was_read() -> None:
    data = named("kaifa/full-se-ma304t4-ct").data
    decoder = Decoder(scale=Scale.ct("150:7"))
    read, recognised = (decoder.feed(data)[0] for _ in range(2))
    assert decoder.stats.measurements == 2
    assert recognised.scale == read.scale == Scale.ct("150:7")
    assert recognised.made_for_transformers is read.made_for_transformers is True
    assert recognised == read
    types = [[type(getattr(push, name)) for name in FIELDS] for push in (read, recognised)]
    assert types[0] == types[1]
