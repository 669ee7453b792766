"""Reads a data-notification with the profiles, one data file for each maker, and turns it into a `Measurement`."""

from hanparse.meters.makers.aidon import AIDON
from hanparse.meters.makers.austria import AUSTRIA
from hanparse.meters.makers.energomera import ENERGOMERA
from hanparse.meters.makers.iskraemeco import ISKRAEMECO, ISKRAEMECO_PORT, ISKRAEMECO_UNNAMED
from hanparse.meters.makers.kaifa import KAIFA, KAIFA_AUSTRIA
from hanparse.meters.makers.kamstrup import KAMSTRUP
from hanparse.meters.makers.landis_gyr import E360, E450, E450_UNNAMED, EMBRIQ
from hanparse.meters.makers.sagemcom import SAGEMCOM
from hanparse.meters.makers.siemens import SIEMENS
from hanparse.meters.makers.unnamed import CZECHIA, PORT, UNNAMED
from hanparse.meters.profile import HigherResolution, Model, Place, Profile, codes
from hanparse.meters.read import Reading, read

__all__ = ["PROFILES", "HigherResolution", "Model", "Place", "Profile", "Reading", "codes", "read"]


class _Profiles(tuple[Profile, ...]):
    """Profiles that `help` and editors show by their name, in signatures."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "PROFILES"


PROFILES: tuple[Profile, ...] = _Profiles(
    (
        *(AIDON, EMBRIQ, KAIFA, KAMSTRUP, ISKRAEMECO, SIEMENS),  # by the identifier of the list
        *(KAIFA_AUSTRIA, SAGEMCOM, ENERGOMERA, E360, E450, ISKRAEMECO_PORT),  # by the logical device name or addresses
        *(E450_UNNAMED, ISKRAEMECO_UNNAMED, AUSTRIA, CZECHIA, PORT),  # by the elements of the list
        UNNAMED,
    )
)
"""Every profile. Their order does not matter, because their recognition rules never overlap. Where two profiles read
the same list, one of them applies to a link only, and it is tried first on this link."""
