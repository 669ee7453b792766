"""Meters of some Austrian grid operators send lists that name no maker: values by position, without scalers and units.

Source: real captures that were deciphered, and public programs that read these lists. Meters of several makers send the
same lists. In Vienna, these meters are the E450 of Landis+Gyr and the AM550 of Iskraemeco. At the operator KELAG, they
are the AM550 of Iskraemeco and the IM350 of Siemens. At KELAG, the two types have different HDLC addresses.
"""

from hanparse.meters.profile import Profile, codes

_ENERGIES = "1.8.0/u32 2.8.0/u32 3.8.0/u32 4.8.0/u32"
_POWER = "1.7.0/u32 2.7.0/u32"
_SETUP = "?/oct6=0-6:25.9.0"  # the first element is the code of the push setup

AUSTRIA = Profile(
    manufacturer=None,
    signatures=(
        codes(f"0-0:1.0.0/oct12 {_ENERGIES} {_POWER} 3.7.0/u32 4.7.0/u32"),  # Wiener Netze
        codes(f"{_SETUP} 0-0:96.1.0/oct13 ?/oct4 ?/oct5 {_ENERGIES} {_POWER} 0-0:96.13.0/oct 0-0:96.13.1/oct"),  # KELAG
        codes(f"{_SETUP} 0-0:96.1.0/oct8 ?/oct4 ?/oct5 {_ENERGIES} {_POWER}"),  # eww, Wels; oct4: time, oct5: date
    ),
    exponents={"W": 0, "var": 0, "Wh": 0, "varh": 0},
)
