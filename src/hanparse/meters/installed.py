"""Defines `installed_profiles`, which loads the profiles of installed packages."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Final
from warnings import warn

from hanparse.meters import PROFILES
from hanparse.meters.profile import Profile

GROUP: Final = "hanparse.profiles"


def installed_profiles() -> tuple[Profile, ...]:
    """Return the profiles of hanparse and of every installed package that offers profiles.

    A package offers profiles with an entry point in the group ``hanparse.profiles``. The entry point names a `Profile`,
    or a tuple or list of profiles. This function imports the module of each entry point; the statement ``import
    hanparse`` does not. If an entry point cannot be loaded or names another object, a `RuntimeWarning` is issued, and
    the entry point is left out.
    """
    profiles = list(PROFILES)
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        try:
            loaded = entry.load()
        except Exception as error:  # noqa: BLE001  code of other packages can raise any error
            _warn(entry.name, entry.value, f"{type(error).__name__}: {error}")
            continue
        offered = [loaded] if isinstance(loaded, Profile) else loaded
        if isinstance(offered, list | tuple) and all(isinstance(item, Profile) for item in offered):
            profiles += offered
        else:
            _warn(
                entry.name,
                entry.value,
                f"expected a Profile, or a list that contains only profiles, found {type(loaded).__name__}",
            )
    return tuple(profiles)


def _warn(name: str, value: str, reason: str) -> None:
    warn(f"the profiles {name} = {value} of an installed package are left out: {reason}", RuntimeWarning, stacklevel=3)
