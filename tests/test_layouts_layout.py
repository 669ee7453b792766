from __future__ import annotations

from dataclasses import replace
from datetime import UTC

import pytest
from bodies import leaves
from framefiles import SOUND, FrameFile, named, sealed
from hypothesis import given, settings
from hypothesis import strategies as st
from outcomes import Watched, outcome, resealed, types
from sweeps import cases

from hanparse import Decoder, Scale, cosem, decode
from hanparse.axdr.data import Tag
from hanparse.decoder import Options
from hanparse.hdlc import Frame
from hanparse.layouts.layout import Layout
from hanparse.layouts.store import MAX_LAYOUTS, PATIENCE
from hanparse.meters import Place, shapes
from hanparse.meters.makers.kaifa import KAIFA

UNSEGMENTED = st.sampled_from(SOUND)
NUMBERS = (Tag.LONG, Tag.DOUBLE_LONG_UNSIGNED, Tag.LONG_UNSIGNED, Tag.LONG64_UNSIGNED)


def payloads(file: FrameFile) -> list[tuple[int, int]]:
    """Where in the frame the values stand that have bytes of their own, the date-time of the APDU among them."""
    start = file.data.index(b"\xe6\xe7\x00") + 3
    notification = cosem.parse(file.apdu)
    places = []
    for leaf in leaves(notification.body):
        size = len(leaf.value) if isinstance(leaf.value, bytes | str) else leaf.length - 1
        places.append((start + leaf.offset + leaf.length - size, size))
    if notification.date_time:
        places.append((start + notification.body.offset - 12, 12))
    return [(place, size) for place, size in places if size]


def both(file: FrameFile, frame: bytes, **options: object) -> None:
    """A decoder that has learned from `file`, and one that has seen it and learned nothing, agree on `frame`."""
    learned, unlearned = Decoder(**options), Decoder(**options)  # type: ignore[arg-type]
    learned.feed(file.data)
    unlearned.feed(file.data)
    unlearned._layouts.clear()  # noqa: SLF001  to compare with the long way
    assert outcome(learned, frame) == outcome(unlearned, frame)


OPTIONS = st.sampled_from(
    [
        Options(),
        Options(scale=Scale.ct("100:5")),
        Options(scale=Scale.ct("150:7")),
        Options(scale=Scale(energy=0.1, voltage=0.1)),
        Options(timezone=UTC),
    ]
)


@settings(max_examples=cases(50))
@given(UNSEGMENTED, st.data(), OPTIONS)
def test_any_values_are_read_as_the_grammar_reads_them(file: FrameFile, data: st.DataObject, options: Options) -> None:
    frame = bytearray(file.data)
    places = payloads(file)
    for place, size in data.draw(st.lists(st.sampled_from(places), min_size=1, max_size=4)):
        frame[place : place + size] = data.draw(st.binary(min_size=size, max_size=size))
    both(file, resealed(bytes(frame)), **options)


EDGES = [0, 1, 230, 500, 511, 512, 513, 8000, 8191, 8192, 16383, 16384, 23593, 32767, 32768, 65535]


@given(
    st.sampled_from(["kamstrup/list1-3phase", "kamstrup/list1-dk-hundredths"]),
    st.lists(st.lists(st.sampled_from(EDGES), min_size=3, max_size=3), min_size=1, max_size=6),
)
def test_numbers_that_tell_their_own_scale_are_read_as_the_grammar_reads_them(
    name: str, pushes: list[list[int]]
) -> None:
    frame = bytearray(named(name).data)
    decoder = Decoder()
    decoder.feed(bytes(frame))
    for volts in pushes:
        for code, sent in zip(("200700ff12", "340700ff12", "480700ff12"), volts, strict=True):
            place = frame.index(bytes.fromhex(code)) + 5
            frame[place : place + 2] = sent.to_bytes(2, "big")
        push = resealed(bytes(frame))
        (measurement,) = decoder.feed(push)
        assert measurement == decode(push)
        step = 100 if max(volts) >= 512 else 1
        found = [measurement.voltage_l1, measurement.voltage_l2, measurement.voltage_l3]
        assert found == [sent / step for sent in volts]


@settings(max_examples=cases(50))
@given(UNSEGMENTED, st.data())
def test_clocks_at_their_edges_are_read_as_the_grammar_reads_them(file: FrameFile, data: st.DataObject) -> None:
    frame = bytearray(file.data)
    edge = st.sampled_from([0, 1, 2, 3, 10, 12, 23, 24, 27, 28, 29, 30, 31, 59, 60, 99, 100, 0xFD, 0xFE, 0xFF])
    for place, size in [place for place in payloads(file) if place[1] == 12]:
        for i in data.draw(st.lists(st.integers(0, size - 1), max_size=3)):
            frame[place + i] = data.draw(edge)
    both(file, resealed(bytes(frame)))


@settings(max_examples=cases(50))
@given(UNSEGMENTED, st.data())
def test_any_other_byte_is_read_or_refused_as_the_grammar_does(file: FrameFile, data: st.DataObject) -> None:
    frame = bytearray(file.data)
    start = frame.index(b"\xe6\xe7\x00")
    for _ in range(data.draw(st.integers(1, 3))):
        frame[data.draw(st.integers(start, len(frame) - 4))] = data.draw(st.integers(0, 255))
    both(file, resealed(bytes(frame), start))


@settings(max_examples=cases(50))
@given(UNSEGMENTED, st.data())
def test_a_damaged_frame_is_refused_with_the_same_error(file: FrameFile, data: st.DataObject) -> None:
    frame = bytearray(file.data)
    frame[data.draw(st.integers(0, len(frame) - 1))] ^= data.draw(st.integers(1, 255))
    both(file, bytes(frame))


def test_a_push_with_other_numbers_is_recognised() -> None:
    for file in SOUND:
        start = file.data.index(b"\xe6\xe7\x00") + 3
        frame = bytearray(file.data)
        body = shapes.elements(cosem.parse(file.apdu).body)
        described = body[0].tag is Tag.ARRAY  # by a push-object-list, whose numbers are no values
        for leaf in [leaf for element in body[described:] for leaf in leaves(element)]:
            if leaf.tag in NUMBERS and leaf.value:
                frame[start + leaf.offset + leaf.length - 1] ^= 1
        decoder = Decoder()
        decoder.feed(file.data)
        assert decoder.stats.recognised == 0
        first, second = decoder.feed(resealed(bytes(frame))), decoder.feed(file.data)
        assert decoder.stats.recognised == 2
        assert len(first + second) == 2


@pytest.mark.parametrize("name", ["kaifa/list1-no", "aidon/list1-no", "kaifa/list2-ma304h4-tn", "iskraemeco/si-4"])
def test_whichever_byte_changes_the_push_is_read_or_refused_as_the_grammar_does(name: str) -> None:
    file = named(name)
    start = file.data.index(b"\xe6\xe7\x00")
    for place in range(start, len(file.data) - 3):
        frame = bytearray(file.data)
        frame[place] ^= 1
        both(file, resealed(bytes(frame), start))


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ("07E8 02 1D 04 17 3B 3A FF 8000 00", "2024-02-29T23:59:58+01:00"),
        ("07E9 0C 1F 03 00 00 00 FF 8000 00", "2025-12-31T00:00:00+01:00"),
        ("07EA 06 0A FF 0C 22 38 FF 8000 80", "2026-06-10T12:34:56+02:00"),  # summer time
        ("07EA FF 0A FF 0C 22 38 FF 8000 00", None),
    ],
)
def test_a_push_at_another_time_is_recognised_with_that_time(sent: str, expected: str | None) -> None:
    file = named("kaifa/list1-no")
    start = file.data.index(b"\xe6\xe7\x00") + 3 + cosem.parse(file.apdu).body.offset - 12
    frame = file.data[:start] + bytes.fromhex(sent) + file.data[start + 12 :]
    decoder = Decoder()
    decoder.feed(file.data)
    (found,) = decoder.feed(resealed(frame))
    assert (found.timestamp and found.timestamp.isoformat()) == expected
    assert decoder.stats.recognised == 1


@pytest.mark.parametrize(
    "name", ["aidon/list3-6525-it", "kaifa/list3-ma304h3e-it", "kamstrup/list2-685-tn-ct", "embriq/list2-zff-it"]
)
def test_fields_and_registers_of_a_recognised_push_are_read_without_the_grammar(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = named(name)
    frame = bytearray(file.data)
    start = frame.index(b"\xe6\xe7\x00") + 3
    for leaf in leaves(cosem.parse(file.apdu).body):
        if leaf.tag in NUMBERS and leaf.value:
            frame[start + leaf.offset + leaf.length - 1] ^= 1
    changed = resealed(bytes(frame))
    expected = decode(changed)
    decoder = Decoder()
    decoder.feed(file.data)
    assert decoder.feed(file.data)[0].registers  # the first of them that is asked for shows which may vary
    monkeypatch.setattr(cosem, "parse", None)
    (found,) = decoder.feed(changed)
    assert types(found) == types(expected)


def test_another_meter_of_the_same_type_is_recognised_and_keeps_its_number() -> None:
    file = named("kaifa/list2-ma304h4-tn")
    ours = (file.expect or {})["meter_id"]
    other = ours[:-1] + ("8" if ours[-1] != "8" else "9")
    decoder = Decoder()
    pushes = [file.data, resealed(file.data.replace(ours.encode(), other.encode()))] * 2
    assert [m.meter_id for push in pushes for m in decoder.feed(push)] == [ours, other] * 2
    assert decoder.stats.recognised == 3


def test_a_push_is_delivered_by_the_chunk_that_brings_its_last_byte() -> None:
    push = named("aidon/list1-no").data
    decoder = Decoder()
    for cut in range(len(push)):
        assert decoder.feed(push[:cut]) == []
        assert decoder.feed(push[cut:]) == [decode(push)]
    assert decoder.stats.recognised == len(push) - 1


@st.composite
def pieces(draw: st.DrawFn) -> bytes:
    """What a wire may bring: a frame, with a flag of its own or that of the last one, damaged, cut off, or noise."""
    frame = draw(UNSEGMENTED).data
    place = draw(st.integers(0, len(frame) - 1))
    damaged = frame[:place] + bytes([frame[place] ^ draw(st.integers(1, 255))]) + frame[place + 1 :]
    noise = draw(st.binary(max_size=30) | st.sampled_from([b"\x7e", b"\x7e\x7e", frame[:3], frame[:12]]))
    return draw(st.sampled_from([frame, frame, frame, frame[1:], frame[1:], damaged, frame[:place], noise]))


@settings(max_examples=cases(60))
@given(st.lists(pieces(), min_size=1, max_size=25), st.sampled_from([1, 3, 16, 61, 256, 3000, 10_000]), st.booleans())
def test_a_stream_gives_the_same_with_and_without_layouts(parts: list[bytes], size: int, whole: bool) -> None:
    stream = b"".join(parts)
    chunks = parts if whole else [stream[i : i + size] for i in range(0, len(stream), size)]
    learned, unlearned = Watched(learns=True), Watched(learns=False)
    for chunk in chunks:
        assert learned.feed(chunk) == unlearned.feed(chunk)
    assert learned.end() == unlearned.end()


def test_what_a_measurement_says_does_not_hang_on_what_was_asked_first() -> None:
    file = named("kaifa/list3-ma304h3e-it")
    decoder = Decoder()
    decoder.feed(file.data)
    (registers_first,), (fields_first,) = decoder.feed(file.data), decoder.feed(file.data)
    registers = registers_first.registers
    assert fields_first.current_l1 == registers_first.current_l1
    assert fields_first.registers == registers
    assert fields_first == registers_first


def test_a_maker_that_is_seen_later_counts_for_lists_that_were_learned_before() -> None:
    bare, full = named("aidon/list1-no").data, named("aidon/list2-6534-tn").data
    decoder = Decoder()
    makers = [m.manufacturer for m in decoder.feed(bare + bare + full + bare + bare)]
    assert makers == [None, None, "Aidon", "Aidon", "Aidon"]


def test_pushes_are_recognised_again_after_a_last_segment_was_lost() -> None:
    file = named("kaifa/list2-ma304h4-tn")
    whole = Frame.parse(file.data)
    begin = replace(whole, information=whole.information[:40], segmented=True).build()
    decoder = Decoder()
    decoder.feed(file.data + begin + file.data)
    recognised = decoder.stats.recognised
    assert len(decoder.feed(file.data * 3)) == 3
    assert decoder.stats.recognised == recognised + 3
    assert decoder.stats.dropped_assemblies == 1


def test_a_profile_that_asks_for_the_number_of_a_meter_is_asked_every_time() -> None:
    file = named("kaifa/list2-ma304h4-tn")  # of the meter 6970631400000017
    place = Place(shapes.METER_ID, Tag.OCTET_STRING, 16, "69706314*")
    positions = tuple((*places[:1], place, *places[2:]) for places in KAIFA.positions)
    decoder = Decoder(profiles=[replace(KAIFA, positions=positions)])
    other = resealed(file.data.replace(b"69706314", b"73599999"))
    assert [len(decoder.feed(frame)) for frame in (file.data, other, file.data)] == [1, 0, 1]
    assert decoder.stats.unknown_meters == 1


def test_zero_for_not_measured_and_a_measured_value_are_told_apart_every_time() -> None:
    file = named("kaifa/list2-ma304t3-it-ct")
    frame = bytearray(file.data)
    zero = frame.index(b"\x06\x00\x00\x00\x00", frame.index(b"\x06\x00\x00\x04\xb4"))  # I2, behind I1 = 1,204 mA
    frame[zero + 4] = 7
    decoder = Decoder()
    found = decoder.feed(file.data + resealed(bytes(frame)) + file.data + resealed(bytes(frame)))
    assert [m.current_l2 for m in found] == [None, 0.007, None, 0.007]


def of_type(name: str) -> bytes:
    """A push of Kaifa from a meter of this type."""
    apdu = named("kaifa/list2-ma304h4-tn").apdu.replace(b"\x09\x07MA304H4", bytes([9, len(name)]) + name.encode())
    return sealed(b"\xe6\xe7\x00" + apdu)


def kept(decoder: Decoder) -> int:
    """How many layouts a decoder has."""
    return len(decoder._layouts)  # noqa: SLF001  the bound is not visible from outside


def recognised(decoder: Decoder, push: bytes) -> bool:
    before = decoder.stats.recognised
    assert len(decoder.feed(push)) == 1
    return decoder.stats.recognised > before


def test_what_a_decoder_learns_is_bounded() -> None:
    decoder = Decoder()
    for number in range(MAX_LAYOUTS + 40):
        assert not recognised(decoder, of_type(f"MA304H4{'x' * (number % 16)}{number:03}"))
    assert kept(decoder) == MAX_LAYOUTS == 256


def test_a_buffer_that_the_caller_uses_again_does_not_change_a_measurement() -> None:
    decoder = Decoder()
    data = bytearray(named("kaifa/list2-ma304h4-tn").data)
    decoder.feed(bytes(data))
    (measurement,) = decoder.feed(data)
    data[:] = bytes(len(data))
    assert measurement.registers == decoder.feed(named("kaifa/list2-ma304h4-tn").data)[0].registers


def test_no_order_of_pushes_makes_all_of_them_take_the_long_way() -> None:
    decoder = Decoder()
    pushes = [of_type(f"MA304H4{number:03}") for number in range(MAX_LAYOUTS + 4)]
    found = [recognised(decoder, push) for _ in range(4) for push in pushes]
    assert sum(found[len(pushes) :]) > 0.9 * 3 * len(pushes)
    assert kept(decoder) == MAX_LAYOUTS


def test_a_new_kind_takes_the_place_of_the_one_that_was_used_least_recently() -> None:
    decoder = Decoder()
    pushes = [of_type(f"MA304H4{number:03}") for number in range(MAX_LAYOUTS)]
    for push in (*pushes, *pushes[1:]):
        decoder.feed(push)
    new = of_type("MA304H4new")
    assert [recognised(decoder, new) for _ in range(PATIENCE + 1)] == [False] * PATIENCE + [True]
    assert recognised(decoder, pushes[1])
    assert not recognised(decoder, pushes[0])


MAKERS = ("kaifa/list2-ma304h4-tn", "kamstrup/list1-3phase")


def test_pushes_of_two_makers_on_one_link_are_recognised_in_any_order() -> None:
    decoder = Decoder()
    pushes = [sealed(b"\xe6\xe7\x00" + named(name).apdu) for name in MAKERS]
    for push in pushes * 2:
        decoder.feed(push)
    assert all(recognised(decoder, push) for push in pushes * 3)


def test_a_push_is_recognised_on_each_of_a_hundred_links() -> None:
    decoder = Decoder()
    information = b"\xe6\xe7\x00" + named("aidon/list2-6534-tn").apdu
    pushes = [Frame((client,), (4, 65), 0x13, information).build() for client in range(100)]
    decoder.feed(b"".join(pushes) * 2)
    assert all(recognised(decoder, push) for push in pushes)


def test_the_first_bytes_of_a_known_push_do_not_hold_up_another_push() -> None:
    long, short = named("aidon/list2-6534-tn").data, named("aidon/list1-no").data
    decoder = Decoder()
    decoder.feed(long + long)
    for stray in (long[:3] + bytes(6), long[:5] + b"noise", long[:8] + b"\0"):
        assert [m.active_power_import for m in decoder.feed(stray + short)] == [280]


# Found by an attack: a sound list whose push-object-list calls itself class 1; the same with attribute 3 of an object.
CALLS_ITSELF_A_VALUE = """
7ea0abceff03137f81e6e7000f000000070c07e90703040e050aff80000002060106020412000109060009190900ff0f02120000020412002809060009
190900ff0f01120000020412000309060101010801ff0f02120000020412000309060101010802ff0f02120000020412000309060101020801ff0f0212
0000020412000309060101020802ff0f0212000009060009190900ff06000003e906000003ea06000007d106000007d21e9c7e"""
ATTRIBUTE_3 = """
7ea0abceff03137f81e6e7000f000000070c07e90703040e050aff80000002060106020412000109060009190900ff0f02120000020412002809060009
190900ff0f01120000020412000309060101010801ff0f03120000020412000309060101010802ff0f02120000020412000309060101020801ff0f0212
0000020412000309060101020802ff0f0212000009060009190900ff06000003e906000003ea06000007d106000007d2cd0f7e"""


def test_a_push_object_list_is_read_anew_however_it_describes_itself() -> None:
    decoder = Decoder()
    assert [m.active_energy_import_t1 for m in decoder.feed(bytes.fromhex(CALLS_ITSELF_A_VALUE))] == [1001]
    [second] = decoder.feed(bytes.fromhex(ATTRIBUTE_3))
    assert second == decode(ATTRIBUTE_3)
    assert second.active_energy_import_t1 is None


def test_values_of_pushes_in_one_block_are_read_behind_the_header_of_the_block() -> None:
    sent = named("gbt/one-block").data
    power = sent.index(bytes.fromhex("0600000280"))  # 640 W, the first of its values
    decoder = Decoder()
    for watts in (640, 641, 17):
        frame = resealed(sent[:power] + b"\x06" + watts.to_bytes(4, "big") + sent[power + 5 :])
        (found,) = decoder.feed(frame)
        assert found.active_power_import == watts
        assert found.to_dict() == decode(frame).to_dict()
        assert found.registers == decode(frame).registers


def test_a_layout_that_was_learned_without_frames_is_as_old_as_its_own_use() -> None:
    layout = Layout.__new__(Layout)
    layout.used, layout.frames = 3, ()
    assert layout.last_use == 3
