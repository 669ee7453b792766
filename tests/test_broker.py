"""One message of a broker: which measurements are in it."""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import TYPE_CHECKING

import pytest
import telegrams
from brokermessages import START, entry, pulse_han, pulse_p1
from ciphering import AUTH_KEY, KEY, Meter
from framefiles import SOUND, folder, named
from hypothesis import given, settings
from hypothesis import strategies as st
from lists import any_push
from mutations import mutated
from sweeps import cases
from wire import LLC, seal, seeded

from hanparse import ChecksumError, CipherError, Decoder, FrameError, Measurement, UnknownMeterError
from hanparse.envelope import MAX_PAYLOAD
from hanparse.layouts.store import MAX_LAYOUTS
from hanparse.simulate import METERS, simulate

if TYPE_CHECKING:
    from framefiles import FrameFile

FILE = named("kaifa/list2-ma304h4-tn")
FRAME = FILE.data
APDU = FILE.apdu
LIST = APDU[APDU.index(b"\x02") :]  # its date-time has no byte 02
AIDON = named("aidon/list1-no").data  # has no clock
NOON = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
(EXPECTED,) = Decoder().feed(FRAME)


def values(found: list[Measurement]) -> list[object]:
    return [m.active_power_import for m in found]


@pytest.mark.parametrize(
    "payload",
    [
        FRAME,
        FRAME[1:-1],
        FRAME[1:],
        FRAME[:-1],
        b"noise" + FRAME,
        FRAME.hex().encode(),
        FRAME.hex().upper().encode(),
        b'{"data":"%s"}' % FRAME.hex().encode(),
        APDU,
        LLC + APDU,
        LIST,
        LIST.hex().upper().encode(),
        pulse_han(FRAME),
    ],
)
def test_every_kind_of_message_gives_its_push(payload: bytes) -> None:
    decoder = Decoder()
    (found,) = decoder.decode_message(payload)
    for name in ("active_power_import", "current_l1", "voltage_l3", "meter_id", "model", "manufacturer"):
        assert getattr(found, name) == getattr(EXPECTED, name)
    assert (decoder.stats.measurements, decoder.last_error) == (1, None)


def test_the_list_in_the_vector_begins_after_the_date_time() -> None:
    assert APDU[5:6] == b"\x0c" or APDU[5:7] == b"\x09\x0c"
    assert APDU.endswith(LIST)
    assert LIST[0] == 2


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"Debug: Cap voltage low!",
        b'{"status":"online","rssi":-61}',
        b'{"id":"ams-1234","data":{"P":1234,"U1":231.2}}',
        b"\0",
        bytes(100),
    ],
)
def test_notes_of_a_gateway_give_nothing_and_change_nothing(payload: bytes) -> None:
    decoder = Decoder()
    assert decoder.decode_message(payload) == []
    assert decoder.stats.measurements == 0
    assert decoder.last_error is None
    assert len(decoder.decode_message(FRAME)) == 1


def test_every_vector_gives_the_same_as_a_stream() -> None:
    for file in SOUND:
        expected = Decoder().feed(file.data)
        assert Decoder().decode_message(file.data) == expected
        assert Decoder().decode_message(file.data[1:-1]) == expected
        assert Decoder().decode_message(file.data.hex().encode()) == expected
        decoder = Decoder()
        found = decoder.decode_message(file.apdu)
        if found:
            assert found[0].registers == expected[0].registers
        else:  # the header of the frame names the manufacturer
            assert isinstance(decoder.last_error, UnknownMeterError)


@pytest.mark.parametrize("folder_name", ["mbus", "gbt", "segments", "ciphered"])
def test_a_message_with_every_frame_of_a_push_gives_the_same_as_a_stream(folder_name: str) -> None:
    for file in folder(folder_name):
        options = {"key": file.options.get("key"), "auth_key": file.options.get("auth_key")}
        title = file.options.get("system_title")
        stream = Decoder(**options, system_title=title)  # type: ignore[arg-type]
        expected = stream.feed(file.data) + stream.flush()
        found = Decoder(**options, system_title=title).decode_message(file.data)  # type: ignore[arg-type]
        assert found[: len(expected)] == expected, file.name
        assert len(found) == max(len(expected), len(file.measurements)), file.name


@pytest.mark.parametrize("file", telegrams.SOUND, ids=lambda file: file.name)
def test_every_telegram_gives_the_same_as_a_stream(file: FrameFile) -> None:
    stream = Decoder()
    expected = stream.feed(file.data) + stream.flush()
    found = Decoder().decode_message(file.data)
    assert [m.to_dict() for m in found] == [m.to_dict() for m in expected]


def test_a_pulse_p1_gives_both_telegrams_with_their_times() -> None:
    found = Decoder().decode_message(pulse_p1(telegrams.swedish(), telegrams.swedish(c1_7_0="0001.000*kW")), NOON)
    assert values(found) == [2301, 1000]
    assert [m.received for m in found] == [NOON - timedelta(seconds=10), NOON]


def test_the_frames_of_a_pulse_have_the_times_at_which_it_received_them() -> None:
    decoder = Decoder()
    found = decoder.decode_message(pulse_han(FRAME, AIDON, step=2_500), NOON)
    assert [m.received for m in found] == [NOON - timedelta(seconds=2.5), NOON]


def test_an_absurd_uptime_never_raises() -> None:
    message = START + entry(FRAME, 0) + entry(AIDON, 2**64 - 1)
    for at in (datetime(1, 1, 1, 2, tzinfo=UTC), datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)):
        assert len(Decoder().decode_message(message, at)) == 2


# --- the same push twice


def test_the_list_that_follows_its_frame_is_the_same_push() -> None:
    decoder = Decoder()
    for _ in range(3):
        assert len(decoder.decode_message(AIDON)) == 1
        assert decoder.decode_message(named("aidon/list1-no").apdu) == []
        assert decoder.decode_message(named("aidon/list1-no").apdu[6:]) == []
    assert decoder.stats.measurements == 3


def test_each_layer_of_a_ciphered_push_is_the_same_push() -> None:
    decoder = Decoder(key=KEY, auth_key=AUTH_KEY)
    for counter in range(1, 5):
        ciphered = Meter().cipher(APDU, counter)
        assert len(decoder.decode_message(seal(LLC + ciphered))) == 1
        assert decoder.decode_message(ciphered) == []
        assert decoder.decode_message(APDU) == []
        assert decoder.decode_message(LIST) == []


@pytest.mark.parametrize("meter", METERS)
def test_every_push_of_a_meter_is_delivered_once_in_every_kind_of_message(meter: str) -> None:
    pushes = list(takewhile(lambda push: push.seconds < 120, simulate(meter)))
    stream = Decoder()
    expected = [m for push in pushes for m in stream.feed(push.data)] + stream.flush()
    for wrap in (bytes, lambda data: data.hex().encode(), pulse_han, pulse_p1):
        decoder = Decoder()
        at = [NOON + timedelta(seconds=push.seconds) for push in pushes]
        found = [decoder.decode_message(wrap(push.data), time) for push, time in zip(pushes, at, strict=True)]
        assert [m for one in found for m in one] == expected
        assert [one[0].received for one in found] == at


def test_a_message_that_is_delivered_again_is_the_same_push_if_it_has_a_clock() -> None:
    decoder = Decoder()
    assert [len(decoder.decode_message(FRAME)) for _ in range(3)] == [1, 0, 0]


def test_without_a_clock_equal_values_are_two_pushes_unless_they_arrive_at_once() -> None:
    decoder = Decoder()
    assert [len(decoder.decode_message(AIDON)) for _ in range(3)] == [1, 1, 1]
    times = [NOON, NOON + timedelta(seconds=0.1), NOON + timedelta(seconds=2.5)]
    assert [len(decoder.decode_message(AIDON, at)) for at in times] == [1, 0, 1]


def test_another_push_between_makes_the_same_bytes_a_new_push() -> None:
    decoder = Decoder()
    assert [len(decoder.decode_message(data)) for data in (FRAME, AIDON, FRAME)] == [1, 1, 1]


# --- damage


def test_a_message_that_is_cut_off_harms_no_later_one() -> None:
    for size in range(1, len(FRAME) - 1):
        decoder = Decoder()
        assert decoder.decode_message(FRAME[:size]) == []
        assert decoder.decode_message(FRAME) == [EXPECTED]


def test_a_damaged_frame_is_counted_and_is_no_value() -> None:
    decoder = Decoder()
    damaged = FRAME[:40] + bytes([FRAME[40] ^ 1]) + FRAME[41:]
    assert decoder.decode_message(damaged) == []
    assert isinstance(decoder.last_error, ChecksumError)
    assert decoder.stats.fcs_failures == 1


def test_a_ciphered_apdu_without_a_key_names_the_cause() -> None:
    decoder = Decoder()
    assert decoder.decode_message(Meter().cipher(APDU)) == []
    assert isinstance(decoder.last_error, CipherError)


def test_segments_may_arrive_in_messages_of_their_own() -> None:
    information = LLC + APDU
    first, second = seal(information[:60], segmented=True), seal(information[60:])
    decoder = Decoder()
    assert decoder.decode_message(first) == []
    assert values(decoder.decode_message(second)) == [EXPECTED.active_power_import]
    assert decoder.decode_message(first) == []
    assert values(decoder.decode_message(AIDON)) != []


def test_a_message_above_the_limit_is_an_error_that_is_kept() -> None:
    decoder = Decoder()
    assert decoder.decode_message(bytes(MAX_PAYLOAD + 1)) == []
    assert isinstance(decoder.last_error, FrameError)


def test_other_types_are_a_type_error() -> None:
    for wrong in ("7EA0", None, 5):
        with pytest.raises(TypeError, match="expected bytes"):
            Decoder().decode_message(wrong)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="at"):
        Decoder().decode_message(FRAME, 5)  # type: ignore[arg-type]


def test_what_on_error_raises_comes_out_and_the_measurements_come_with_the_next_message() -> None:
    def fail(error: object) -> None:
        raise KeyError(error)

    decoder = Decoder(on_error=fail)
    damaged = FRAME[:40] + bytes([FRAME[40] ^ 1]) + FRAME[41:]
    with pytest.raises(KeyError):
        decoder.decode_message(FRAME + damaged)
    assert len(decoder.decode_message(AIDON)) == 2


def test_a_copy_of_a_decoder_remembers_the_last_push() -> None:
    decoder = Decoder()
    decoder.decode_message(FRAME)
    for twin in (copy.deepcopy(decoder), pickle.loads(pickle.dumps(decoder))):
        assert twin.decode_message(FRAME) == []
        assert len(twin.decode_message(AIDON)) == 1
        assert twin.stats.measurements == 2
    assert decoder.stats.measurements == 1


def test_more_kinds_of_lists_without_frame_than_a_decoder_keeps_layouts_for_raise_nothing() -> None:
    rng, decoder = seeded(1), Decoder()
    for _ in range(2 * MAX_LAYOUTS):
        frame = any_push(rng).frame
        decoder.decode_message(frame[frame.index(LLC) + len(LLC) : -3])
    assert len(decoder._layouts) <= MAX_LAYOUTS  # noqa: SLF001  its memory is bounded
    assert values(decoder.decode_message(FRAME)) == [EXPECTED.active_power_import]


@settings(max_examples=cases(40))
@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=8))
def test_any_messages_raise_nothing_and_harm_no_push(seeds: list[int]) -> None:
    decoder = Decoder()
    for seed in seeds:
        source = mutated(seed)
        data = source.encode() if isinstance(source, str) else source
        for payload in (data, data.hex().encode(), pulse_han(data, data), pulse_p1(data)):
            decoder.decode_message(payload)
    assert values(decoder.decode_message(FRAME)) in ([], [EXPECTED.active_power_import])
    assert values(decoder.decode_message(AIDON)) == values(Decoder().feed(AIDON))
