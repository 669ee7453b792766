"""Landis+Gyr meters: E350 in Norway (list identifier EMBRIQ_V1_1), E360, E450, E570 in Switzerland, E450 in Austria.

Source: real captures. Only the lists in Norway contain scalers and units.
"""

from dataclasses import replace

from hanparse.measurement import Wiring
from hanparse.meters import clock
from hanparse.meters.profile import Model, Profile, codes
from hanparse.wire.link import Link

EMBRIQ = Profile(
    manufacturer="Landis+Gyr",
    list_ids=("EMBRIQ_",),
    clock=clock.NORMAL_TIME,
    models=(
        Model("ZFF1*", Wiring.THREE_WIRE, not_measured=("current_l2", "voltage_l2")),
        Model("ZMF1*", Wiring.FOUR_WIRE),
        Model("", None, not_measured=("current_l2", "voltage_l2")),  # some lists of a ZFF do not contain the type
    ),
)

_WHOLE = {"W": 0, "var": 0, "Wh": 0, "varh": 0, "°": 0, "": -3}
E450 = Profile(  # lists with a push-object-list; an E570 has the same addresses, but sends currents in A, in 64 bits
    manufacturer="Landis+Gyr",
    devices=("LGZ",),
    setups=("0-8:25.9.0", "0-9:25.9.0", "0-11:25.9.0"),
    links=tuple(Link((103, lower), (1,), 0x13) for lower in (127, 0x4D, 0x7E, 0x4A)),  # CE FF, CE 9B, CE FD, CE 95
    exponents={**_WHOLE, "A": -2, "A/i64": 0, "A/u64": 0, "V": 0, "Hz": 0},
)
E360 = replace(
    E450,
    devices=("LGZ", "LGF"),
    setups=("0-6:25.9.0",),
    links=(Link((103,), (1,), 0x13),),
    exponents={**_WHOLE, "A": -2, "V": -1},
)

_BURGENLAND = (
    "32.7.0/u16 52.7.0/u16 72.7.0/u16 31.7.0/u16 51.7.0/u16 71.7.0/u16 1.7.0/u32 2.7.0/u32 1.8.0/u32 2.8.0/u32"
)
E450_UNNAMED = replace(
    E450,
    devices=(),
    links=(),
    signatures=(
        codes(f"{_BURGENLAND} 81.7.40/u16 81.7.51/u16 81.7.62/u16 0-0:96.1.0/oct8"),  # an angle of 400 means no current
        codes(f"{_BURGENLAND} 0-0:96.1.0/oct8"),
        codes(  # Steiermark: a clock, then codes and values
            "0-0:1.0.0 1.8.0 1.8.1 1.8.2 1.7.0 2.8.0 2.8.1 2.8.2 2.7.0 3.8.0 3.8.1 3.8.2 3.7.0 4.8.0 4.8.1 4.8.2 4.7.0"
        ),
    ),
)
