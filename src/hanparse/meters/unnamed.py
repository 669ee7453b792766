"""Lists that name no maker but say everything themselves: codes, scalers, units."""

from hanparse.meters.profile import Profile

UNNAMED = Profile(manufacturer=None)
