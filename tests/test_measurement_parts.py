from __future__ import annotations

import copy
import pickle

from hanparse.measurement import Estimate


def test_what_is_left_out_of_an_estimate_is_taken_from_its_bounds() -> None:
    made = Estimate(5.0, 1.0, 9.0, "any")
    assert (made.likely_low, made.likely_high, made.rare_high) == (1.0, 9.0, 9.0)
    assert Estimate(5.0, 1.0, 9.0, "any", likely_high=6.0) == (5.0, 1.0, 9.0, "any", 1.0, 6.0, 9.0)
    assert Estimate(5.0, 1.0, 9.0, "any", 4.0, 0.0, 0.0)[4:] == (4.0, 0.0, 0.0)  # 0 is not left out


def test_an_estimate_is_its_copies_and_pickles() -> None:
    made = Estimate(5.0, 1.0, 9.0, "any", 4.0, 6.0, 8.0)
    assert made == copy.deepcopy(made) == pickle.loads(pickle.dumps(made)) == Estimate(**made._asdict())
    assert type(made._replace(value=4.5)) is Estimate
