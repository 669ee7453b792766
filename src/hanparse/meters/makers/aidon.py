"""Aidon meters in Norway (list identifier AIDON_V0001) send registers with scalers and units.

Source: Aidon HAN interface description v11A.
"""

from hanparse.measurement import Wiring
from hanparse.meters import clock
from hanparse.meters.profile import Model, Profile

AIDON = Profile(
    manufacturer="Aidon",
    list_ids=("AIDON_",),
    clock=clock.NORMAL_TIME,  # the deviation is 0 or not specified, but the clock shows normal time (UTC+1) all year
    models=(
        Model("6515*", Wiring.ONE_PHASE),
        Model("6525*", Wiring.THREE_WIRE),
        Model("6534*", Wiring.FOUR_WIRE),
        Model("6540*", Wiring.THREE_WIRE, transformers=True),
        Model("6550*", Wiring.FOUR_WIRE, transformers=True),
    ),
)
