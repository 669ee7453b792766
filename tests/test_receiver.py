"""The walk from bytes to events: their order and places, the makers that are remembered, input without a frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from ciphering import AUTH_KEY, KEY, Meter
from framefiles import ALL, TRANSPORTS, FrameFile, folder, named, sealed
from hypothesis import given
from hypothesis import strategies as st
from sweeps import some
from telegrams import swedish
from wire import LLC, chunks, seeded

from hanparse import mbus, p1
from hanparse.errors import ChecksumError, CipherError, DecodeError, FrameError, UnknownMeterError
from hanparse.hdlc import Frame
from hanparse.meters.makers.aidon import AIDON
from hanparse.meters.makers.kaifa import KAIFA
from hanparse.receiver import (
    Failed,
    Read,
    ReadTelegram,
    Receiver,
    closeness,
    is_framed,
    is_sound,
    no_frame,
    unframed,
    walk,
)
from hanparse.security.keys import NO_KEYS, Keys
from hanparse.wire.link import Link
from hanparse.wire.message import Dropped

if TYPE_CHECKING:
    from hanparse.receiver import Event

LIST_1 = named("kaifa/list1-no")
LIST_2 = named("kaifa/list2-ma304h3e-it")
AIDON_2 = named("aidon/list2-6525-it")
M_BUS = mbus.Telegram(0x53, 0xFF, 0x10, b"\x01\x67" + AIDON_2.apdu[:200])


def events(data: bytes, keys: Keys = NO_KEYS) -> list[Event]:
    return list(Receiver(keys=keys).events(data))


def kinds(found: list[Event]) -> list[str]:
    return [f"{type(one).__module__.rpartition('.')[2]}.{type(one).__name__}" for one in found]


# --- order and place --------------------------------------------------------------------------------------------------


def test_a_frame_comes_before_the_message_that_it_completes() -> None:
    information = LLC + AIDON_2.apdu
    data = sealed(information[:50], segmentation=1) + sealed(information[50:]) + LIST_2.data
    assert kinds(events(data)) == ["hdlc.Frame", "hdlc.Frame", "events.Read", "hdlc.Frame", "events.Read"]


def test_each_kind_of_frame_and_what_is_read_of_it() -> None:
    data = LIST_2.data + b"\x10\x40\x01\x41\x16" + mbus.Telegram(8, 1, 0x72, bytes(12)).build() + swedish()
    assert kinds(events(data)) == [
        "hdlc.Frame", "events.Read", "mbus.ShortFrame", "mbus.Telegram", "events.Failed", "p1.Telegram",
        "events.ReadTelegram",
    ]  # fmt: skip


def test_what_was_dropped_comes_behind_the_frame_that_shows_it() -> None:
    data = sealed(LLC + AIDON_2.apdu[:50], segmentation=1) + LIST_2.data
    frame, whole, dropped, read = events(data)
    assert isinstance(frame, Frame)
    assert isinstance(whole, Frame)
    assert isinstance(dropped, Dropped)
    assert isinstance(read, Read)
    assert dropped.error.offset == whole.offset


def test_what_waits_at_the_end_of_the_input_is_dropped_there() -> None:
    data = sealed(LLC + AIDON_2.apdu[:50], segmentation=1)
    (_, dropped) = events(data)
    assert isinstance(dropped, Dropped)
    assert dropped.error.offset == len(data)


def test_the_error_of_a_message_is_where_its_byte_is_in_the_stream() -> None:
    wrong = bytearray(AIDON_2.apdu)
    place = wrong.rindex(b"\x16\x23")  # the last unit
    wrong[place] = 0x07  # no tag of an A-XDR type
    information = LLC + bytes(wrong)
    data = b"noise" + sealed(information[:50], segmentation=1) + sealed(information[50:])
    failed = events(data)[-1]
    assert isinstance(failed, Failed)
    assert isinstance(failed.error, DecodeError)
    assert data[failed.error.offset] == 0x07
    assert data[failed.error.offset + 1] == 0x23


def test_the_error_of_a_part_is_where_it_is_in_the_stream() -> None:
    foreign = b"noise" + mbus.Telegram(8, 1, 0x72, bytes(12)).build()
    failed = events(foreign)[-1]
    assert isinstance(failed, Failed)
    assert isinstance(failed.error, DecodeError)
    assert failed.error.offset == 5 + 7  # behind 68 L L 68 C A CI
    cut = b"noise" + sealed(LLC + b"\xe0\x80\0\1\0\0\x05ab")
    failed = events(cut)[-1]
    assert isinstance(failed, Failed)
    assert isinstance(failed.error, DecodeError)
    assert cut[failed.error.offset :].startswith(b"\x05ab")


IN_PARTS = [*some(ALL, 20), *(file for name in TRANSPORTS for file in some(folder(name), 10))]


def test_every_byte_of_a_message_is_where_it_is_said_to_be() -> None:
    for file in IN_PARTS:
        data = b"\0" + file.data * 2
        messages = [one.message for one in events(data) if isinstance(one, Read | ReadTelegram | Failed)]
        for message in messages:
            assert bytes(data[message.position(at)] for at in range(len(message.payload))) == message.payload
        frames = [one for one in events(data) if isinstance(one, Frame | mbus.Telegram | p1.Telegram)]
        assert all(data[frame.offset :].startswith(frame.raw) for frame in frames)


@given(st.lists(st.sampled_from([file.data for file in IN_PARTS]), max_size=4).map(b"".join), st.integers(0, 2**32))
def test_any_chunking_gives_the_same_events(data: bytes, seed: int) -> None:
    receiver, found = Receiver(), []
    for chunk in chunks(seeded(seed), data):
        found += receiver.reader.receive(chunk)
        found += iter(receiver.next_event, None)
    receiver.end()
    found += iter(receiver.next_event, None)
    expected = events(data)
    assert kinds(found) == kinds(expected)
    assert [str(one) for one in found if isinstance(one, FrameError)] == [
        str(one) for one in expected if isinstance(one, FrameError)
    ]


# --- makers -----------------------------------------------------------------------------------------------------------


def on(client: int, file: FrameFile) -> bytes:
    """The push of a file, sent to this client by a meter with the addresses of nobody."""
    return Frame((client,), (4, 65), 0x13, LLC + file.apdu).build()


def makers(data: bytes) -> list[tuple[str | None, str | None]]:
    """The maker of each push that was read, and the one that was known before."""
    read = [one for one in events(data) if isinstance(one, Read)]
    return [(one.reading.profile.manufacturer, one.known.manufacturer if one.known else None) for one in read]


def test_a_list_that_names_nobody_is_of_the_maker_that_was_seen_last_on_its_link() -> None:
    assert makers(on(1, LIST_1)) == []
    assert makers(on(1, LIST_2) + on(1, LIST_1)) == [("Kaifa", None), ("Kaifa", "Kaifa")]
    assert makers(on(1, LIST_2) + on(2, LIST_1)) == [("Kaifa", None)]
    assert makers(on(1, AIDON_2) + on(1, LIST_2) + on(1, AIDON_2)) == [
        ("Aidon", None), ("Kaifa", "Aidon"), ("Aidon", "Kaifa"),
    ]  # fmt: skip


def test_what_was_seen_on_a_link_is_known_of_it() -> None:
    receiver = Receiver()
    list(receiver.events(on(1, AIDON_2) + on(2, LIST_2)))
    assert [receiver.last_makers.of(Link((client,), (4, 65), 0x13)).profile for client in (1, 2, 3)] == [
        AIDON, KAIFA, None,
    ]  # fmt: skip


def test_only_the_profiles_that_were_given_read() -> None:
    failed = list(Receiver([KAIFA]).events(AIDON_2.data))[-1]
    assert isinstance(failed, Failed)
    assert isinstance(failed.error, UnknownMeterError)


# --- ciphered ---------------------------------------------------------------------------------------------------------

KEYS = Keys(KEY, AUTH_KEY)


def test_a_ciphered_push_is_read_with_what_is_known_of_its_security() -> None:
    read = events(sealed(LLC + Meter().cipher(AIDON_2.apdu, 7)), keys=KEYS)[-1]
    assert isinstance(read, Read)
    assert read.security
    assert (read.security.invocation_counter, read.security.verified) == (7, True)


def test_a_ciphered_telegram_is_a_telegram_that_was_read() -> None:
    read = events(sealed(LLC + Meter().cipher(swedish(), 7)), keys=KEYS)[-1]
    assert isinstance(read, ReadTelegram)
    assert read.security


@pytest.mark.parametrize(
    ("content", "error", "said"),
    [
        (swedish().replace(b"2.301", b"2.391"), ChecksumError, "CRC"),
        (AIDON_2.apdu[:1] + b"secret" * 9, DecodeError, "the deciphered content is not a push"),
        (named("refused/unknown-list").apdu, UnknownMeterError, "no profile reads the deciphered content"),
    ],
)
def test_what_the_keys_opened_is_not_shown_when_it_cannot_be_read(
    content: bytes, error: type[Exception], said: str
) -> None:
    data = sealed(LLC + Meter(control=0x30).cipher(content, 7))
    failed = events(data, keys=KEYS)[-1]
    assert isinstance(failed, Failed)
    assert type(failed.error) is error
    assert said in str(failed.error)
    if not isinstance(failed.error, UnknownMeterError):
        assert failed.error.offset == data.index(b"\xdb")  # of the ciphered APDU, not a place in its content
    shown = f"{failed.error!r} {vars(failed.error)!r}"
    assert not any(word in shown for word in ("secret", "736563", "FOO_V", "2.391", "1-0:"))


def test_without_a_key_a_ciphered_push_is_an_error_that_asks_for_one() -> None:
    failed = events(sealed(LLC + Meter().cipher(AIDON_2.apdu)))[-1]
    assert isinstance(failed, Failed)
    assert isinstance(failed.error, CipherError)
    assert failed.error.cause == "no key"


# --- an input that is there whole -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        LIST_2.apdu,
        LIST_2.apdu[19:],
        LLC + LIST_2.apdu,
        LIST_2.data[1:-1],
        b"\0\1\0\1\0\x10" + len(LIST_2.apdu).to_bytes(2, "big") + LIST_2.apdu,
    ],
    ids=["APDU", "list without the header of its push", "LLC PDU", "frame without flags", "wrapper"],
)
def test_what_has_no_frame_is_read_once_nothing_in_it_is_one(data: bytes) -> None:
    read = [one for one in walk(data) if isinstance(one, Read)]
    (from_frame,) = [one for one in walk(LIST_2.data) if isinstance(one, Read)]
    assert [one.reading.registers for one in read] == [from_frame.reading.registers]
    at = read[0].message.position(len(read[0].message.payload) - 1)
    assert data[at] == read[0].message.payload[-1]


def test_bytes_beside_a_frame_are_not_taken_for_a_push_without_one() -> None:
    assert kinds(list(walk(LIST_2.data + AIDON_2.apdu))) == ["hdlc.Frame", "events.Read"]
    assert kinds(list(walk(AIDON_2.apdu + LIST_2.data))) == ["hdlc.Frame", "events.Read"]
    damaged = LIST_2.data[:-3] + b"\0\0\x7e"
    assert [type(one) for one in walk(damaged)] == [ChecksumError]


@pytest.mark.parametrize("data", [b"", b"\x7e", b"\x01\x02\x03", b"hello"])
def test_of_bytes_that_have_no_name_nothing_is_known(data: bytes) -> None:
    assert unframed(data) == []
    assert list(walk(data)) == []


def test_an_m_bus_header_without_a_frame_is_an_error_that_says_it() -> None:
    with pytest.raises(FrameError, match="the same length twice"):
        unframed(b"\x68\x05\x06\x68\0\0\0\0\0")


@pytest.mark.parametrize(
    ("data", "offset", "said"),
    [
        (b"7E A0 27 01 02 01 10 5A", 0, "found 23 bytes of text; give a hex dump as str"),
        (b"\xdb\x08", 0, "no flag .7E. in 2 bytes; its first byte is the tag of general-glo-ciphering"),
        (b"\x02\x03", 0, "no flag .7E. in 2 bytes$"),
        (b"\x00\x7e\x13\x2b", 2, "expected a format field .A0 to AF. after a flag .7E., found 13, .* wrong parity"),
        (b"\x00\x7e", 2, "found nothing, and no frame in 2 bytes"),
    ],
)
def test_the_error_for_bytes_without_a_frame_says_what_they_look_like(data: bytes, offset: int, said: str) -> None:
    error = no_frame(data)
    assert error.offset == offset
    with pytest.raises(FrameError, match=said):
        raise error


def test_an_error_is_closer_to_a_measurement_in_a_sound_frame_than_behind_a_sound_header_and_there_than_elsewhere() -> (
    None
):
    errors = [DecodeError("x"), FrameError("x", after_header=True), FrameError("x")]
    assert [closeness(error) for error in errors] == [0, 1, 2]
    assert [is_framed([error]) for error in errors] == [True, True, False]
    assert not is_framed([])


def test_a_whole_push_or_telegram_is_sound_and_nothing_else() -> None:
    for whole in (LIST_2.apdu, swedish()):
        assert is_sound(whole)
        assert not is_sound(whole + b"\1")
        assert not is_sound(whole[:-9])
    assert not is_sound(b"")
    assert not is_sound(LLC + LIST_2.apdu)


EVENTS = Frame | mbus.Telegram | mbus.ShortFrame | p1.Telegram | FrameError | Dropped | Read | ReadTelegram | Failed


@given(st.binary(max_size=200))
def test_whatever_the_bytes_only_events_come_of_them(data: bytes) -> None:
    assert all(isinstance(one, EVENTS) for one in walk(data))
