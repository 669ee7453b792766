"""The bytes on the wire inside the messages of gateways."""

from __future__ import annotations

import json
import tracemalloc
import zlib

import pytest
from brokermessages import START, entry, octets, pulse_han, pulse_p1, varint
from framefiles import named
from hypothesis import given
from hypothesis import strategies as st
from telegrams import swedish

from hanparse.envelope import MAX_PAYLOAD, Part, parts
from hanparse.errors import FrameError

FRAME = named("kaifa/list1-no").data
OTHER = named("aidon/list1-no").data
TELEGRAM = swedish()


def data_of(payload: bytes) -> list[bytes]:
    return [part.data for part in parts(payload)]


@pytest.mark.parametrize(
    "payload",
    [
        FRAME,
        FRAME.hex().encode(),
        FRAME.hex().upper().encode() + b"\r\n",
        FRAME.hex(" ").encode(),
        b'{"data":"%s"}' % FRAME.hex().encode(),
        b' {"id": "ams-1234", "up": 12, "data": "%s"}\n' % FRAME.hex().encode(),
        b'["%s"]' % FRAME.hex().encode(),
        b'"%s"' % FRAME.hex().encode(),
        pulse_han(FRAME),
        pulse_han(FRAME).hex().encode(),
    ],
)
def test_every_notation_of_a_frame_gives_its_bytes(payload: bytes) -> None:
    assert data_of(payload) == [FRAME]


@pytest.mark.parametrize(
    "payload",
    [
        TELEGRAM,
        TELEGRAM.replace(b"\r\n", b"\n"),
        TELEGRAM.replace(b"\r\n", b"\r\0"),
        TELEGRAM.hex().encode(),
        json.dumps({"telegram": TELEGRAM.decode()}).encode(),
        pulse_p1(TELEGRAM),
    ],
)
def test_every_notation_of_a_telegram_gives_its_bytes(payload: bytes) -> None:
    assert [data.rstrip() for data in data_of(payload)] == [TELEGRAM.rstrip()]


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b" \r\n",
        b"Debug: Cap voltage low!",
        "Spenning for høy".encode(),
        b"online",
        b"1",
        b"true",
        b"12:30:00",
        b"0A0B0C",
        b'{"status":"online","rssi":-61}',
        b'{"id":"ams-1234","data":{"P":1234,"U1":231.2,"tPI":12345.678}}',
        b'{"data":"7EA0',
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b"9" * 5_001,
        b"[" + b"9" * 5_000 + b"]",
        b"null",
        b"http://192.168.1.5/update",
    ],
)
def test_notes_and_decoded_values_of_a_gateway_contain_no_bytes(payload: bytes) -> None:
    assert data_of(payload) == []


def test_an_unreadable_telegram_is_returned_so_that_the_decoder_reports_it() -> None:
    assert data_of(TELEGRAM[:-4] + b"00\r\n") == [TELEGRAM[:-4] + b"00\r\n"]


def test_the_entries_of_a_pulse_have_their_ages() -> None:
    assert list(parts(pulse_han(FRAME, OTHER, FRAME, step=2_500))) == [
        Part(FRAME, 5.0),
        Part(OTHER, 2.5),
        Part(FRAME, 0.0),
    ]


def test_one_zlib_stream_runs_over_all_entries_of_a_pulse_p1() -> None:
    later = swedish(c1_7_0="0001.000*kW")
    assert list(parts(pulse_p1(TELEGRAM, later))) == [Part(TELEGRAM, 10.0), Part(later, 0.0)]


def test_unknown_fields_and_entries_of_other_ports_are_passed_over() -> None:
    unknown = varint(9 << 3) + varint(1 << 63) + octets(10, b"note") + varint(11 << 3 | 5) + b"\0\1\2\3"
    message = START + entry(b"\1\2", 1, b"IR") + unknown + entry(FRAME, 2) + octets(2, b"\x08\x01")
    assert data_of(message) == [FRAME]


def test_an_envelope_that_is_cut_off_is_returned_as_it_is() -> None:
    message = pulse_han(FRAME, OTHER)
    for size in range(1, len(message)):
        assert b"".join(data_of(message[:size])) in (b"", FRAME, message[:size])


def test_a_message_above_the_limit_is_not_read() -> None:
    assert data_of(b"\1" * MAX_PAYLOAD) == [b"\1" * MAX_PAYLOAD]
    with pytest.raises(FrameError, match=f"at most {MAX_PAYLOAD} bytes, found {MAX_PAYLOAD + 1}"):
        data_of(b"\1" * (MAX_PAYLOAD + 1))


def test_the_parts_before_damaged_compression_are_returned() -> None:
    message = pulse_p1(TELEGRAM)[:-2] + entry(b"\xff\xff\xff", 2_000_000, b"P1")
    found = parts(message)
    assert next(found).data == TELEGRAM
    with pytest.raises(FrameError, match="found damaged data"):
        next(found)


def test_a_zlib_bomb_costs_no_more_memory_than_the_largest_message() -> None:
    bomb = zlib.compress(bytes(200_000_000), 9)
    assert len(bomb) < MAX_PAYLOAD
    message = START + entry(bomb, 1, b"P1")
    tracemalloc.start()
    try:
        with pytest.raises(FrameError, match="found more"):
            data_of(message)
        assert tracemalloc.get_traced_memory()[1] < 8 * MAX_PAYLOAD
    finally:
        tracemalloc.stop()


def test_many_entries_share_the_limit_of_decompression() -> None:
    stream = zlib.compressobj(9)
    each = [stream.compress(bytes(100_000)) + stream.flush(zlib.Z_SYNC_FLUSH) for _ in range(5)]
    found = parts(START + b"".join(entry(data, i, b"P1") for i, data in enumerate(each)))
    assert [len(next(found).data) for _ in range(2)] == [100_000] * 2
    with pytest.raises(FrameError):
        next(found)


@given(st.binary(max_size=200) | st.text().map(str.encode) | st.binary(max_size=60).map(lambda data: START + data))
def test_any_message_gives_parts_or_a_frame_error(payload: bytes) -> None:
    try:
        found = list(parts(payload))
    except FrameError:
        return
    assert all(isinstance(part.data, bytes) and part.age >= 0 for part in found)


@given(st.lists(st.binary(min_size=2, max_size=300), min_size=1, max_size=5))
def test_what_a_pulse_compresses_is_returned_byte_by_byte(data: list[bytes]) -> None:
    assert data_of(pulse_p1(*data)) == data
