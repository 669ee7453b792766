"""Landis+Gyr E350 in Norway (list EMBRIQ_V1_1): registers with scalers and units, as Aidon's.

Source: real captures.
"""

from hanparse.measurement import Wiring
from hanparse.meters import clock
from hanparse.meters.profile import Model, Profile

EMBRIQ = Profile(
    manufacturer="Landis+Gyr",
    list_ids=("EMBRIQ_",),
    clock=clock.NORMAL_TIME,
    models=(
        Model("ZFF1*", Wiring.THREE_WIRE, not_measured=("current_l2", "voltage_l2")),
        Model("ZMF1*", Wiring.FOUR_WIRE),
    ),
)
