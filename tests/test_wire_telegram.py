from __future__ import annotations

import random

import pytest
import telegrams
from framefiles import FrameFile, named
from hypothesis import given
from hypothesis import strategies as st
from telegrams import REFUSED, SOUND, crc_of, deliver, sealed, swedish

from hanparse.errors import ChecksumError, FrameError
from hanparse.hdlc import Frame, Hdlc
from hanparse.p1 import P1, Telegram
from hanparse.wire import telegram
from hanparse.wire.crc import arc
from hanparse.wire.reader import StreamReader
from hanparse.wire.telegram import MAX_TELEGRAM, Scan, find_end, truncated, with_cr_lf

ONE = swedish()
HDLC = named("kaifa/list1-no").data


def test_the_checksum_is_crc_16_arc() -> None:
    assert arc(b"123456789") == crc_of(b"123456789") == 0xBB3D  # the check value of the catalogue of CRC algorithms


@given(st.binary(max_size=300))
def test_the_checksum_is_what_its_definition_gives(data: bytes) -> None:
    assert arc(data) == crc_of(data)


def test_every_telegram_of_a_file_is_delivered_in_chunks_of_any_size() -> None:
    for file in SOUND:
        for size in (1, 7, 100_000):
            found, _, _ = deliver(file.data, size)
            assert len(found) == len(file.measurements), size


@pytest.mark.parametrize("file", REFUSED, ids=lambda file: file.name)
@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_nothing_is_delivered_of_a_file_that_is_refused(file: FrameFile, size: int) -> None:
    found, errors, _ = deliver(file.data, size)
    assert not found
    assert file.expect_error in {type(error).__name__ for error in errors}


def test_a_telegram_is_found_with_the_last_digit_of_its_crc() -> None:
    for size in range(1, len(ONE) - 2):
        end, _ = find_end(ONE[:size])
        assert end == (size if size == len(ONE) - 2 else size + 1)
    assert find_end(ONE) == (len(ONE) - 2, True)


def test_the_header_is_sound_once_its_line_end_is_there() -> None:
    assert find_end(b"/LGF5E360") == (10, False)
    assert find_end(b"/LGF5E360\r") == (11, True)


@pytest.mark.parametrize(
    ("data", "offset"),
    [
        (b"LGF5", 0),
        (b"/LG5\r\n", 3),
        (b"/\r\n", 1),
        (b"/LGF\xa0", 4),
        (b"/LGF5\x7e\xa0\x27", 6),
        (b"/LGF5\r\n\r\n0-0:1\x00", 14),
        (b"/LGF5\r\n\x00", 7),
        (b"/LGF5\r\nx\r\n/LGF5", 10),
        (b"/LGF5\r\nx\r\n!12 ", 13),
        (b"/LGF5\r\nx\r\n!G", 11),
        (b"/" + b"A" * 70, 64),
    ],
)
def test_a_candidate_is_given_up_at_the_first_byte_that_no_telegram_has(data: bytes, offset: int) -> None:
    for size in range(offset + 1, len(data) + 1):
        with pytest.raises(FrameError) as caught:
            find_end(data[:size])
        assert caught.value.offset == offset


def test_the_first_byte_that_is_wrong_is_named_however_many_bytes_are_there() -> None:
    for data, offset in ((b"/LGF5\xa0" + b"A" * 100, 5), (b"/LGF5" + b"A" * 59 + b"\xa0", 64), (b"/LGF5" * 40, 64)):
        for size in range(offset + 1, len(data) + 1):
            with pytest.raises(FrameError) as caught:
                find_end(data[:size])
            assert caught.value.offset == offset


def test_an_error_says_whether_a_telegram_was_meant() -> None:
    for data, meant in ((b"/LGF\xa0", False), (b"/LGF5\r\n\xa0", True), (b"/LGF5\r\n!1\xa0", True)):
        with pytest.raises(FrameError) as caught:
            find_end(data)
        assert caught.value.after_header is meant


def test_a_crc_that_does_not_fit_is_named_with_both_values() -> None:
    damaged = ONE.replace(b"0002.301", b"0002.391")
    with pytest.raises(ChecksumError, match=f"CRC {crc_of(ONE[:-6]):04X} does not fit") as caught:
        find_end(damaged)
    assert caught.value.field == "CRC"
    assert caught.value.expected == crc_of(damaged[:-6])
    assert caught.value.found == crc_of(ONE[:-6])
    assert damaged[caught.value.offset - 1 : caught.value.offset] == b"!"


@given(st.sampled_from([b"\n", b"\r", b"\r\0", b"\r\r\n"]))
def test_a_crc_holds_for_other_line_ends_once_they_are_restored(end: bytes) -> None:
    changed = ONE.replace(b"\r\n", end)
    assert with_cr_lf(changed) == ONE
    assert find_end(changed) == (len(changed) - len(end), True)
    with pytest.raises(ChecksumError):
        find_end(changed.replace(b"2.301", b"2.302"))


def test_line_ends_that_were_sent_as_lf_are_checked_as_they_are() -> None:
    body = ONE[:-6].replace(b"\r\n", b"\n")
    assert find_end(body + b"%04x\n" % crc_of(body))[1]


def test_digits_of_a_crc_count_by_their_value() -> None:
    assert find_end(telegrams.file("crc-three-digits").data)[1]
    assert find_end(telegrams.file("crc-lower-case").data)[1]
    with pytest.raises(ChecksumError):
        find_end(ONE[:-3] + b"\r\n")  # three of four digits, and the last is no leading zero


def test_a_telegram_without_crc_ends_behind_its_exclamation_mark() -> None:
    plain = ONE[:-6] + b"\r\n"
    assert find_end(plain) == (len(plain) - 2, True)
    assert find_end(plain[:-2])[0] > len(plain) - 2  # digits may still come


def test_a_telegram_without_crc_that_may_be_parts_of_two_is_refused() -> None:
    whole = ONE[:-6] + b"\r\n"
    for cut in range(12, len(whole) - 4):
        found, _, _ = deliver(whole[:cut] + whole, len(whole))
        assert [one.raw for one in found] == [whole[:-2]]


def test_a_slash_or_an_exclamation_mark_inside_a_line_is_a_character() -> None:
    data = sealed("/HLY5/D545-METER!\n\n0-0:96.13.0(a/LGF5!)\n1-0:1.7.0(0002.301*kW)\n")
    assert [one.identification for one in deliver(data, 1)[0]] == ["HLY5/D545-METER!"]


@given(
    st.lists(st.sampled_from([ONE, HDLC, b"\x7e", b"/", b"/LGF5", b"\r\n", b"!F38E\r\n", b"\xff\x00", b"h\x09\x09h"])),
    st.sampled_from([1, 3, 50, 10_000]),
)
def test_every_telegram_that_arrived_intact_is_delivered_whatever_stands_around_it(mix: list[bytes], size: int) -> None:
    data = b"".join(part if part != ONE else b"\n" + ONE for part in mix)
    reader = StreamReader((P1(), Hdlc()))
    events: list[object] = []
    for at in range(0, len(data), size):
        reader.receive(data[at : at + size])
        events += iter(reader.next_event, None)
    reader.end()
    events += iter(reader.next_event, None)
    found = [event.raw for event in events if isinstance(event, Telegram | Frame)]
    assert found == [part.removesuffix(b"\r\n") for part in mix if part in (ONE, HDLC)]
    assert [one.raw for one in deliver(data, size)[0]] == [ONE[:-2]] * mix.count(ONE)


def test_a_telegram_that_is_too_long_is_refused() -> None:
    longest = MAX_TELEGRAM - len(ONE) - len("1-0:96.13.0()\r\n")
    assert find_end(swedish(c96_13_0="A" * longest))[1]
    for size in (MAX_TELEGRAM, 2 * MAX_TELEGRAM):
        with pytest.raises(FrameError, match="within 24576 bytes, found none"):
            find_end(b"/LGF5E360\r\n" + b"x" * size)
        with pytest.raises(FrameError, match="within 24576 bytes, found none"):
            find_end(swedish(c96_13_0="A" * size))


def test_a_byte_is_looked_at_once_however_small_the_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    looked = []
    ending = vars(telegram)["_ending"]

    def counted(data: bytes, at: int) -> int | None:
        looked.append(len(data) - at)
        return ending(data, at)  # type: ignore[no-any-return]

    monkeypatch.setattr(telegram, "_ending", counted)
    data = b"/LGF5E360\r\n" + b"0/abc5\r\n" * 2000
    deliver(data, 1)
    assert sum(looked) <= 2 * len(data)


def test_a_scan_gives_what_is_given_by_looking_afresh() -> None:
    random_ = random.Random(20)  # noqa: S311  no secret
    pieces = [b"/abc5", b"/LGF5\r\n", b"\r\n", b"!", b"!BB3D\r\n", b"x", b"\x00", b"\xff", b"\r\0", b"/"]
    for _ in range(300):
        data = b"".join(random_.choices(pieces, k=random_.randrange(30)))
        scan, cut = Scan(), 0
        for start in range(len(data)):
            if data[start] == ord("/"):
                cut = random_.randint(cut, start)
                assert outcome(scan, data[cut:], start - cut, cut) == outcome(Scan(), data[cut:], start - cut, 0)


def outcome(scan: Scan, data: bytes, start: int, base: int) -> object:
    try:
        return scan.find_end(data, start, base)
    except FrameError as error:
        return str(error)


def test_no_stream_makes_more_bytes_of_check_sequence_than_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    checked = []

    def counted(data: bytes) -> int:
        checked.append(len(data))
        return -1

    monkeypatch.setattr(telegram, "arc", counted)
    data = b"/abc\n" + b"0/abc\n" * (MAX_TELEGRAM // 6 - 3) + b"\n!0000\n"
    deliver(data, len(data))
    assert sum(checked) <= 5000 * len(data)


def test_a_telegram_that_breaks_off_is_called_incomplete() -> None:
    assert "it ends after 30 bytes" in str(truncated(100, 101, 70))
    assert truncated(100, 101, 70).offset == 100
    assert truncated(100, 101, 70, sound=True).after_header
