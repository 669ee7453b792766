"""Finds the profiles of installed packages: `installed_profiles`."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Final
from warnings import warn

from hanparse.meters import PROFILES
from hanparse.meters.profile import Profile

GROUP: Final = "hanparse.profiles"


def installed_profiles() -> tuple[Profile, ...]:
    """Return the profiles of hanparse and of every installed package that offers profiles.

    A package offers profiles by an entry point of the group ``hanparse.profiles``, which names a `Profile` or several
    of them in a tuple or a list. Importing hanparse runs no code of such a package; this function imports their
    modules. An entry point that cannot be loaded, or that is something else, is a `RuntimeWarning` and is left out.
    """
    found = list(PROFILES)
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        try:
            loaded = entry.load()
        except Exception as error:  # noqa: BLE001  code of other packages may raise anything
            _warn(entry.name, entry.value, f"{type(error).__name__}: {error}")
            continue
        offered = [loaded] if isinstance(loaded, Profile) else loaded
        if isinstance(offered, list | tuple) and all(isinstance(one, Profile) for one in offered):
            found += offered
        else:
            _warn(entry.name, entry.value, f"expected a Profile or a list of them, found {type(loaded).__name__}")
    return tuple(found)


def _warn(name: str, value: str, reason: str) -> None:
    warn(f"the profiles {name} = {value} of an installed package are left out: {reason}", RuntimeWarning, stacklevel=3)
