"""Kamstrup meters (list identifier Kamstrup_V0001) send pairs of code and value, without scalers and units.

Source: Kamstrup HAN-NVE interface description rev 3.1, real captures.
"""

from hanparse.measurement import Wiring
from hanparse.meters import clock
from hanparse.meters.profile import HigherResolution, Model, Profile

_CT = {"A": -3}  # types 685… (for transformers, up to 6 A) send mA; source: only real captures

# The digits of a type number: 68; 4 (direct connection), 5 (for transformers) or 6 (one phase); 1; housing; number of
# measuring systems; others
KAMSTRUP = Profile(
    manufacturer="Kamstrup",
    list_ids=("Kamstrup_V",),
    exponents={"W": 0, "var": 0, "A": -2, "V": 0, "Wh": 1, "varh": 1, "": -2},
    # In Denmark and Sweden (2024), meters of the same types send voltages in hundredths of a volt in the same lists. No
    # meter with a HAN port has more than 500 V between two lines, so a number of 512 or more is in hundredths. No meter
    # works below 5.12 V, so a number below 512 is in volts.
    higher_resolution={"V": HigherResolution(512, -2)},
    clock=clock.NORMAL_TIME,  # even if the DST bit is set, the clock shows normal time (UTC+1)
    models=(
        Model("685??2*", Wiring.THREE_WIRE, exponents=_CT, transformers=True),
        Model("685??3*", Wiring.FOUR_WIRE, exponents=_CT, transformers=True),
        Model("68???1*", Wiring.ONE_PHASE),
        Model("68???2*", Wiring.THREE_WIRE),
        Model("68???3*", Wiring.FOUR_WIRE),
    ),
)
