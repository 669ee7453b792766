from __future__ import annotations

import pickle
from itertools import cycle, islice
from typing import TYPE_CHECKING, Final

import pytest
import telegrams
from framefiles import SOUND, named, sealed
from hypothesis import given
from hypothesis import strategies as st
from sweeps import some
from uart import AIDON, KAMSTRUP, SWEDEN, Setting, inverted, receive, send
from wire import LLC, seeded

import hanparse
from hanparse import Decoder
from hanparse.diagnosis import Fault, diagnose
from hanparse.diagnosis.fault import in_words
from hanparse.wire.stats import Stats

if TYPE_CHECKING:
    from collections.abc import Callable

KAMSTRUPS: Final = [file.data for file in SOUND if file.name.startswith("kamstrup/")]
OTHERS: Final = [file.data for file in SOUND if not file.name.startswith("kamstrup/")]
LONG: Final = [data for data in KAMSTRUPS + OTHERS if len(data) > 264]
SHORT: Final = named("aidon/list1-no").data
CIPHERED: Final = [named(f"refused/ciphered-{name}").data for name in ("glo", "general", "service")]
UNKNOWN: Final = named("refused/unknown-list").data
BLOCKS: Final = named("refused/block-transfer").data
TEXT: Final = b"[12:00:07] wifi: rssi -67 dBm\r\n"
TELEGRAM: Final = (
    b"/KAM5\r\n\r\n0-0:1.0.0(230101120000W)\r\n1-0:1.8.0(00006678.394*kWh)\r\n1-0:2.8.0(00000000.000*kWh)\r\n"
    b"1-0:1.7.0(0001.023*kW)\r\n1-0:32.7.0(230.1*V)\r\n!AB12\r\n"
)


P1: Final = telegrams.sealed(TELEGRAM[:-7].decode().replace("\r\n", "\n"))


def with_even_parity(text: bytes) -> bytes:
    """Return what a port with 8 data bits reads of text that is sent with 7 data bits and even parity."""
    return bytes(byte | (byte.bit_count() & 1) << 7 for byte in text)


def diagnosis(data: bytes, size: int = 4096) -> tuple[Fault, ...]:
    """What is found in `data`, read to its end in chunks of `size`."""
    decoder = Decoder()
    for at in range(0, len(data), size):
        decoder.feed(data[at : at + size])
    decoder.flush()
    return found(decoder)


def found(decoder: Decoder) -> tuple[Fault, ...]:
    return decoder.diagnosis()


def kinds(data: bytes) -> list[str]:
    return [finding.kind for finding in diagnosis(data)]


# --- bytes made the way they go wrong


def many(frames: list[bytes], count: int = 24) -> list[bytes]:
    return list(islice(cycle(frames), count))


def misread(frames: list[bytes], sent: Setting, read: Setting, *, drop: bool = False) -> bytes:
    return receive(send(many(frames), sent), read, drop=drop)


def only(frames: list[bytes], ones: int) -> bytes:
    """What a reader keeps that drops bytes with the wrong parity, where a pause behind each byte is its parity bit."""
    return bytes(byte for byte in b"".join(many(frames)) if byte.bit_count() & 1 == ones)


def zeroed(frames: list[bytes]) -> bytes:
    """What a reader makes of the same that puts 00 in the place of a byte with an error, as a POSIX terminal does."""
    return bytes(byte if byte.bit_count() & 1 else 0 for byte in b"".join(many(frames)))


def with_parity_bit(frames: list[bytes]) -> bytes:
    """Seven bits of data with even parity in bit 7, as a converter set to 7E1 passes them on."""
    return bytes(byte & 0x7F | (byte & 0x7F).bit_count() % 2 << 7 for byte in b"".join(many(frames)))


def read_inverted(frames: list[bytes], setting: Setting) -> bytes:
    return receive(inverted(send(many(frames), setting)), setting)


def random(size: int) -> bytes:
    return seeded(4).randbytes(size)


def damaged(frame: bytes, seed: int) -> bytes:
    """One byte within the frame is another."""
    at = seeded(seed).randrange(1, len(frame) - 1)
    return frame[:at] + bytes([frame[at] ^ 0x10]) + frame[at + 1 :]


def with_flag(position: int) -> bytes:
    """A sound frame of a list in which the value at `position` holds a 7E."""
    zero = b"\x06\0\0\0\0"
    values = named("kamstrup/list2-3phase").apdu.split(zero)
    return sealed(LLC + zero.join(values[:position]) + b"\x06\0\0\x7e\0" + zero.join(values[position:]))


def until_flag(frame: bytes) -> bytes:
    return frame[: frame.index(b"\x7e", 1) + 1]


def m_bus(apdu: bytes, ci: int) -> bytes:
    """A long frame of EN 13757-2 to the broadcast address, with the transport header that meters send."""
    content = bytes([0x53, 0xFF, ci, 0x01, 0x67]) + apdu
    length = bytes([len(content) & 0xFF]) * 2
    return b"\x68" + length + b"\x68" + content + bytes([sum(content) & 0xFF]) + b"\x16"


def first_segments() -> bytes:
    return sealed(LLC + named("kaifa/list1-no").apdu, segmentation=1) * 4


# --- the model of a serial line


@pytest.mark.parametrize("setting", [AIDON, KAMSTRUP, SWEDEN, Setting(9600, 7, "O")])
def test_a_receiver_with_the_settings_of_the_sender_reads_what_was_sent(setting: Setting) -> None:
    sent = [bytes(range(1 << setting.bits)), b"\x7e\x00\x7f"]
    assert receive(send(sent, setting), setting, drop=True) == b"".join(sent)


def test_a_kamstrup_port_read_with_parity_gives_the_picture_that_is_known() -> None:
    # three captures of real ports begin so
    read = receive(send([named("kamstrup/list1-3phase").data], KAMSTRUP), AIDON)
    assert read.startswith(bytes.fromhex("7E 13 2B 48 A2 D2 E6 1E 0F"))


def test_a_port_with_parity_is_read_without_when_no_byte_is_dropped() -> None:
    # Austrian ports have 8E1, and 8N1 readers work there
    assert misread(OTHERS, AIDON, KAMSTRUP) == b"".join(many(OTHERS))


# --- a sound wire


def test_nothing_is_found_where_the_stream_begins_or_ends_in_the_middle_of_a_frame() -> None:
    for file in SOUND:
        for cut in some(range(1, len(file.data)), 8):
            assert diagnosis(file.data[cut:]) == diagnosis(file.data[:cut]) == ()


@given(
    st.lists(st.sampled_from(KAMSTRUPS + OTHERS), min_size=1, max_size=8),
    st.integers(0, 600),
    st.sampled_from([7, 61, 256, 4096]),
    st.sampled_from([b"", b"\x7e", b"\x7e" * 100]),
)
def test_nothing_is_found_on_a_sound_wire_whenever_it_is_asked(
    frames: list[bytes], cut: int, size: int, idle: bytes
) -> None:
    stream = b"".join(frame + idle for frame in frames)[cut:] or SHORT
    decoder = Decoder()
    for at in range(0, len(stream), size):
        decoder.feed(stream[at : at + size])
        assert found(decoder) == ()
    decoder.flush()
    assert found(decoder) == ()


NO_M_BUS: Final = m_bus(random(60), 0x10)[:-1] + b"\x17"


@pytest.mark.parametrize("data", [b"\0", random(60), random(600), KAMSTRUPS[0][:100] * 2, TEXT[:20], NO_M_BUS])
def test_nothing_is_said_of_few_bytes(data: bytes) -> None:
    assert diagnosis(data) == ()


def test_nothing_is_said_of_a_loss_that_needs_no_action() -> None:
    assert diagnosis(b"".join(many(OTHERS, 100) + [damaged(SHORT, seed) for seed in range(4)])) == ()


# --- each wire that is wrong


_LATER: Final[list[tuple[str, Callable[[], bytes], str, str]]] = [
    ("nothing", lambda: b"", "no-bytes", "ask the grid company to open"),
    # all bits pass the reader's parity check the wrong way round
    ("8E1 read as 8O1, dropped", lambda: misread(OTHERS, AIDON, Setting(parity="O"), drop=True), "no-bytes", "parity"),
    ("8N1 read as 8E1", lambda: misread(KAMSTRUPS, KAMSTRUP, AIDON), "parity", "set the reader to 8N1"),
    ("8N1 read as 8O1", lambda: misread(KAMSTRUPS, KAMSTRUP, Setting(parity="O")), "parity", "set the reader to 8N1"),
    ("one list", lambda: misread(KAMSTRUPS[1:2], KAMSTRUP, AIDON), "parity", "set the reader to 8N1"),
    ("8N1 read as 8E1, dropped", lambda: misread(KAMSTRUPS, KAMSTRUP, AIDON, drop=True) * 4, "no-flag", "parity"),
    (
        "8E1 read as 8N1, dropped",
        lambda: misread(OTHERS, AIDON, KAMSTRUP, drop=True),
        "parity",
        "set the reader to 8E1",
    ),
    ("8N1 read as 8E1, with pauses, dropped", lambda: only(KAMSTRUPS, 1), "parity", "already set to even parity"),
    ("8E1 read as 8N1, zeroed", lambda: zeroed(OTHERS), "parity", "replaces it by 00"),
    ("8N1 read as 8O1, with pauses, dropped", lambda: only(KAMSTRUPS, 0), "parity", "odd parity and drops"),
    ("bit 7 is a parity bit", lambda: with_parity_bit(KAMSTRUPS), "parity", "bit 7 of each byte is a parity bit"),
    ("bit 7 is a parity bit, others", lambda: with_parity_bit(OTHERS), "parity", "bit 7 of each byte is a parity bit"),
    ("7 data bits", lambda: misread(OTHERS, AIDON, Setting(bits=7)), "no-flag", "data bits"),
    ("7 data bits, short", lambda: misread([SHORT], AIDON, Setting(bits=7)), "no-format", "data bits"),
    ("another protocol", lambda: (b"\x7e\xff\x03\0\x21" + random(40).replace(b"\x7e", b"")) * 40, "no-format", "DLMS"),
    ("8N1 inverted", lambda: read_inverted(KAMSTRUPS, KAMSTRUP), "inverted", "inverted"),
    ("8E1 inverted", lambda: read_inverted(OTHERS, AIDON), "inverted", "inverted"),
    ("Sweden inverted", lambda: read_inverted(OTHERS, SWEDEN), "inverted", "inverted"),
    ("noise", lambda: random(5000), "no-flag", "noise"),
    ("without flags", lambda: b"".join(frame[1:-1] for frame in many(OTHERS)), "no-flag", "removes the flags"),
    ("P1", lambda: TELEGRAM * 2, "p1", "P1"),
    ("the end of a P1 telegram", lambda: TELEGRAM[20:], "p1", "P1"),
    ("P1 with a wrong CRC", lambda: TELEGRAM, "p1", "the CRC of 1 P1 telegram does not fit"),
    ("P1, cut", lambda: (P1[:100] + b"\r\n") * 4 + P1, "p1", "3 P1 telegrams have no end line"),
    ("P1 7E1 read as 8N1", lambda: with_even_parity(P1) * 2, "parity", "set the reader to 7E1"),
    ("M-Bus, ciphered", lambda: m_bus(CIPHERED[0][12:-3], 0x10) * 3, "ciphered", "no key was given"),
    ("cut at flag", lambda: b"".join(map(until_flag, map(with_flag, range(1, 9)))), "cut-off", "takes a 7E"),
    ("text mode", lambda: b"".join(many(OTHERS)).replace(b"\n", b"\r\n"), "line-ends", r'replace(b"\r\n", b"\n")'),
    ("text mode, lines", lambda: b"\n".join(LONG).replace(b"\n", b"\r\n"), "line-ends", "writes 0D 0A for 0A"),
    ("damaged", lambda: b"".join(f + damaged(f, i) for i, f in enumerate(many(OTHERS))), "damaged", "FCS"),
    ("damaged, all", lambda: b"".join(damaged(f, i) for i, f in enumerate(OTHERS)), "damaged", "FCS"),
    ("wrong HCS", lambda: b"".join(f[:6] + b"\0\0" + f[8:] for f in OTHERS), "damaged", "HCS"),
    ("noise between", lambda: b"".join(f + random(60) for f in many(OTHERS)), "damaged", "not in a sound frame"),
    ("text between", lambda: b"".join(f + TEXT for f in many(OTHERS)), "text", "gateway writes status messages"),
    ("text in frames", lambda: b"".join(f + f[:99] + TEXT + f[99:] for f in LONG[:2]), "text", "gateway"),
    ("text alone", lambda: TEXT * 3, "text", "gateway writes status messages"),
    ("a hex dump", lambda: SHORT.hex(" ").encode() + b"\n", "text", "hex dump"),
    ("ciphered", lambda: CIPHERED[0] * 3, "ciphered", "3 pushes of "),
    ("block transfer", lambda: BLOCKS + SHORT, "undecodable", "last_error"),
    ("unknown meter", lambda: UNKNOWN * 2, "unknown-meter", "open an issue with the report"),
    ("segments", first_segments, "segments", "4 pushes in several frames"),
]
WRONG: Final = [pytest.param(made, kind, words, id=name) for name, made, kind, words in _LATER]


@pytest.mark.parametrize(("made", "kind", "words"), WRONG)
def test_what_is_wrong_is_named_and_what_to_do_and_the_counts_that_it_rests_on(
    made: Callable[[], bytes], kind: str, words: str
) -> None:
    (finding,) = diagnosis(made())
    assert finding.kind == kind
    assert words in finding.message
    assert str(finding) == finding.message
    assert finding.counts
    assert all(str(count) in finding.message for count in finding.counts.values())
    assert not any(mark in finding.message for mark in "{}\n")


@pytest.mark.parametrize(
    ("sent", "read", "factor"),
    [(2400, 4800, 2), (2400, 9600, 4), (2400, 19_200, 8), (2400, 115_200, 8), (9600, 38_400, 4), (1200, 2400, 2)],
)
@pytest.mark.parametrize("drop", [False, True])
@pytest.mark.parametrize("parity", ["N", "E"])
def test_a_reader_that_is_too_fast_is_told_how_much(sent: int, read: int, factor: int, parity: str, drop: bool) -> None:
    data = misread(KAMSTRUPS[:6], Setting(sent, parity=parity), Setting(read, parity="N"), drop=drop)
    assert data or (drop and read == 48 * sent)  # every bit that is low is a break then, and no byte
    (finding,) = diagnosis(data)
    assert (finding.kind, finding.counts.get("factor")) == (("speed", factor) if data else ("no-bytes", None))


@pytest.mark.parametrize(
    ("sent", "read"), [(4800, 2400), (9600, 2400), (2400, 1200), (115_200, 19_200), (115_200, 38_400)]
)
@pytest.mark.parametrize("frames", [KAMSTRUPS, OTHERS], ids=["Kamstrup", "others"])
@pytest.mark.parametrize("parity", ["N", "E"])
def test_of_a_reader_that_is_too_slow_the_speed_is_doubted(
    sent: int, read: int, frames: list[bytes], parity: str
) -> None:
    (finding,) = diagnosis(misread(frames, Setting(sent, parity=parity), Setting(read, parity=parity)))
    assert finding.kind == "no-flag"
    assert "the speed is wrong or the line is inverted" in finding.message


@pytest.mark.parametrize("size", [64, 100, 128, 256])
def test_a_buffer_that_is_too_small_is_measured(size: int) -> None:
    stream = b"".join(frame[:size] + SHORT for frame in many(LONG, 12))
    (finding,) = diagnosis(stream)
    assert finding.kind == "cut-off"
    assert (finding.counts["after_bytes"], finding.counts["at_that_size"]) == (size, 12)
    assert len(hanparse.decode_all(stream)) == 12


@pytest.mark.parametrize("size", [1, 61])
def test_the_finding_does_not_depend_on_the_chunks(size: int) -> None:
    for _, made, _, _ in _LATER[2::7]:
        data = made()
        assert diagnosis(data, size) == diagnosis(data)


def test_several_things_are_found_the_most_important_first() -> None:
    cut = b"".join(frame[:64] for frame in LONG)
    assert kinds(CIPHERED[0] * 3 + TEXT + UNKNOWN + BLOCKS + TEXT + cut + first_segments()) == [
        *("ciphered", "undecodable", "unknown-meter", "cut-off", "segments", "text")
    ]
    assert kinds(TELEGRAM + m_bus(CIPHERED[0][12:-3], 0x10) * 3 + random(900)) == ["ciphered", "p1"]
    assert kinds(TEXT * 40 + random(900)) == ["no-flag", "text"]


def test_settings_are_not_doubted_where_frames_were_sound() -> None:
    assert kinds(SHORT + misread(KAMSTRUPS, KAMSTRUP, AIDON)) == ["damaged"]


def test_line_ends_between_frames_are_not_taken_for_those_of_text_mode() -> None:
    assert kinds(b"".join(frame + b"\r\n" for frame in many(OTHERS))) == []
    assert kinds(b"".join(damaged(frame, i) + b"\r\n" for i, frame in enumerate(OTHERS))) == ["damaged"]
    in_text = b"".join(many(OTHERS)).replace(b"\n", b"\r\n")
    assert kinds(in_text + b"".join(damaged(frame, i) for i, frame in enumerate(OTHERS))) == ["damaged"]


def test_bytes_that_happen_to_be_a_line_end_are_not_taken_for_those_of_text_mode() -> None:
    at_13_10 = named("kaifa/list1-no").data.replace(b"\x17\x34", b"\r\n")  # hour and minute of its clock
    assert at_13_10.count(b"\r\n") == at_13_10.count(b"\n") == 1
    assert kinds(b"".join(damaged(at_13_10, i) for i in range(8))) == ["damaged"]


def test_text_mode_is_named_also_where_the_bytes_that_are_kept_begin_behind_a_0d() -> None:
    decoder = Decoder()
    decoder.feed((named("aidon/list3-6525-it").data * 40).replace(b"\n", b"\r\n"))
    strays = decoder._reader.skipped  # noqa: SLF001  where they begin is chance
    begins = strays[strays.index(b"\r\n") + 1 :]
    assert [fault.kind for fault in diagnose(decoder.stats, begins)] == ["line-ends"]


# --- findings


@given(st.binary(max_size=300), st.integers(0, 20))
def test_any_bytes_give_findings_that_can_be_kept(data: bytes, times: int) -> None:
    findings = diagnosis(data * times)
    assert pickle.loads(pickle.dumps(findings)) == findings
    assert len(set(findings)) == len(findings)


@given(st.builds(Stats, **dict.fromkeys(Stats._fields, st.integers(0, 10**9))), st.binary(max_size=4096))
def test_any_counts_give_findings(stats: Stats, strays: bytes) -> None:
    assert all(str(finding) for finding in diagnose(stats, strays))


def test_a_finding_cannot_be_changed() -> None:
    (finding,) = diagnosis(b"")
    with pytest.raises(AttributeError):
        finding.message = ""  # type: ignore[misc]


def test_a_p1_stream_that_begins_within_a_telegram_is_good() -> None:
    assert kinds(P1[30:] + P1 * 3) == []
    assert kinds(TELEGRAM + P1 * 30) == []


def test_faults_in_words_are_their_messages_on_one_line() -> None:
    faults = [Fault("speed", "the speed is wrong", {}), Fault("text", "a gateway writes text", {})]
    assert in_words(faults) == "the speed is wrong; a gateway writes text"
    assert in_words([]) == "no fault is known"
