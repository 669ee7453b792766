from __future__ import annotations

import copy
import pickle
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from hanparse import Measurement, Wiring
from hanparse.energy import FuseGuard
from hanparse.energy.byline import ByLine

if TYPE_CHECKING:
    from hanparse.energy.headroom import Headroom

NOON = datetime(2024, 1, 15, 12, tzinfo=UTC)


def test_a_mapping_of_lines_is_equal_to_a_dict_and_cannot_change() -> None:
    currents = ByLine({1: 10.0, 2: 5.5})
    assert currents == {1: 10.0, 2: 5.5}
    assert repr(currents) == "{1: 10.0, 2: 5.5}"
    assert hash(currents) == hash(ByLine({2: 5.5, 1: 10.0}))
    with pytest.raises(TypeError):
        currents[1] = 25.0  # type: ignore[index]


def test_a_headroom_can_be_hashed_copied_pickled_and_converted() -> None:
    guard = FuseGuard(25, Wiring.FOUR_WIRE, charger=(1,))
    for headroom in (guard.headroom(NOON), active(guard)):
        assert pickle.loads(pickle.dumps(headroom)) == headroom
        assert copy.deepcopy(headroom) == headroom
        assert hash(copy.copy(headroom)) == hash(headroom)
        assert asdict(headroom)["by_line"] == headroom.by_line


def active(guard: FuseGuard) -> Headroom:
    guard.update(Measurement(current_l1=15, current_l2=20, current_l3=5), NOON, charging=10)
    return guard.headroom(NOON)
