"""Contains profiles for lists that name no maker: `UNNAMED`, `PORT` (DLMS lists at P1 ports) and `CZECHIA`.

Source of `UNNAMED`: real captures. The lists contain codes, scalers and units.

Source of `PORT`: real captures. Meters of Landis+Gyr (E360), Iskraemeco and Siemens use the push setup 0-6:25.9.0 on
their P1 port.

Source of `CZECHIA`: a real capture, and an example that a grid company published. Meters of Sagemcom (XT211) and ZPA
(AM375) send the same lists, in W and Wh.
"""

from hanparse.meters.profile import Profile

_WHOLE = {"W": 0, "var": 0, "Wh": 0, "varh": 0}
UNNAMED = Profile(manufacturer=None)
CZECHIA = Profile(manufacturer=None, attributes=True, exponents={"W": 0, "Wh": 0})
# The meters send powers in W and energies in Wh.
PORT = Profile(manufacturer=None, setups=("0-6:25.9.0",), exponents=_WHOLE)
