"""A data-notification -> `Measurement`: the profiles, one data file a maker, and the one engine that applies them."""

from hanparse.meters.aidon import AIDON
from hanparse.meters.kaifa import KAIFA
from hanparse.meters.kamstrup import KAMSTRUP
from hanparse.meters.landis_gyr import EMBRIQ
from hanparse.meters.profile import Model, Profile, Wire, codes
from hanparse.meters.read import Reading, read
from hanparse.meters.unnamed import UNNAMED

__all__ = ["PROFILES", "Model", "Profile", "Reading", "Wire", "codes", "read"]

PROFILES: tuple[Profile, ...] = (AIDON, EMBRIQ, KAIFA, KAMSTRUP, UNNAMED)
"""Every profile, in the order of choice; a list identifier belongs to one of them at most."""
