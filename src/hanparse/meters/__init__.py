"""A data-notification -> `Measurement`: the profiles, one data file a maker, and the one engine that applies them."""

from hanparse.meters.aidon import AIDON
from hanparse.meters.austria import AUSTRIA
from hanparse.meters.iskraemeco import ISKRAEMECO, ISKRAEMECO_PORT, ISKRAEMECO_UNNAMED
from hanparse.meters.kaifa import KAIFA, KAIFA_AUSTRIA
from hanparse.meters.kamstrup import KAMSTRUP
from hanparse.meters.landis_gyr import E360, E450, E450_UNNAMED, EMBRIQ
from hanparse.meters.profile import Finer, Model, Place, Profile, Wire, codes
from hanparse.meters.read import Reading, read
from hanparse.meters.sagemcom import SAGEMCOM
from hanparse.meters.siemens import SIEMENS
from hanparse.meters.unnamed import CZECHIA, UNNAMED

__all__ = ["PROFILES", "Finer", "Model", "Place", "Profile", "Reading", "Wire", "codes", "read"]

PROFILES: tuple[Profile, ...] = (
    *(AIDON, EMBRIQ, KAIFA, KAMSTRUP, ISKRAEMECO, SIEMENS),  # by the identifier of the list
    *(KAIFA_AUSTRIA, SAGEMCOM, E360, E450, ISKRAEMECO_PORT),  # by the logical device name or the addresses
    *(E450_UNNAMED, ISKRAEMECO_UNNAMED, AUSTRIA, CZECHIA),  # by what stands in the list
    UNNAMED,
)
"""Every profile. The order decides nothing: no two of them know the same wire or identifier, nor the same list but for
one that knows it on its wires alone, and is asked first there."""
