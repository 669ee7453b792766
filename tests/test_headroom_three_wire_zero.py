"""0 A in L2 of a 3-wire meter is not believed where the other two lines rule it out.

Without a neutral L2 carries |I1 - I3| at least. A Kamstrup of type 684..2 that sends 20 A, 0, 10 A does not measure L2:
it carries 10 to 30 A. A car between L2 and L3 that got 15 A would make up to 45 A in L2 of it, on a 25 A fuse.
"""

from datetime import UTC, datetime

import hanparse
from hanparse import Wiring
from hanparse.energy.headroom import FuseGuard

NOW = datetime(2024, 1, 15, 18, tzinfo=UTC)
PUSH = """
7ea0e32b21139886e6e7000f00000000090c07e2010202030432ff80000002190a0e4b616d73747275705f563030303109060101000005ff0a1035373035
37303530303030303030313709060101600101ff0a1236383431313231424e32343331303130343009060101010700ff060000030909060101020700ff06
0000000009060101030700ff060000000809060101040700ff0600000000090601011f0700ff06000007d009060101330700ff0600000000090601014707
00ff06000003e809060101200700ff1200e509060101340700ff1200e609060101480700ff1200e77ff47e"""


def test_a_zero_in_l2_that_the_other_lines_rule_out_is_bounded() -> None:
    measurement = hanparse.decode(PUSH)
    assert (measurement.wiring, measurement.current_l1, measurement.current_l3) == (Wiring.THREE_WIRE, 20, 10)
    guard = FuseGuard(25, Wiring.THREE_WIRE, charger=(2, 3))
    guard.update(measurement, NOW)
    assert guard.headroom(NOW).free[2] == 0
    assert guard.headroom(NOW).current == 0
