"""Defines `LastMakers`, which stores the maker of the last push on each link.

A *link* is the addresses and the control field of a frame. If the next list on the link does not name its maker,
`hanparse.meters.read` also tries the profile of the last maker.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from hanparse.meters.profile import Profile
    from hanparse.wire.link import Link

MAX_LINKS: Final = 256
"""The maximum number of links that are stored. Most HAN ports use only one link."""


class LastMaker:
    """Stores the last profile that has a manufacturer and has read a push on one link.

    `profile` is `None` until such a profile has read a push.
    """

    __slots__ = ("profile",)

    def __init__(self) -> None:
        self.profile: Profile | None = None

    def see(self, profile: Profile) -> None:
        """Store `profile`, which has read a push. A profile without a manufacturer is not stored."""
        if profile.manufacturer:
            self.profile = profile


class LastMakers:
    """Stores the last maker of each link, for at most `MAX_LINKS` links. Removes the least recently used link first."""

    def __init__(self) -> None:
        self._by_link: dict[Link | None, LastMaker] = {}

    def __len__(self) -> int:
        """Return the number of links that are stored."""
        return len(self._by_link)

    @property
    def state(self) -> list[tuple[Link | None, Profile]]:
        """Each link that has a profile, with this profile."""
        return [(link, last.profile) for link, last in self._by_link.items() if last.profile]

    def of(self, link: Link | None) -> LastMaker:
        """Return the `LastMaker` of `link`. If `link` is not stored, store a new `LastMaker` and return it."""
        last = self._by_link.pop(link, None) or LastMaker()
        self._by_link[link] = last
        if len(self._by_link) > MAX_LINKS:
            del self._by_link[next(iter(self._by_link))]
        return last
