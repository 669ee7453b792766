from __future__ import annotations

import copy
import pickle
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from framefiles import ALL, SOUND, FrameFile, named, sealed
from hypothesis import given
from hypothesis import strategies as st
from sweeps import part

import hanparse
from hanparse import (
    ChecksumError,
    CipherError,
    DecodeError,
    Decoder,
    FrameError,
    HanParseError,
    HexDumpError,
    UnknownMeterError,
    cosem,
)
from hanparse.hdlc import Frame
from hanparse.measurement import FIELDS
from hanparse.meters import shapes
from hanparse.meters.seen import MAX_LINKS

LIST_1 = named("kaifa/list1-no").data
LIST_2 = named("kaifa/list2-ma304h4-tn").data
AIDON_1 = named("aidon/list1-no").data
AIDON_2 = named("aidon/list2-6534-tn").data
CIPHERED = named("refused/ciphered-glo").data
UNKNOWN = named("refused/unknown-list").data


# --- decode and decode_all


def test_every_kind_of_bytes_and_text_is_a_source() -> None:
    expected = hanparse.decode(LIST_2)
    for source in (
        bytearray(LIST_2),
        memoryview(LIST_2),
        LIST_2.hex(),
        LIST_2.hex(" ").upper(),
        f"\n {LIST_2.hex()} \n",
    ):
        assert hanparse.decode(source) == expected


@pytest.mark.parametrize("wrong", [None, 5, 7.5, [0x7E], object()])
def test_anything_else_is_a_type_error(wrong: object) -> None:
    for function in (hanparse.decode, hanparse.decode_all, Decoder().feed):
        with pytest.raises(TypeError, match="expected bytes"):
            function(wrong)  # type: ignore[arg-type]


def test_several_pushes_are_counted_and_decode_all_is_named() -> None:
    with pytest.raises(DecodeError, match="found 2; decode_all"):
        hanparse.decode(LIST_1 + LIST_2)
    assert len(hanparse.decode_all(LIST_1 + LIST_2)) == 2


def test_an_empty_source_holds_nothing() -> None:
    assert hanparse.decode_all(b"") == hanparse.decode_all("") == hanparse.decode_all(" \n") == []
    with pytest.raises(FrameError, match="no bytes"):
        hanparse.decode(b"")
    with pytest.raises(HexDumpError, match="empty"):
        hanparse.decode("")


def test_damaged_frames_between_good_ones_are_passed_over() -> None:
    damaged = LIST_2[:-3] + b"\0\0\x7e"
    stream = LIST_1 + damaged + CIPHERED + UNKNOWN + LIST_2
    assert hanparse.decode_all(stream) == [hanparse.decode(LIST_1), hanparse.decode(LIST_2)]
    assert hanparse.decode(damaged + LIST_2) == hanparse.decode(LIST_2)


def test_a_frame_that_lost_both_flags_in_a_log_is_read() -> None:
    assert hanparse.decode(LIST_1[1:-1]) == hanparse.decode(LIST_1)
    with pytest.raises(FrameError):
        hanparse.decode(LIST_1[1:])


def test_an_apdu_without_frame_is_read_when_it_names_its_meter() -> None:
    apdu = named("kaifa/list2-ma304h4-tn").apdu
    assert hanparse.decode(apdu) == hanparse.decode(b"\xe6\xe7\x00" + apdu) == hanparse.decode(LIST_2)


@pytest.mark.parametrize(
    ("source", "error", "words"),
    [
        (b"hello", FrameError, r"no flag \(7E\) in 5 bytes"),
        (LIST_1.hex(" ").encode(), FrameError, "122 bytes of text; give a hex dump as str"),
        (bytes.fromhex("7E 13 2B 48 A2 D2 E6 1E 0F 00") * 3, FrameError, "wrong parity"),
        (b"\x7e\x7e\x7e", FrameError, r"format field \(A0 to AF\) after a flag \(7E\), found 7E"),
        (bytes.fromhex("68 0D 0D 68 53 FF 11 01 67"), FrameError, "M-Bus"),
        (b"/KAM5\r\n\r\n1-0:1.8.0(00006678.394*kWh)\r\n", FrameError, "P1 telegram"),
        (b"\xdb\x08KAM", CipherError, "byte 1: expected 8 bytes of system title, found 3"),
        (b"\xe6\xe7\x00\xe0\xc0\x00\x01", DecodeError, "byte 7: the block is cut off: its length is missing"),
        (b"\xe6\xe7\x00\x0f\x40", DecodeError, "byte 5: "),
        (CIPHERED, CipherError, "byte 28: general-glo-ciphering from KAM.*no key was given"),
        (LIST_1[:-3] + b"\0\0\x7e", ChecksumError, "FCS 0000 does not fit"),
        (LIST_1[:20], FrameError, "21 are missing"),
    ],
)
def test_a_source_without_a_push_says_why(source: bytes, error: type[HanParseError], words: str) -> None:
    with pytest.raises(error, match=words):
        hanparse.decode_all(source)


@pytest.mark.parametrize("file", [file for file in SOUND if not file.known_by_wire], ids=lambda file: file.name)
def test_a_list_without_its_header_is_read_as_the_push_is(file: FrameFile) -> None:
    whole = hanparse.decode(file.apdu)
    body = file.apdu[cosem.parse(file.apdu).body.offset :]  # Tasmota and amsreader-firmware log deciphered pushes so
    for source in (body, body.hex(" ")):
        found = hanparse.decode(source)
        for name in FIELDS:
            assert getattr(found, name) == getattr(whole, "energy_time" if name == "timestamp" else name)


def test_a_list_cut_from_a_push_at_either_end_is_an_error() -> None:
    for file in SOUND:
        body = cosem.parse(file.apdu).body
        elements = [element for data in shapes.parts(body) for element in shapes.elements(data)]
        starts = {data.offset for data in elements}
        for start in part(sorted(starts), len(file.data)):
            with pytest.raises(hanparse.HanParseError):
                hanparse.decode(file.apdu[start : body.end])
            with pytest.raises(hanparse.HanParseError):
                hanparse.decode(file.apdu[body.offset : start])
        for data in part(elements, len(file.data)):
            with pytest.raises(hanparse.HanParseError):
                hanparse.decode(file.apdu[data.offset : data.end])


def test_an_unknown_list_with_a_value_that_looks_like_the_beginning_of_a_frame_is_an_unknown_meter() -> None:
    with pytest.raises(UnknownMeterError, match="structure of 2 elements"):
        hanparse.decode(bytes.fromhex("02 02 12 7EA0 12 0001"))


@pytest.mark.parametrize("data", [b"\x02\x02\x06\0\0\0\x01", b"\x02\x01\x06\0\0\0\x01\0", b"\x01\0", b"\x02\x01\x99"])
def test_what_is_no_whole_list_is_not_said_to_be_one(data: bytes) -> None:
    with pytest.raises(FrameError, match=r"no flag \(7E\)"):
        hanparse.decode_all(data)


def test_the_error_of_the_push_that_got_furthest_is_raised() -> None:
    wrong_fcs = LIST_2[:-3] + b"\0\0\x7e"
    wrong_hcs = LIST_2[:7] + b"\0\0" + LIST_2[9:]
    with pytest.raises(ChecksumError, match="FCS"):
        hanparse.decode_all(wrong_hcs + wrong_fcs)
    with pytest.raises(DecodeError):
        hanparse.decode_all(wrong_fcs + CIPHERED)


@given(st.data())
def test_real_frames_with_bytes_changed_raise_only_our_errors(data: st.DataObject) -> None:
    frame = bytearray(data.draw(st.sampled_from(ALL)).data)
    for _ in range(data.draw(st.integers(1, 3))):
        frame[data.draw(st.integers(0, len(frame) - 1))] = data.draw(st.integers(0, 255))
    check_only_ours(bytes(frame))


@given(st.data())
def test_real_lists_with_bytes_changed_and_checksums_renewed_raise_only_our_errors(data: st.DataObject) -> None:
    apdu = bytearray(data.draw(st.sampled_from(SOUND)).apdu)
    for _ in range(data.draw(st.integers(1, 3))):
        apdu[data.draw(st.integers(0, len(apdu) - 1))] = data.draw(st.integers(0, 255))
    check_only_ours(sealed(b"\xe6\xe7\x00" + apdu))


@given(st.binary(max_size=500))
def test_any_bytes_raise_only_our_errors(data: bytes) -> None:
    check_only_ours(data)
    check_only_ours(b"\xe6\xe7\x00\x0f\0\0\0\0\0" + data)


def check_only_ours(data: bytes) -> None:
    decoder = Decoder()
    measured = decoder.feed(data) + decoder.flush()
    assert decoder.stats.bytes == len(data)
    try:
        assert len(hanparse.decode_all(data)) >= len(measured)
    except HanParseError as error:
        assert not measured
        assert str(error)


# --- Decoder


@given(
    st.lists(st.sampled_from([file.data for file in ALL] + [b"noise", b"\x7e", b"\x7e\xa1"]), max_size=6),
    st.integers(1, 300),
)
def test_any_chunking_gives_the_same_measurements(parts: list[bytes], size: int) -> None:
    stream = b"".join(parts)
    whole, chunked = Decoder(), Decoder()
    expected = whole.feed(stream) + whole.flush()
    found = [m for i in range(0, len(stream), size) for m in chunked.feed(stream[i : i + size])] + chunked.flush()
    assert found == expected
    assert chunked.stats == whole.stats


def test_a_bare_list_is_given_to_the_maker_that_was_seen_on_its_wire() -> None:
    decoder = Decoder()
    assert [m.manufacturer for m in decoder.feed(AIDON_1 + AIDON_2 + AIDON_1)] == [None, "Aidon", "Aidon"]


def test_what_was_seen_is_counted() -> None:
    decoder = Decoder()
    wrong_hcs = LIST_1[:7] + b"\0\0" + LIST_1[9:]
    wrong_fcs = LIST_1[:-3] + b"\0\0\x7e"
    stream = b"noise" + LIST_1 + wrong_hcs + wrong_fcs + CIPHERED + UNKNOWN + AIDON_2
    decoder.feed(stream)
    decoder.flush()
    stats = decoder.stats
    assert stats.bytes == len(stream)
    assert (stats.frames, stats.measurements) == (4, 2)
    assert (stats.hcs_failures, stats.fcs_failures) == (1, 1)
    assert (stats.undecodable, stats.unknown_meters, stats.dropped_assemblies) == (1, 1, 0)
    assert stats.passed_over == len(b"noise" + wrong_hcs + wrong_fcs)
    assert "frames=4" in repr(decoder)


def test_stats_are_a_snapshot() -> None:
    decoder = Decoder()
    before = decoder.stats
    decoder.feed(LIST_1)
    assert before.frames == 0
    with pytest.raises(AttributeError):
        before.frames = 1  # type: ignore[misc]


def test_errors_are_reported_with_their_place_in_the_stream() -> None:
    errors: list[HanParseError] = []
    decoder = Decoder(on_error=errors.append)
    decoder.feed(LIST_1)
    decoder.feed(CIPHERED)
    wrong_fcs = LIST_1[:-3] + b"\0\0\x7e"
    decoder.feed(wrong_fcs)
    assert decoder.last_error is errors[-1]
    first, second = errors
    assert isinstance(first, DecodeError)
    # flag, format 2, addresses 3, control, HCS 2, LLC 3; the security control byte, which says that it is ciphered
    assert first.offset == len(LIST_1) + 12 + 16
    assert isinstance(second, ChecksumError)
    assert second.offset == len(LIST_1 + CIPHERED + wrong_fcs) - 3


def test_an_error_holds_no_trace_of_the_stream() -> None:
    decoder = Decoder()
    decoder.feed(CIPHERED)
    assert decoder.last_error is not None
    assert decoder.last_error.__traceback__ is None
    assert decoder.last_error.__context__ is None


def test_what_on_error_raises_is_the_callers_and_nothing_is_lost() -> None:
    class StopHereError(Exception):
        pass

    def stop(_error: HanParseError) -> None:
        raise StopHereError

    decoder = Decoder(on_error=stop)
    stream = LIST_1 + CIPHERED + LIST_2
    with pytest.raises(StopHereError):
        decoder.feed(stream)
    assert decoder.feed(b"") == [hanparse.decode(LIST_1), hanparse.decode(LIST_2)]
    assert decoder.stats.frames == 3


class Empty(Exception):  # noqa: N818  it is what a caller may have
    def __len__(self) -> int:
        return 0


def test_a_false_exception_comes_out_of_feed() -> None:
    def on_error(_error: HanParseError) -> None:
        raise Empty

    decoder = Decoder(on_error=on_error)
    decoder.feed(LIST_1[:20])
    with pytest.raises(Empty):
        decoder.flush()
    with pytest.raises(Empty):
        decoder.feed(CIPHERED)


def test_the_first_of_several_exceptions_comes_out_of_feed_though_it_is_false() -> None:
    raised = [Empty(), LookupError()]

    def on_error(_error: HanParseError) -> None:
        raise raised.pop(0)

    with pytest.raises(Empty):
        Decoder(on_error=on_error).feed(CIPHERED * 2)
    assert not raised


def test_a_callback_that_is_false_is_called() -> None:
    class Errors(list[HanParseError]):
        def __call__(self, error: HanParseError) -> None:
            self.append(error)

    errors = Errors()
    Decoder(on_error=errors).feed(CIPHERED)
    assert [type(error) for error in errors] == [CipherError]


@pytest.mark.parametrize("cut", [0, 10, len(LIST_1) + 3, len(LIST_1) + 90])
def test_a_decoder_can_be_copied_and_pickled_in_the_middle_of_a_stream(cut: int) -> None:
    stream = LIST_1 + AIDON_2 + CIPHERED + LIST_2
    decoder = Decoder(scale=hanparse.Scale.ct(20))
    before = decoder.feed(stream[:cut])
    twins = [copy.copy(decoder), copy.deepcopy(decoder), pickle.loads(pickle.dumps(decoder))]
    rest = decoder.feed(stream[cut:])
    assert len(before + rest) == 3
    for twin in twins:
        assert twin.feed(stream[cut:]) == rest
        assert twin.stats == decoder.stats


def test_a_decoder_can_be_copied_and_pickled_in_the_middle_of_a_push_in_segments() -> None:
    whole = Frame.parse(LIST_2)
    begin = replace(whole, information=whole.information[:40], segmented=True).build()
    rest = replace(whole, information=whole.information[40:]).build()
    decoder = Decoder()
    decoder.feed(LIST_2 + begin)
    twins = [copy.copy(decoder), copy.deepcopy(decoder), pickle.loads(pickle.dumps(decoder))]
    for twin in twins:
        assert twin.feed(rest + LIST_2) == [hanparse.decode(LIST_2)] * 2


def test_options_of_another_type_are_type_errors() -> None:
    for options in ({"scale": 20}, {"timezone": "Europe/Oslo"}, {"profiles": 5}):
        with pytest.raises(TypeError):
            Decoder(**options)


def test_options_reach_the_measurement() -> None:
    measurement = hanparse.decode(LIST_1, scale=hanparse.Scale.ct(20), timezone=UTC)
    assert measurement.active_power_import == 5852 * 20
    assert measurement.timestamp is not None
    assert measurement.timestamp.isoformat() == "2019-02-04T23:52:22+00:00"
    with pytest.raises(UnknownMeterError):
        hanparse.decode(LIST_1, profiles=())


def test_the_makers_that_a_decoder_remembers_are_few() -> None:
    decoder = Decoder()
    apdu = b"\xe6\xe7\x00" + named("aidon/list2-6534-tn").apdu
    for client in range(MAX_LINKS + 44):
        frame = Frame((client % 100,), (4, client // 100), 0x13, apdu)
        assert len(decoder.feed(frame.build())) == 1
    assert len(decoder._receiver.last_makers) == MAX_LINKS == 256  # noqa: SLF001  the bound is not visible from outside


def test_after_the_end_of_input_a_new_stream_may_follow() -> None:
    decoder = Decoder()
    assert decoder.feed(LIST_1[:-1]) == decoder.flush() == []
    assert isinstance(decoder.last_error, FrameError)
    assert decoder.feed(LIST_1) == [hanparse.decode(LIST_1)]


def test_positions_in_a_segmented_push_are_those_of_the_stream() -> None:
    apdu = bytearray(named("aidon/list2-6534-tn").apdu)
    place = apdu.rindex(b"\x16\x23")  # the last unit
    apdu[place] = 0x07  # no tag of an A-XDR type
    payload = b"\xe6\xe7\x00" + bytes(apdu)
    parts = [
        Frame((32,), (4, 65), 0x13, payload[:120], segmented=True).build(),
        Frame((32,), (4, 65), 0x03, payload[120:]).build(),
    ]
    decoder = Decoder()
    decoder.feed(parts[0] + parts[1])
    assert isinstance(decoder.last_error, DecodeError)
    assert decoder.last_error.offset == len(parts[0]) + 9 + (3 + place - 120)  # header with HCS: 9 bytes


def test_positions_in_a_frame_without_flags_are_those_of_the_source() -> None:
    with pytest.raises(DecodeError) as caught:
        hanparse.decode(CIPHERED[1:-1])
    assert CIPHERED[1:-1][caught.value.offset - 16] == 0xDB  # the error is at the security control byte


def test_a_frame_that_was_meant_is_told_before_noise_and_before_a_guess() -> None:
    wrong_fcs = LIST_2[:-3] + b"\0\0\x7e"
    for noise in (b"\x0f", b"\xdb", b"\x12", bytes.fromhex("7EA0200102030405 06"), bytes.fromhex("7EA0100202")):
        with pytest.raises(ChecksumError, match="FCS"):
            hanparse.decode(noise + wrong_fcs)
        with pytest.raises(FrameError, match="20 are missing"):
            hanparse.decode(noise + LIST_2[:-20])


def test_an_apdu_of_another_service_is_named() -> None:
    with pytest.raises(FrameError, match="glo-event-notification-request"):
        hanparse.decode(bytes.fromhex("CA 00 01 02 03 04"))


def test_errors_of_on_error_do_not_make_the_buffer_grow() -> None:
    def stop(_error: HanParseError) -> None:
        raise LookupError

    decoder = Decoder(on_error=stop)
    for _ in range(20):
        with pytest.raises(LookupError):
            decoder.feed(b"\x7e\xa0\x07\x01\x01\x01\0\0" * 500)
    stream = decoder._reader._stream  # noqa: SLF001  not visible from outside
    assert stream.received - stream.base < 100


def test_a_maker_that_is_seen_again_is_not_forgotten_first() -> None:
    decoder = Decoder()
    aidon = b"\xe6\xe7\x00" + named("aidon/list2-6534-tn").apdu
    bare = Frame((100,), (4, 65), 0x13, b"\xe6\xe7\x00" + named("aidon/list1-no").apdu).build()
    for client in range(40):
        decoder.feed(Frame((100,), (4, 65), 0x13, aidon).build())
        decoder.feed(Frame((client,), (4, 65), 0x13, aidon).build())
    assert decoder.feed(bare)[0].manufacturer == "Aidon"


def test_estimates_are_made_when_asked_for_and_stand_apart() -> None:
    stream = named("aidon/list2-6525-it").data
    assert not hanparse.decode(stream).estimated
    measurement = hanparse.decode(stream, estimate=True)
    assert measurement.current_l2 is None
    assert set(measurement.estimated) == {"current_l2"}
    assert 0.2 <= measurement.estimated["current_l2"].value <= 2.4  # I1 = 1.3 A, I3 = 0.9 A, 0.1 A steps
    decoder = Decoder(estimate=True)
    assert decoder.feed(stream + stream) == [measurement, measurement]  # the second by what the first taught


def test_meters_that_measure_everything_get_no_estimates() -> None:
    for name in ("aidon/list2-6534-tn", "aidon/list2-6515-1phase", "kamstrup/list1-685-it-ct"):
        assert not hanparse.decode(named(name).data, estimate=True).estimated


NOON = datetime(2024, 7, 1, 12, tzinfo=UTC)
LATER = NOON + timedelta(seconds=2)


def test_a_measurement_says_when_the_chunk_came_that_completed_it() -> None:
    decoder = Decoder()
    assert decoder.feed(LIST_2[:50], at=NOON) == []
    first = decoder.feed(LIST_2[50:] + LIST_2, at=LATER)
    recognised = decoder.feed(LIST_2, at=NOON)
    assert [push.received for push in first + recognised] == [LATER, LATER, NOON]
    assert first[0] == recognised[0] == hanparse.decode(LIST_2)
    assert Decoder().feed(LIST_2)[0].received is None
    assert hanparse.decode(LIST_2).received is None


def test_the_time_of_arrival_reaches_a_push_that_was_held_back_and_one_with_estimates() -> None:
    truncated = LIST_2[:100]
    decoder = Decoder()
    held = decoder.feed(truncated + LIST_1, at=NOON) + decoder.flush()
    assert [(push.list_id, push.received) for push in held] == [(None, NOON)]
    decoder = Decoder(estimate=True)
    frame = named("aidon/list2-6525-it").data
    for time in (NOON, LATER):
        (push,) = decoder.feed(frame, at=time)
        assert (push.received, set(push.estimated)) == (time, {"current_l2"})


def test_what_an_error_of_the_caller_held_back_keeps_its_time() -> None:
    def stop(_error: HanParseError) -> None:
        raise RuntimeError

    decoder = Decoder(on_error=stop)
    decoder.feed(LIST_2, at=NOON)
    with pytest.raises(RuntimeError):
        decoder.feed(LIST_2 + CIPHERED + LIST_1, at=NOON)
    assert [push.received for push in decoder.feed(LIST_2, at=LATER)] == [NOON, NOON, LATER]


def test_a_payload_without_a_frame_says_when_it_came() -> None:
    decoder = Decoder()
    decoder.feed(LIST_1, at=LATER)
    payload = Frame.parse(LIST_2).information
    assert decoder.decode_payload(payload, at=NOON).received == NOON
    assert decoder.decode_payload(payload).received is None


@pytest.mark.parametrize("wrong", [12, "2024-07-01", 0, ""])
def test_a_time_of_arrival_of_another_type_is_a_type_error_and_takes_nothing_in(wrong: object) -> None:
    decoder = Decoder()
    with pytest.raises(TypeError, match="expected datetime for the argument at"):
        decoder.feed(LIST_1, at=wrong)  # type: ignore[arg-type]
    assert decoder.stats.bytes == 0
    with pytest.raises(TypeError, match="expected datetime for the argument at"):
        decoder.decode_payload(Frame.parse(LIST_2).information, at=wrong)  # type: ignore[arg-type]


def test_copies_of_a_recognised_push_know_when_it_came() -> None:
    decoder = Decoder()
    pushes = [decoder.feed(LIST_2, at=NOON)[0] for _ in range(2)]
    for push in pushes:
        assert pickle.loads(pickle.dumps(push)).received == NOON


def test_a_wrapper_whose_apdu_cannot_be_read_does_not_cost_the_next_one() -> None:
    apdu = named("kaifa/list2-ma304h4-tn").apdu

    def wrapped(payload: bytes) -> bytes:
        return b"\0\1\0\1\0\x10" + len(payload).to_bytes(2, "big") + payload

    (found,) = hanparse.decode_all(wrapped(apdu[:-1]) + wrapped(apdu))
    assert found == hanparse.decode(apdu)
    with pytest.raises(hanparse.DecodeError):
        hanparse.decode_all(wrapped(apdu[:-1]) * 2)


@pytest.mark.parametrize("as_text", [False, True])
def test_decode_all_calls_on_error_for_what_gave_no_push(as_text: bool) -> None:
    damaged = bytes([*LIST_2[:-4], LIST_2[-4] ^ 1, *LIST_2[-3:]])
    data = LIST_1 + damaged + LIST_1
    errors: list[HanParseError] = []
    assert len(hanparse.decode_all(data.hex() if as_text else data, on_error=errors.append)) == 2
    assert [(type(error), getattr(error, "offset", 0)) for error in errors] == [
        (ChecksumError, len(LIST_1) + len(damaged) - 3)
    ]
    assert hanparse.decode_all(LIST_1, on_error=errors.append) == hanparse.decode_all(LIST_1)
    assert len(errors) == 1
