"""M-Bus long frames: built by the grammar, checked by hand, and both agree."""

from __future__ import annotations

import pytest
from framefiles import folder
from hypothesis import given
from hypothesis import strategies as st

from hanparse.errors import ChecksumError, FrameError
from hanparse.mbus import Telegram, find_end
from hanparse.wire.mbus_grammar import LONG_FRAME

octets = st.integers(0, 255)
telegrams = st.builds(Telegram, octets, octets, octets, st.binary(max_size=252))


@given(telegrams, st.binary(max_size=4))
def test_a_telegram_that_is_built_is_found_and_read_back(telegram: Telegram, rest: bytes) -> None:
    sent = telegram.build()
    assert find_end(sent + rest) == (len(sent), True)
    assert Telegram.read(sent, 0) == telegram
    content = LONG_FRAME.parse(sent).content.value
    assert (content.control, content.address, content.ci, content.data) == (
        telegram.control, telegram.address, telegram.ci, telegram.data,
    )  # fmt: skip


@given(telegrams.filter(lambda telegram: len(telegram.data) > 4), st.data())
def test_any_other_byte_in_a_long_frame_is_an_error(telegram: Telegram, data: st.DataObject) -> None:
    sent = telegram.build()
    place = data.draw(st.integers(4, len(sent) - 1))
    other = bytearray(sent)
    other[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(ChecksumError if place < len(sent) - 1 else FrameError) as caught:
        find_end(bytes(other))
    assert caught.value.after_header


@given(telegrams)
def test_a_frame_that_is_cut_off_ends_beyond_its_bytes(telegram: Telegram) -> None:
    sent = telegram.build()
    for size in (1, 3, 4, len(sent) - 1):
        assert find_end(sent[:size])[0] > size


def test_more_data_than_a_length_announces_cannot_be_built() -> None:
    with pytest.raises(ValueError, match="cannot build an M-Bus long frame: expected at most 252 bytes of data"):
        Telegram(0x53, 0xFF, 0, bytes(253)).build()


WHOLE = [
    file
    for file in folder("mbus")
    if file.measurements and file.data[:1] == file.data[3:4] == b"\x68" and file.data[1] > 4
    and file.name != "mbus/wrong-checksum"
]  # fmt: skip


def test_the_first_telegram_of_a_vector_is_built_to_the_bytes_that_were_sent() -> None:
    for file in WHOLE:
        size = file.data[1] + 6
        assert find_end(file.data) == (size, True)
        assert Telegram.read(file.data[:size], 0).build() == file.data[:size]
