"""Lists that name no maker: those that contain codes, scalers and units; and those of Czechia.

Source: a real capture and the example of an operator. Meters of Sagemcom (XT211) and ZPA (AM375) send the same lists,
in W and Wh.
"""

from hanparse.meters.profile import Profile

UNNAMED = Profile(manufacturer=None)
CZECHIA = Profile(manufacturer=None, attributes=True, exponents={"W": 0, "Wh": 0})
