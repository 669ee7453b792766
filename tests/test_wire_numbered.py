"""Numbered parts are joined: telegrams 0 to 15, then 0 again (EN 13757-3), blocks from 1 on (Green Book 9.3.11)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wire import seeded

from hanparse.errors import FrameError
from hanparse.wire.link import Link
from hanparse.wire.message import MAX_MESSAGE, Dropped, Message
from hanparse.wire.numbered import MAX_LINKS, NumberedParts, Numbering

if TYPE_CHECKING:
    from collections.abc import Callable

LINK = Link((0x67,), (0xFF, 0x01), 0x53)


class Part(NamedTuple):
    """A part as it arrives. Equal payloads are of the same part."""

    number: int
    payload: bytes
    is_last: bool = False


def telegrams() -> NumberedParts:
    return NumberedParts(Numbering("telegram", 0, 16))


def blocks() -> NumberedParts:
    return NumberedParts(Numbering("block", 1, 1 << 16))


def cut(payload: bytes, size: int, first: int = 0, modulo: int = 16) -> list[Part]:
    """The parts of a message as they are sent."""
    pieces = [payload[at : at + size] for at in range(0, len(payload), size)]
    return [Part((first + at) % modulo, piece, is_last=at == len(pieces) - 1) for at, piece in enumerate(pieces)]


class Played(NamedTuple):
    messages: list[bytes]
    dropped: list[Dropped]


def play(joiner: NumberedParts, parts: list[Part], link: Link | None = LINK) -> Played:
    """What comes of the parts; each is sent 100 bytes after the one before."""
    played = Played([], [])
    for at, part in enumerate(parts):
        message, dropped = joiner.add(
            link, part.number, Message(part.payload, link, starts=((0, 100 * at),)), is_last=part.is_last
        )
        played.messages.extend([message.payload] if message else [])
        played.dropped.extend([dropped] if dropped else [])
    return played


@pytest.mark.parametrize("count", [1, 2, 15, 16, 17, 40])
@pytest.mark.parametrize(("joiner", "first", "modulo"), [(telegrams, 0, 16), (blocks, 1, 1 << 16)])
def test_parts_in_order_are_one_message_however_many_they_are(
    joiner: Callable[[], NumberedParts], first: int, modulo: int, count: int
) -> None:
    payload = bytes(range(count * 3))
    assert play(joiner(), cut(payload, 3, first, modulo)) == Played([payload], [])


def test_the_number_after_65535_is_0() -> None:
    numbered = NumberedParts(Numbering("block", 1, 1 << 16))
    parts = cut(bytes((1 << 16) + 1), 1, 1, 1 << 16)
    assert (parts[65534].number, parts[65535].number) == (65535, 0)
    played = play(numbered, parts[: MAX_MESSAGE + 1])
    assert "it has more than 16384 bytes" in str(
        played.dropped[0].error
    )  # a message is too long before its numbers begin again


@pytest.mark.parametrize("again", range(4))
def test_a_part_that_comes_twice_is_joined_once(again: int) -> None:
    parts = cut(b"abcdefgh", 2)
    assert play(telegrams(), parts[: again + 1] + parts[again:]) == Played([b"abcdefgh"], [])


def test_a_message_of_one_part_that_comes_twice_is_two_messages() -> None:
    assert play(telegrams(), 2 * cut(b"abc", 3)).messages == [b"abc", b"abc"]


def test_a_part_with_the_number_of_the_one_before_and_other_bytes_drops_the_message() -> None:
    parts = cut(b"abcdefgh", 2)
    played = play(telegrams(), [*parts[:2], Part(1, b"XX"), *parts[2:], *cut(b"next", 2)])
    assert played.messages == [b"next"]
    assert str(played.dropped[0].error).endswith("expected telegram 2, found telegram 1")


@pytest.mark.parametrize("lost", range(4))
def test_a_message_that_lost_a_part_is_dropped_and_the_next_one_is_not_touched(lost: int) -> None:
    parts = cut(b"abcdefgh", 2)
    played = play(telegrams(), parts[:lost] + parts[lost + 1 :] + cut(b"next", 2))
    assert played.messages == [b"next"]
    assert len(played.dropped) == 1


@pytest.mark.parametrize(
    ("lost", "reason", "offset", "what_came"),
    [
        (0, "telegram 0 is missing; the push that telegram 1 belongs to is dropped", 0, b"cd"),
        (2, "expected telegram 2, found telegram 3", 200, b"abcd"),
        (3, "expected telegram 3, found telegram 0", 300, b"abcdef"),
    ],
)
def test_what_was_dropped_is_said_with_its_place_and_what_there_was_of_it(
    lost: int, reason: str, offset: int, what_came: bytes
) -> None:
    parts = cut(b"abcdefgh", 2)
    (dropped,) = play(telegrams(), parts[:lost] + parts[lost + 1 :] + cut(b"next", 2)).dropped
    assert reason in str(dropped.error)
    assert dropped.error.offset == offset
    assert dropped.error.after_header  # its frames are sound
    assert dropped.message.payload == what_came
    assert dropped.is_joined


def test_block_0_does_not_exist_and_what_follows_it_up_to_the_last_block_is_not_read() -> None:
    zero, *rest = cut(b"abcdefgh", 2, 0)
    played = play(blocks(), [zero, Part(9, b"damaged"), *rest, *cut(b"next", 2, 1)])
    assert played.messages == [b"next"]
    assert [str(dropped.error).partition(": ")[2] for dropped in played.dropped] == [
        "expected block 1, found block 0; the push that block 0 belongs to is dropped"
    ]


def test_a_lone_block_0_does_not_hold_up_the_next_message() -> None:
    assert play(blocks(), [Part(0, b"a", is_last=True), *cut(b"next", 2, 1)]).messages == [b"next"]


def test_messages_of_two_links_may_come_at_the_same_time() -> None:
    other = LINK._replace(source=(0xFE, 0x01))
    joiner, found = telegrams(), []
    for mine, its in zip(cut(b"abcdefgh", 2), cut(b"ABCDEFGH", 2), strict=True):
        for link, part in ((LINK, mine), (other, its)):
            message, dropped = joiner.add(link, part.number, Message(part.payload, link), is_last=part.is_last)
            found += [(message.link, message.payload)] if message else []
            assert not dropped
    assert found == [(LINK, b"abcdefgh"), (other, b"ABCDEFGH")]


def test_the_control_byte_does_not_tell_links_apart() -> None:
    first, last = cut(b"abcd", 2)  # the frame count bit of M-Bus alternates: 53, 73
    joiner = telegrams()
    joiner.add(LINK, first.number, Message(first.payload, LINK), is_last=False)
    message, _ = joiner.add(
        LINK._replace(control=0x73), last.number, Message(last.payload, LINK._replace(control=0x73)), is_last=True
    )
    assert message
    assert message.payload == b"abcd"


def test_a_message_is_dropped_when_it_grows_beyond_16_kib_and_its_rest_with_it() -> None:
    assert MAX_MESSAGE == 16 * 1024
    whole = play(telegrams(), cut(bytes(MAX_MESSAGE), 250))
    assert (len(whole.messages), whole.dropped) == (1, [])
    played = play(telegrams(), cut(bytes(MAX_MESSAGE + 1), 250) + cut(b"next", 2))
    assert played.messages == [b"next"]
    assert "it has more than 16384 bytes" in str(played.dropped[0].error)


def test_parts_without_content_do_not_grow_without_end() -> None:
    joiner = telegrams()
    played = play(joiner, [Part(at % 16, b"") for at in range(40_000)])
    assert [str(dropped.error).rpartition(": ")[2] for dropped in played.dropped[:1]] == [
        "it has more than 16384 bytes"
    ]
    (rest,) = joiner.end(0)
    assert len(rest.message.starts) <= MAX_MESSAGE


def test_what_is_kept_of_links_is_bounded_and_the_one_that_was_silent_longest_is_dropped_with_an_error() -> None:
    joiner = telegrams()
    links = [LINK._replace(source=(number,)) for number in range(MAX_LINKS + 1)]
    first, last = cut(b"abcd", 2)
    for link in links[:-1]:
        joiner.add(link, first.number, Message(first.payload, link), is_last=False)
    joiner.add(links[0], first.number, Message(first.payload, links[0]), is_last=False)  # a repetition: not silent
    _, dropped = joiner.add(links[-1], first.number, Message(first.payload, links[-1]), is_last=False)
    assert dropped
    assert dropped.message.payload == first.payload
    assert dropped.message.link == links[1]
    asked = [links[0], *links[2:], links[1]]
    whole = [link for link in asked if joiner.add(link, last.number, Message(last.payload, link), is_last=True)[0]]
    assert whole == asked[:-1]


def test_the_end_of_the_input_drops_every_message_that_waits_and_says_for_which_part() -> None:
    joiner = blocks()
    other = LINK._replace(source=(1,))
    play(joiner, cut(b"abcdef", 2, 1)[:2])
    play(joiner, cut(b"abcdef", 2, 1)[:1], other)
    play(joiner, cut(b"whole", 2, 1), LINK._replace(source=(2,)))
    ended = list(joiner.end(777))
    assert [(one.error.offset, one.message.payload, one.message.link) for one in ended] == [
        (777, b"abcd", LINK),
        (777, b"ab", other),
    ]
    assert "the input ends before block 3" in str(ended[0].error)
    assert list(joiner.end(778)) == []


def complete(parts: list[Part]) -> list[bytes]:
    """The messages in parts as they arrive: neighbours numbered 0, 1, … up to a last one, repetitions left out."""
    arrived = [part for before, part in zip([None, *parts], parts, strict=False) if part != before or part.number == 0]
    found = []
    for end, last in enumerate(arrived):
        run = arrived[max(0, end - last.number) : end + 1]
        if last.is_last and [part.number for part in run] == list(range(last.number + 1)):
            found += [b"".join(part.payload for part in run)] if not any(part.is_last for part in run[:-1]) else []
    return found


@given(st.integers(0, 2**32))
def test_whatever_is_lost_or_doubled_what_arrives_whole_is_delivered_once_in_order_and_nothing_else(seed: int) -> None:
    rng = seeded(seed)
    sent: list[Part] = []
    for name in range(rng.randint(1, 8)):
        payload = b"".join(b"%d.%d " % (name, at) for at in range(rng.randint(1, 6)))
        for part in cut(payload, 4):
            sent += [part] * rng.choice((0, 1, 1, 1, 1, 2))
    played = play(telegrams(), sent)
    assert played.messages == complete(sent)
    assert all(isinstance(dropped.error, FrameError) for dropped in played.dropped)
