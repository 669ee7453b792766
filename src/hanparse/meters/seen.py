"""Stores the maker of the last push on each link, to identify the next list if it names no maker: `LastMakers`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from hanparse.meters.profile import Profile
    from hanparse.wire.link import Link

MAX_LINKS: Final = 256
"""The largest number of links that are stored. A HAN port has one link."""


class LastMaker:
    """Stores the profile that read the last push on one link; `None` before the first push of a known maker."""

    __slots__ = ("profile",)

    def __init__(self) -> None:
        self.profile: Profile | None = None

    def see(self, profile: Profile) -> None:
        """Record that `profile` read a push. A profile without a manufacturer changes nothing."""
        if profile.manufacturer:
            self.profile = profile


class LastMakers:
    """Stores the last maker of each link, for at most `MAX_LINKS` links. Removes the least recently used link first."""

    def __init__(self) -> None:
        self._by_link: dict[Link | None, LastMaker] = {}

    def __len__(self) -> int:
        """Return the number of links."""
        return len(self._by_link)

    @property
    def state(self) -> list[tuple[Link | None, Profile]]:
        """The links, each with the profile of its last maker."""
        return [(link, last.profile) for link, last in self._by_link.items() if last.profile]

    def of(self, link: Link | None) -> LastMaker:
        """Return the `LastMaker` of `link`. For a link that is not stored, return a new `LastMaker`."""
        last = self._by_link.pop(link, None) or LastMaker()
        self._by_link[link] = last
        if len(self._by_link) > MAX_LINKS:
            del self._by_link[next(iter(self._by_link))]
        return last
