"""Finds the faults of a connection, and returns each with its cause and remedy (`Fault`).

The rules use the counts of a decoder and its skipped bytes. The skipped bytes are the most recent of the bytes that do
not belong to a sound frame. A frame is sound if its check sequences fit. A good connection gives no fault, even if the
stream begins in the middle of a frame. Most rules need a minimum number of bytes, lines or frames, so the module can
find no fault in a short stream.
"""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING, Final

from hanparse.diagnosis.fault import Fault
from hanparse.diagnosis.symptoms import ODD_BYTES, SEVERAL, Symptoms, count, mostly
from hanparse.wire.llc import LLC
from hanparse.wire.telegram import MAX_TELEGRAM
from hanparse.wording import Count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hanparse.diagnosis.fault import Kind
    from hanparse.diagnosis.symptoms import Fragment
    from hanparse.wire.stats import Stats


def diagnose(stats: Stats, skipped: bytes) -> tuple[Fault, ...]:
    """Return the faults of a connection. The most important fault is first.

    `skipped` contains the most recent of the bytes that do not belong to a sound frame. The run time is linear in the
    number of these bytes.
    """
    symptoms = Symptoms(stats, skipped)
    settings = islice(_settings(symptoms), 1) if symptoms.unreadable else ()  # one wrong setting can fit several rules
    return (*_lines(symptoms), *settings, *_pushes(symptoms), *_losses(symptoms))


# --- the messages ----------------------------------------------------------------------------------------------------

_PORTS: Final = """Norwegian HAN ports have 2400 baud and 8N1 (Kamstrup) or 8E1 (Aidon, Kaifa, EMBRIQ), and Swedish HAN
ports have 115200 baud and 8N1"""
_NO_BYTES: Final = """{bytes} bytes were received: the HAN port is closed (ask the grid company to open it), or nothing
is connected, or the wrong serial port is open, or the reader drops every byte because its speed or parity is wrong"""
_P1: Final = """{p1_lines} {p1_lines:data line|data lines} of P1 telegrams {p1_lines:is|are} not in sound telegrams:
bytes are damaged or lost (check the cable), or the settings of the reader are wrong (P1 ports have 115200 8N1, or 9600
7E1 in DSMR 2.2 and 3.0)"""
_P1_CRC: Final = """the CRC of {crc_failures} P1 {crc_failures:telegram|telegrams} does not fit, and {frames}
{frames:telegram is|telegrams are} sound: bytes are damaged or lost; check the cable, the inverter and the power supply
of the adapter, and give hanparse the text unchanged"""
_P1_CUT: Final = """{cut} P1 {cut:telegram has|telegrams have} no end line (!), and {frames} {frames:telegram
is|telegrams are} sound: bytes are lost within telegrams; set the reader to forward every byte, and make every buffer
large enough for a telegram (at most {largest} bytes)"""
_P1_PARITY: Final = """{p1_lines} data lines of P1 telegrams are readable if bit 7 of each byte is set to 0: the port
has 7 data bits and even parity (DSMR 2.2 and 3.0: 9600 7E1), but the reader is set to 8 data bits; set the reader to
7E1"""
_TOO_FAST: Final = """in {repeated} of {bytes} bytes, each bit occurs at least {factor} times in a row: the speed of the
reader is higher than the speed of the meter, or the level of the line never changes; set the reader to the speed of the
meter; {ports}"""
_SLIPPED: Final = """{slipped} of {flags} flags (7E) are followed by a byte that a reader with parity receives in place
of a format field from a meter without parity: set the reader to 8N1, the setting of Kamstrup meters (2400 baud)"""
_ODD: Final = """{odd} of {bytes} bytes have an odd number of ones: the port has even parity, and the reader is set to
no parity; it takes the parity bit for the stop bit, so it drops each byte with the parity bit 0 or replaces it by 00;
set the reader to 8E1, the setting of Aidon, Kaifa and EMBRIQ (2400 baud); if the reader is already set to even parity
and drops bytes with wrong parity, set it to 8N1, the setting of Kamstrup meters"""
_EVEN: Final = """{even} of {bytes} bytes have an even number of ones: the reader is set to odd parity and drops bytes
with wrong parity, or bit 7 of each byte is a parity bit (7E1); set the reader to 8 data bits and the parity of the
meter; {ports}"""
_NO_FLAGS: Final = """{llc_headers} LLC headers (E6 E7 00) are not in a frame: the bytes are right, but a program or
gateway between meter and hanparse removes the flags (7E) or the frame headers; set the program or gateway to forward
every byte"""
_INVERTED: Final = """no frame was found in {bytes} bytes; {bytes_ff} of them are FF and {bytes_00} are 00, but a meter
sends more 00 than FF: the line is inverted; add an inverter to the line, or remove the inverter from the line"""
_NO_FORMAT: Final = """{bytes} bytes contain {flags} flags (7E) and no header with a right check sequence; {formats}
flags are before a byte A0 to AF, as in a frame: the parity or the number of data bits is wrong, or the line is
inverted, or the protocol is not DLMS; {ports}"""
_NO_FLAG: Final = """no frame begins in {bytes} bytes; they contain {flags} flags (7E), no more than random bytes, and
{formats} of these flags are before a byte A0 to AF, as in a frame: the speed is wrong or the line is inverted; or the
parity or the number of data bits is wrong, or the bytes are noise; {ports}"""
_UNDECODABLE: Final = """{undecodable} {undecodable:push|pushes} in {frames} sound {frames:frame|frames}
{undecodable:contains|contain} no list that can be read: the connection is good; last_error of the decoder describes the
content of the last of these pushes"""
_UNKNOWN: Final = """{unknown_meters} {unknown_meters:push|pushes} in {frames} sound {frames:frame|frames}
{unknown_meters:contains a list|contain lists} that no profile reads: the connection is good, but the meter is unknown;
open an issue with the report of the UnknownMeterError (last_error, on_error)"""
_LINE_ENDS: Final = """{undone} frames are sound if every 0D 0A is replaced with 0A: the reader or a gateway treats the
bytes as text and writes 0D 0A for 0A; turn the text mode off, or undo the change: data.replace(b"\\r\\n", b"\\n")"""
_CUT_AT_FLAG: Final = """{broken_off} frames with a sound header are cut off, {at_flag} of them at a flag (7E): the
reader takes a 7E within a frame for the end of the frame, or bytes are lost within frames; set the reader to forward
every byte"""
_CUT_AT_SIZE: Final = """{broken_off} frames with a sound header are cut off, {at_that_size} of them after {after_bytes}
bytes: the reader or a gateway has a buffer of about this size, which is too small for a frame; make the buffer at least
2,049 bytes long"""
_SEGMENTS: Final = """{dropped_assemblies} pushes in several frames were incomplete, although {frames} {frames:frame
is|frames are} sound: whole frames are lost between meter and hanparse; read without pauses, and forward every frame"""
_DAMAGED: Final = """{frames} {frames:frame is|frames are} sound, {hcs_failures} {hcs_failures:has|have} a wrong HCS and
{fcs_failures} a wrong FCS; {passed_over} of {bytes} bytes {passed_over:is|are} not in a sound frame: bytes are damaged
or lost; check the cable, the power supply, the converter and the speed of the reader"""
_TEXT_LINES: Final = """{texts} {texts:line|lines} of text ({text_bytes} bytes) {texts:is|are} between frames or within
frames: a gateway writes status messages into the stream; turn these messages off; if the text is a hex dump, give it to
hanparse.decode_all"""


def _fault(kind: Kind, message: str, **counts: int) -> Fault:
    numbers = {name: Count(count) for name, count in counts.items()}
    return Fault(kind, message.format(**numbers, ports=_PORTS).replace("\n", " "), counts)


# --- the rules; the most important rule is first ---------------------------------------------------------------------

_UNDECIDED: Final = 768  # bytes; a stream can begin within a frame, and the longest known frame has 681
_NEEDS_ACTION: Final = 20  # damaged frames and incomplete pushes are a fault only if they are at least one in twenty
# `_FASTER` contains, for each factor k, the only bytes that a reader at k times the speed of the meter receives. The
# reader reads each bit of the meter k times. For an even k, its start bit and its bit 0 are both the start bit of the
# meter, so bit 0 is 0. Bits 1 to 6 are then three pairs of equal bits. A higher k permits fewer bytes.
_TWICE: Final = bytes(byte for byte in range(0, 256, 2) if not (byte ^ byte >> 1) & 0b00101010)
_FASTER: Final = ((8, b"\x00\x80"), (4, b"\x00\x78\x80\xf8"), (2, _TWICE))
# The meter sends 7E A0 or 7E A1 without parity, and the reader expects parity. The reader takes the start bit of the
# second byte for the stop bit of 7E, and a later change from 1 to 0 for the start bit of its next byte. In place of A0
# it receives xxxxx011 (x are the low bits of the length). In place of A1 it receives 68.
_AFTER_SLIP: Final = b"\x68" + bytes(range(0b011, 256, 8))


def _lines(symptoms: Symptoms) -> Iterator[Fault]:
    if not symptoms.stats.bytes:
        yield _fault("no-bytes", _NO_BYTES, bytes=0)
    if symptoms.p1_lines >= SEVERAL:
        yield from _telegrams(symptoms)
    elif symptoms.p1_lines_of_7_bits >= SEVERAL:
        yield _fault("parity", _P1_PARITY, p1_lines=symptoms.p1_lines_of_7_bits)


def _telegrams(symptoms: Symptoms) -> Iterator[Fault]:
    """Yield a fault if the lines belong to no telegram.

    Also yield a fault if there is at least one damaged telegram for each `_NEEDS_ACTION` sound telegrams.
    """
    failures, cut, frames = symptoms.stats.crc_failures, symptoms.cut_telegrams, symptoms.stats.frames
    if not failures + cut and not frames:
        yield _fault("p1", _P1, p1_lines=symptoms.p1_lines)
    elif (failures + cut) * _NEEDS_ACTION >= frames and failures + cut:
        if failures >= cut:
            yield _fault("p1", _P1_CRC, crc_failures=failures, frames=frames)
        else:
            yield _fault("p1", _P1_CUT, cut=cut, frames=frames, largest=MAX_TELEGRAM)


def _settings(symptoms: Symptoms) -> Iterator[Fault]:
    size, flags = len(symptoms.content), len(symptoms.after_flags)
    for factor, values in _FASTER:
        if repeated := symptoms.with_value(values):
            yield _fault("speed", _TOO_FAST, bytes=size, repeated=repeated, factor=factor)
    if mostly(slipped := count(symptoms.after_flags, _AFTER_SLIP), flags):
        yield _fault("parity", _SLIPPED, flags=flags, slipped=slipped)
    if odd := symptoms.with_value(ODD_BYTES, beside=b"\0"):
        yield _fault("parity", _ODD, bytes=size - symptoms.content.count(0), odd=odd)
    if symptoms.even:
        yield _fault("parity", _EVEN, bytes=size, even=symptoms.even)
    if (headers := sum(map(symptoms.without_text.count, LLC))) >= SEVERAL:
        yield _fault("no-flag", _NO_FLAGS, llc_headers=headers)
    if size >= _UNDECIDED:
        yield _undecided(symptoms)


def _undecided(symptoms: Symptoms) -> Fault:
    size, flags = len(symptoms.content), len(symptoms.after_flags)
    ones, zeros = symptoms.without_text.count(0xFF), symptoms.without_text.count(0)
    if ones >= 2 * zeros and size <= 12 * ones <= 6 * size:  # 00, inverted FF, is the most frequent byte in lists
        return _fault("inverted", _INVERTED, bytes=size, bytes_ff=ones, bytes_00=zeros)
    if flags > 2 * size / 256 + SEVERAL:  # twice as many as in random bytes
        return _fault("no-format", _NO_FORMAT, bytes=size, flags=flags, formats=symptoms.formats)
    return _fault("no-flag", _NO_FLAG, bytes=size, flags=flags, formats=symptoms.formats)


def _pushes(symptoms: Symptoms) -> Iterator[Fault]:
    stats = symptoms.stats
    if (undecodable := stats.undecodable - stats.ciphered) > 0:
        yield _fault("undecodable", _UNDECODABLE, frames=stats.frames, undecodable=undecodable)
    if stats.unknown_meters:
        yield _fault("unknown-meter", _UNKNOWN, frames=stats.frames, unknown_meters=stats.unknown_meters)


def _losses(symptoms: Symptoms) -> Iterator[Fault]:
    explained = list(_cut_off(symptoms.broken_off))
    if symptoms.sound_with_lf >= SEVERAL:
        explained = [_fault("line-ends", _LINE_ENDS, undone=symptoms.sound_with_lf)]
    yield from explained
    dropped, frames = symptoms.stats.dropped_assemblies, symptoms.stats.frames
    if dropped >= SEVERAL and dropped * _NEEDS_ACTION >= frames:
        yield _fault("segments", _SEGMENTS, frames=frames, dropped_assemblies=dropped)
    if not (explained or symptoms.unreadable or symptoms.is_p1):
        yield from _damaged(symptoms.stats, symptoms.lost)
    if symptoms.text and not symptoms.is_p1:
        yield _fault("text", _TEXT_LINES, texts=len(symptoms.texts), text_bytes=symptoms.text)


def _cut_off(broken: list[Fragment]) -> Iterator[Fault]:
    size, steady = Counter(fragment.size for fragment in broken).most_common(1)[0] if broken else (0, 0)
    flagged = sum(fragment.flagged for fragment in broken)
    if mostly(flagged, len(broken)):
        yield _fault("cut-off", _CUT_AT_FLAG, broken_off=len(broken), at_flag=flagged)
    elif mostly(steady, len(broken)):
        yield _fault("cut-off", _CUT_AT_SIZE, broken_off=len(broken), at_that_size=steady, after_bytes=size)


def _damaged(stats: Stats, lost: int) -> Iterator[Fault]:
    failures = stats.hcs_failures + stats.fcs_failures
    often = failures >= SEVERAL and failures * _NEEDS_ACTION >= stats.frames + failures
    if often or (lost >= _UNDECIDED and lost * _NEEDS_ACTION >= stats.bytes):
        names = ("bytes", "frames", "passed_over", "hcs_failures", "fcs_failures")
        yield _fault("damaged", _DAMAGED, **{name: getattr(stats, name) for name in names})
