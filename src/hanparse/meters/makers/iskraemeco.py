"""Iskraemeco AM550, AM100 and IE.5 send lists without scalers and units, by position or with a push-object-list.

In a list without a push-object-list, the position of a value determines its meaning. Sources: real captures, and the
firmware of devices that read these meters, which contains the order of the registers. If no document explains the
value at a position, the position has no code, and the value fills no field.
"""

from dataclasses import replace

from hanparse.meters.profile import Profile, codes
from hanparse.wire.link import Link

_DEVICE = "0-0:42.0.0/oct=ISK*"  # the logical device name
_ID = "0-0:96.1.0/oct~ISK*"  # the serial number ISK…, or an identifier that the operator chooses
_POWERS = "1.7.0/u32 2.7.0/u32 3.7.0/u32 4.7.0/u32"
_VOLTAGES = "32.7.0/u16 52.7.0/u16 72.7.0/u16"
_CURRENTS = "31.7.0/u16 51.7.0/u16 71.7.0/u16"
_PHASE_POWERS = "21.7.0/u32 41.7.0/u32 61.7.0/u32 22.7.0/u32 42.7.0/u32 62.7.0/u32"
_TARIFFS = "1.8.0/u32 1.8.1/u32 1.8.2/u32 2.8.0/u32 2.8.1/u32 2.8.2/u32"
_TWO_TARIFFS = " ".join(f"{quantity}.8.{tariff}/u32" for quantity in (1, 2, 3, 4) for tariff in (1, 2))
_HEP = "0-0:96.1.0/oct8 ?/oct4 ?/oct5"  # Croatia: serial number, time, date
_QUADRANTS = "5.8.0/u32 6.8.0/u32 7.8.0/u32 8.8.0/u32"
_POWER = "1.7.0/u32 2.7.0/u32"
_PHASES = f"{_PHASE_POWERS} {_VOLTAGES} {_CURRENTS}"
_LIMITERS = "?/u32 ?/array ?/array ?/array ?/bool", "?/u32 ?/bool ?/array ?/array ?/array"  # the limiter and its states

ISKRAEMECO = Profile(  # Slovenia
    manufacturer="Iskraemeco",
    list_ids=("ISK",),
    positions=(
        codes(f"{_DEVICE} {_ID} {_POWERS} {_VOLTAGES} {_CURRENTS} {_PHASE_POWERS}"),
        codes(f"{_DEVICE} {_ID} 0-0:96.3.10/enum 0-0:96.14.0/oct2 {_TARIFFS} 3.8.0/u32 4.8.0/u32"),
        codes(f"{_DEVICE} {_ID} 0-0:96.3.10/bool 0-0:96.14.0/oct2 {_TARIFFS} 3.8.0/u32 4.8.0/u32"),
        codes(f"{_DEVICE} {_ID} {_VOLTAGES} {_CURRENTS} {_POWERS}"),
        codes(f"{_DEVICE} 0-0:96.1.0/oct {_POWERS} 32.7.0/u16 ?/u32 ?/u32"),
        codes(f"{_DEVICE} 1.7.0/u32 2.7.0/u32 {_TARIFFS}"),
        codes(f"{_DEVICE} {_ID} {_POWERS} 32.7.0/u16 31.7.0/u16 21.7.0/u32 22.7.0/u32"),
        codes(f"{_DEVICE} {_ID} {_TWO_TARIFFS}"),
        codes(f"{_DEVICE} {_ID} 32.7.0/u16 31.7.0/u16 {_POWERS}"),
    ),
    exponents={"W": 0, "var": 0, "A": -2, "V": -1, "Wh": 0, "varh": 0, "": -3},
)

ISKRAEMECO_UNNAMED = replace(
    ISKRAEMECO,
    list_ids=(),
    positions=(),
    signatures=(
        *(codes(f"{_HEP} {_TARIFFS} {_QUADRANTS} {_POWER} 13.7.0/u16 {_PHASES} {limiter}") for limiter in _LIMITERS),
        *(codes(f"{_HEP} {_TARIFFS} {_POWER} {_PHASES} {limiter}") for limiter in _LIMITERS),
    ),
)

_QUARTER_HOUR = codes("0-0:96.1.0/oct8 ?/u8 1.8.0/u32 2.8.0/u32")
ISKRAEMECO_PORT = replace(  # EKZ and VSE (Switzerland, 2026), short lists in Slovenia, KELAG (Austria)
    ISKRAEMECO_UNNAMED,
    devices=("ISK",),
    setups=("0-6:25.9.0",),
    links=(Link((103,), (1, 17), 0x13), Link((103,), (1, 17), 0x03)),  # on the wire: destination CF, source 02 23
    unframed=(_QUARTER_HOUR,),
    signatures=(
        _QUARTER_HOUR,
        codes(
            "?/oct6=0-6:25.9.0 0-0:96.1.0/oct13 ?/oct4 ?/oct5 1.8.0/u32 2.8.0/u32 3.8.0/u32 4.8.0/u32 "
            f"{_POWER} 0-0:96.13.0/oct 0-0:96.13.1/oct"
        ),
    ),
)
