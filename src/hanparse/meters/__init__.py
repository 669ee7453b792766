"""Turns a data-notification into a `Measurement`, according to the rules of a `Profile`.

A data-notification is the APDU of a push. A profile describes the meters of one maker. The package `makers` contains
one module of profiles for each maker.
"""

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
    """A tuple of profiles. The `repr` is short, because `help` and editors show it in signatures."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "PROFILES"


PROFILES: tuple[Profile, ...] = _Profiles(
    (
        # Profiles that recognise the list identifier:
        *(AIDON, EMBRIQ, KAIFA, KAMSTRUP, ISKRAEMECO, SIEMENS),
        # Profiles that recognise the logical device name or the link:
        *(KAIFA_AUSTRIA, SAGEMCOM, ENERGOMERA, E360, E450, ISKRAEMECO_PORT),
        # Profiles that recognise the elements of the list:
        *(E450_UNNAMED, ISKRAEMECO_UNNAMED, AUSTRIA, CZECHIA, PORT),
        UNNAMED,
    )
)
"""All profiles of hanparse.

The order is not significant, because no two profiles recognise the same list. There is one exception: a profile with
`links` and another profile can recognise the same list. On these links, `read` tries the profile with `links` first.
"""
