"""The Siemens IM350 in Vienna sends the logical device name, then values by position without scalers and units.

Source: a real capture that was deciphered. The meaning of the values after the name is from the lists of other meters
of this operator. The lists of an IM150 do not contain the name, so this profile does not recognise them.
"""

from hanparse.meters.profile import Profile, codes

SIEMENS = Profile(
    manufacturer="Siemens",
    list_ids=("SMS",),
    positions=(
        codes(
            "0-0:42.0.0/oct16=SMS* 0-0:1.0.0/oct12 1.8.0/u32 2.8.0/u32 3.8.0/u32 4.8.0/u32 "
            "1.7.0/u32 2.7.0/u32 3.7.0/u32 4.7.0/u32"
        ),
    ),
    exponents={"W": 0, "var": 0, "Wh": 0, "varh": 0},
)
