"""The last maker of a link, and for how many links it is remembered."""

from __future__ import annotations

from hanparse.meters import Profile
from hanparse.meters.makers.aidon import AIDON
from hanparse.meters.makers.kaifa import KAIFA
from hanparse.meters.seen import MAX_LINKS, LastMaker, LastMakers
from hanparse.wire.link import Link

NOBODY = Profile(manufacturer=None)


def test_the_maker_that_was_seen_last_is_known() -> None:
    last = LastMaker()
    assert last.profile is None
    for profile in (AIDON, KAIFA, AIDON):
        last.see(profile)
        assert last.profile is profile


def test_a_profile_of_nobody_changes_nothing() -> None:
    last = LastMaker()
    last.see(NOBODY)
    assert last.profile is None
    last.see(KAIFA)
    last.see(NOBODY)
    assert last.profile is KAIFA


def test_links_are_told_apart_by_addresses_and_control_and_no_link_is_one_too() -> None:
    makers = LastMakers()
    links = [None, Link((1,), (2,), 0x10), Link((1,), (2,), 0x13), Link((1,), (3,), 0x10)]
    makers.of(links[1]).see(AIDON)
    makers.of(None).see(KAIFA)
    assert [makers.of(link).profile for link in links] == [KAIFA, AIDON, None, None]


def test_the_link_that_was_asked_for_least_recently_is_forgotten() -> None:
    makers = LastMakers()
    links = [Link((0,), divmod(number, 128), 0x13) for number in range(MAX_LINKS + 1)]
    for link in [*links[:-1], links[0], links[-1]]:
        makers.of(link).see(AIDON)
    assert len(makers) == MAX_LINKS == 256
    asked = [links[0], *links[2:], links[1]]
    assert [makers.of(link).profile for link in asked] == [AIDON] * MAX_LINKS + [None]


def test_the_state_is_every_link_with_a_maker() -> None:
    makers = LastMakers()
    makers.of(None).see(KAIFA)
    makers.of(Link((1,), (2,), 0x13))
    assert makers.state == [(None, KAIFA)]
