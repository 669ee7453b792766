"""Kaifa meters (list identifier KFM_001) send values by position, or with codes, without scalers and units.

Some manuals of other products call these meters Kaifa/Nuri.

Source: Kaifa OBIS list of 21.03.2017, real captures.
"""

from hanparse.measurement import Wiring
from hanparse.meters import clock
from hanparse.meters.profile import Model, Profile, codes
from hanparse.wire.link import Link

_HEAD = "1-1:0.2.129 0-0:96.1.0 0-0:96.1.7 1.7.0 2.7.0 3.7.0 4.7.0"
_ONE_PHASE = f"{_HEAD} 31.7.0 32.7.0"
_THREE_PHASE = f"{_HEAD} 31.7.0 51.7.0 71.7.0 32.7.0 52.7.0 72.7.0"
_HOURLY = "0-0:1.0.0 1.8.0 2.8.0 3.8.0 4.8.0"

KAIFA = Profile(
    manufacturer="Kaifa",
    list_ids=("KFM_",),
    links=(Link(destination=(0,), source=(1, 0), control=0x10),),  # octets: 01, 02 01; control: I-frame (Norway)
    unframed=(codes("1.7.0/u32"),),
    positions=(
        codes("1.7.0"),
        codes(_ONE_PHASE),
        codes(_THREE_PHASE),
        codes(f"{_ONE_PHASE} {_HOURLY}"),
        codes(f"{_THREE_PHASE} {_HOURLY}"),
    ),
    exponents={"W": 0, "var": 0, "A": -3, "V": -1, "Wh": 0, "varh": 0},
    clock=clock.LOCAL_TIME,
    models=(
        Model("MA105*", Wiring.ONE_PHASE),
        Model("MA304H3*", Wiring.THREE_WIRE, not_measured=("voltage_l2",)),
        Model("MA304T3*", Wiring.THREE_WIRE, not_measured=("current_l2", "voltage_l2"), transformers=True),
        Model("MA304H4*", Wiring.FOUR_WIRE),
        Model("MA304T4*", Wiring.FOUR_WIRE, transformers=True),
    ),
)

# Kaifa meters of TINETZ and other Austrian operators send registers with scalers and units. The logical device name
# identifies the maker.
KAIFA_AUSTRIA = Profile(manufacturer="Kaifa", devices=("KFM",))
