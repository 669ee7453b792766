"""Landis+Gyr: E350 in Norway (list EMBRIQ_V1_1), E360, E450 and E570 in Switzerland, E450 in Austria.

Source: real captures. Norwegian lists carry scalers and units, the others do not.
"""

from dataclasses import replace

from hanparse.measurement import Wiring
from hanparse.meters import clock
from hanparse.meters.profile import Model, Profile, Wire, codes

EMBRIQ = Profile(
    manufacturer="Landis+Gyr",
    list_ids=("EMBRIQ_",),
    clock=clock.NORMAL_TIME,
    models=(
        Model("ZFF1*", Wiring.THREE_WIRE, not_measured=("current_l2", "voltage_l2")),
        Model("ZMF1*", Wiring.FOUR_WIRE),
    ),
)

E450 = Profile(  # described lists of any length
    manufacturer="Landis+Gyr",
    devices=("LGZ",),
    wires=(Wire((103, 127), (1,), 0x13),),  # CE FF, 03
    exponents={"W": 0, "var": 0, "A": -2, "V": 0, "Wh": 0, "varh": 0, "°": 0, "": -3},
)
E360 = replace(E450, devices=("LGZ", "LGF"), wires=(Wire((103,), (1,), 0x13),), exponents={**E450.exponents, "V": -1})
E570 = replace(
    E450,
    wires=tuple(Wire((103, lower), (1,), 0x13) for lower in (0x4D, 0x7E, 0x4A)),  # CE 9B, CE FD, CE 95
    exponents={**E450.exponents, "A": 0},
)

_BURGENLAND = (
    "32.7.0/u16 52.7.0/u16 72.7.0/u16 31.7.0/u16 51.7.0/u16 71.7.0/u16 1.7.0/u32 2.7.0/u32 1.8.0/u32 2.8.0/u32"
)
E450_UNNAMED = replace(
    E450,
    devices=(),
    wires=(),
    signatures=(
        codes(f"{_BURGENLAND} 81.7.40/u16 81.7.51/u16 81.7.62/u16 0-0:96.1.0/oct8"),  # angles: 400 without current
        codes(f"{_BURGENLAND} 0-0:96.1.0/oct8"),
        codes(  # Steiermark: a clock, then codes and values
            "0-0:1.0.0 1.8.0 1.8.1 1.8.2 1.7.0 2.8.0 2.8.1 2.8.2 2.7.0 3.8.0 3.8.1 3.8.2 3.7.0 4.8.0 4.8.1 4.8.2 4.7.0"
        ),
    ),
)
