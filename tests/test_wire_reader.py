"""The resynchronisation rule, on two link layers as small as can be, held against a search by definition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import pytest
from framefiles import named
from hypothesis import example, given
from hypothesis import strategies as st
from wire import chunks, seeded

from hanparse.errors import FrameError
from hanparse.hdlc import Frame, Hdlc
from hanparse.mbus import MBus, MBusShort, Telegram
from hanparse.p1 import P1
from hanparse.wire.reader import StreamReader

if TYPE_CHECKING:
    from collections.abc import Sequence

LIST_1 = named("kaifa/list1-no").data
OTHER = named("aidon/list1-no").data


class Found(NamedTuple):
    offset: int
    raw: bytes
    after_loss: bool


def counted(byte: int) -> int:
    """How many bytes of data a digit announces, or a mark in its place."""
    return (byte - ord("0")) % 10


@dataclass
class Toy:
    """Frames of an opening mark, a digit that counts data, the data, the last digit of their sum, a closing mark."""

    opening: str
    closing: str
    shared: int = 0
    max_size: int = 13

    def __post_init__(self) -> None:
        self.first = ord(self.opening)
        self.start = rb"\%b(?:\Z|[%b])" % (self.opening.encode(), self.counts)

    @property
    def counts(self) -> bytes:
        """What may stand behind the opening mark; a shared mark does not follow itself, as flags of HDLC do not."""
        return b"0123456789" + (b"<" if self.shared else b"<|")

    def find_end(self, data: bytes, start: int, _base: int, /) -> tuple[int, bool]:
        if start + 2 > len(data):
            return start + 4, False
        end = start + 4 + counted(data[start + 1])
        if end <= len(data) and not self.is_sound(data[start:end]):
            raise FrameError("the toy is damaged", offset=end - 1, after_header=True)
        return end, True

    def is_sound(self, raw: bytes) -> bool:
        inner, check, closing = raw[1:-2], raw[-2:-1], raw[-1:]
        return b"%d" % (sum(inner) % 10) == check and closing == self.closing.encode()

    def read(self, data: bytes, offset: int, /, *, after_loss: bool) -> Found:
        return Found(offset, data, after_loss)

    def truncated(self, size: int, end: int, start: int, /, *, sound: bool) -> FrameError:
        return FrameError(f"cut off {start} {end}", offset=size, after_header=sound)


LAYERS = (Toy("<", ">"), Toy("|", "|", shared=1))


def toy(data: bytes, marks: str = "<>") -> bytes:
    inner = b"%d" % len(data) + data
    return marks[:1].encode() + inner + b"%d" % (sum(inner) % 10) + marks[-1:].encode()


def found_in(data: bytes, parts: list[bytes], layers: Sequence[Toy] = LAYERS) -> tuple[list[object], StreamReader]:
    """The events of a stream that comes in these parts."""
    reader = StreamReader(layers)
    events: list[object] = []
    for part in parts:
        events += reader.receive(part)
        events += iter(reader.next_event, None)
        assert reader.pending <= 2 * max(layer.max_size for layer in layers)
    reader.end()
    events += iter(reader.next_event, None)
    assert (reader.received, reader.pending) == (len(data), 0)
    return events, reader


def by_definition(data: bytes) -> list[Found]:
    """From left to right: the next place where a sound frame begins, then on from its end."""
    found: list[Found] = []
    at = after = 0
    while at < len(data):
        layer = next((layer for layer in LAYERS if data[at] == layer.first), None)
        count = data[at + 1 : at + 2]
        end = at + 4 + counted(count[0]) if layer and count and count in layer.counts else 0
        if layer and 0 < end <= len(data) and layer.is_sound(data[at:end]):
            found.append(Found(at, data[at:end], after_loss=bool(data[after:at].strip(b"\x7e"))))
            after, at = end, end - layer.shared
        else:
            at += 1
    return found


pieces = st.one_of(
    st.builds(toy, st.text("<>|0123~x", max_size=9).map(str.encode), st.sampled_from(["<>", "||"])),
    st.text("<>|01234~x", min_size=1, max_size=6).map(str.encode),
    st.just(b"~"),
)


@given(st.lists(pieces, max_size=30).map(b"".join), st.integers(0, 2**32))
@example(b"<" + toy(b"in"), 2)
@example(toy(b"a", "||") + toy(b"b", "||")[1:], 0)
@example(b"<9" + toy(b"inside"), 1)
def test_every_intact_frame_is_delivered_once_in_order_whatever_surrounds_it_in_any_chunks(
    data: bytes, seed: int
) -> None:
    for parts in ([data], [*chunks(seeded(seed), data, 1)], [*chunks(seeded(seed), data, seed % 40 + 2)]):
        events, reader = found_in(data, parts)
        found = [event for event in events if isinstance(event, Found)]
        assert found == by_definition(data)
        covered = {at for one in found for at in range(one.offset, one.offset + len(one.raw))}
        assert reader.skipped == bytes(byte for at, byte in enumerate(data) if at not in covered)


@given(st.lists(pieces, max_size=30).map(b"".join), st.integers(0, 2**32))
def test_errors_and_frames_come_in_the_order_of_the_stream_in_any_chunks(data: bytes, seed: int) -> None:
    def told(parts: list[bytes]) -> list[str]:
        return [str(event) for event in found_in(data, parts)[0]]

    assert told([data]) == told([*chunks(seeded(seed), data, seed % 40 + 1)])


def test_a_candidate_that_fails_hides_no_frame_that_begins_inside_of_it() -> None:
    inside = toy(b"in", "||")
    data = b"<9x" + inside + b"yy>"
    error, found = (event for event in found_in(data, [data])[0])
    assert isinstance(error, FrameError)
    assert found == Found(3, inside, after_loss=True)


def test_a_candidate_may_begin_at_the_second_byte_of_one_that_fails() -> None:
    data = b"<" + toy(b"in")
    assert found_in(data, [data])[0][-1] == Found(1, toy(b"in"), after_loss=True)


def test_an_error_is_where_it_is_in_the_stream_however_much_was_dropped_before() -> None:
    data = toy(b"a") * 20 + b"<1a0x"
    for parts in ([data], [*chunks(seeded(0), data, 7)]):
        error = found_in(data, parts)[0][-1]
        assert isinstance(error, FrameError)
        assert error.offset == len(data) - 1


def test_a_frame_inside_a_sound_one_is_none() -> None:
    outside = toy(toy(b"in", "||"))
    assert found_in(outside, [outside])[0] == [Found(0, outside, after_loss=False)]


def test_a_frame_is_delivered_by_the_chunk_that_brings_its_last_byte() -> None:
    reader = StreamReader(LAYERS)
    sent = b"noise" + toy(b"abc")
    for at in range(len(sent)):
        reader.receive(sent[at : at + 1])
        assert (reader.next_event() is not None) == (at == len(sent) - 1)


def test_the_end_of_the_input_cuts_off_what_waits_and_a_new_stream_may_follow() -> None:
    reader = StreamReader(LAYERS)
    reader.receive(b"<3a" + toy(b"", "||")[:-1])
    reader.end()
    events = [*iter(reader.next_event, None)]
    assert [str(event) for event in events] == ["byte 6: cut off 0 7", "byte 6: cut off 3 7"]
    reader.receive(toy(b"new"))
    assert reader.next_event() == Found(6, toy(b"new"), after_loss=True)


def test_no_byte_is_waited_for_without_a_candidate() -> None:
    reader = StreamReader(LAYERS)
    reader.receive(b"nothing of this begins a frame")
    assert reader.next_event() is None
    assert reader.pending == 0


@pytest.mark.parametrize("wrong", ["7E A0", None, 7])
def test_only_bytes_are_taken(wrong: object) -> None:
    with pytest.raises(TypeError, match="expected bytes"):
        StreamReader(LAYERS).receive(wrong)  # type: ignore[arg-type]


# --- known frames -----------------------------------------------------------------------------------------------------


class Seen(NamedTuple):
    raw: bytes


@dataclass
class Like:
    """Frames that are the same as one."""

    frame: bytes

    @property
    def size(self) -> int:
        return len(self.frame)

    @property
    def head(self) -> bytes:
        return self.frame[:8]

    def read(self, frame: bytes) -> Seen | None:
        return Seen(frame) if frame == self.frame else None

    def read_carried(self, _data: bytes, _at: int) -> tuple[object | None, int]:
        return None, 0


def flat(events: list[object]) -> list[Seen | Frame]:
    """The frames, known ones and others."""
    each = [one for event in events for one in (event if isinstance(event, list) else [event])]
    return [one for one in each if isinstance(one, Seen | Frame)]


@given(
    st.lists(
        st.sampled_from(
            [LIST_1, LIST_1, LIST_1[1:], OTHER, b"\x7e", b"noise", LIST_1[:20], LIST_1[:35] + b"x" + LIST_1[36:]]
        )
    ),
    st.integers(0, 2**32),
)
@example([b"noise", LIST_1, OTHER], 0)
def test_known_frames_are_delivered_where_they_would_be_without_being_known(mix: list[bytes], seed: int) -> None:
    data, rng = b"".join(mix), seeded(seed)
    parts = [*chunks(rng, data, rng.choice((1, 7, 41, 82, len(data) or 1, None)))]

    def read(known: dict[bytes | int, Like]) -> tuple[list[Seen | Frame], StreamReader]:
        reader = StreamReader([Hdlc()], known)
        events: list[object] = []
        for part in parts:
            events += reader.receive(part)
            events += iter(reader.next_event, None)
        reader.end()
        events += iter(reader.next_event, None)
        return flat(events), reader

    (found, reader), (expected, other) = read({LIST_1[:3]: Like(LIST_1)}), read({})
    assert [one.raw for one in found] == [one.raw for one in expected]
    assert (reader.received, reader.skipped_count) == (other.received, other.skipped_count)
    for one, frame in zip(found, expected, strict=True):
        if isinstance(one, Frame) and isinstance(frame, Frame):
            assert (one.offset, one.after_loss) == (frame.offset, frame.after_loss)


def test_a_run_of_known_frames_is_one_list_and_the_bytes_between_are_no_frames() -> None:
    reader = StreamReader([Hdlc()], {LIST_1[:3]: Like(LIST_1)})
    assert reader.receive(LIST_1 * 3) == [Seen(LIST_1)] * 3
    assert reader.receive(LIST_1[1:]) == [Seen(LIST_1)]  # its opening flag closed the last one
    assert reader.receive(b"noise" + LIST_1) == []
    assert reader.next_event() == [Seen(LIST_1)]
    assert (reader.received, reader.skipped_count) == (5 * len(LIST_1) - 1 + 5, 5)


# --- the link layers of the library side by side ----------------------------------------------------------------------

M_BUS = Telegram(0x53, 0xFF, 0x10, b"\x01\x67" + b"~h\x16/" * 5).build()
P1_TELEGRAM = b"/KAM5\r\n\r\n1-0:1.7.0(0002.301*kW)\r\n!\r\n"
SHORT = b"\x10\x40\x01\x41\x16"


@given(
    st.lists(st.sampled_from([LIST_1, M_BUS, P1_TELEGRAM, SHORT, b"\0\xff", b"hh"]), max_size=10), st.integers(0, 2**32)
)
def test_frames_of_several_link_layers_on_one_wire_are_all_delivered(mix: list[bytes], seed: int) -> None:
    data = b"".join(mix)
    parts = [*chunks(seeded(seed), data)]
    reader = StreamReader([Hdlc(), MBus(), MBusShort(), P1()])
    events: list[object] = []
    for part in parts:
        reader.receive(part)
        events += iter(reader.next_event, None)
    reader.end()
    events += iter(reader.next_event, None)
    kinds = [
        type(event).__name__ + type(event).__module__.rpartition(".")[2]
        for event in events
        if not isinstance(event, FrameError)
    ]
    names = {LIST_1: "Framehdlc", M_BUS: "Telegrammbus", P1_TELEGRAM: "Telegramp1", SHORT: "ShortFramembus"}
    assert kinds == [names[part] for part in mix if part in names]
