"""Builds lists in the formats of several manufacturers, from values in one common form (`Sent`).

A list is the set of values in one push. The formats follow the list definitions that the manufacturers have published.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse import cosem
from hanparse.axdr.data import DATE_TIME_FORMAT, NO_DEVIATION, NOT_SPECIFIED, Data, DateTime, Tag
from hanparse.hdlc import Frame
from hanparse.obis import Obis
from hanparse.obis.units import UNITS
from hanparse.wire.crc import arc
from hanparse.wire.link import Link
from hanparse.wire.llc import LLC

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_POWERS: Final = ("1.7.0", "2.7.0", "3.7.0", "4.7.0")
_CURRENTS: Final = ("31.7.0", "51.7.0", "71.7.0")
_VOLTAGES: Final = ("32.7.0", "52.7.0", "72.7.0")
_ENERGIES: Final = ("1.8.0", "2.8.0", "3.8.0", "4.8.0")
_INVOKE_ID: Final = 0x4000_0000
_AIDON_LINK: Final = Link((32,), (4, 65), 0x13)  # address bytes: 41, 08 83
_KAIFA_LINK: Final = Link((0,), (1, 0), 0x10)  # address bytes: 01, 02 01
_KAMSTRUP_LINK: Final = Link((21,), (16,), 0x13)  # address bytes: 2B, 21
_CODES_OF_UNITS: Final = {name: code for code, name in UNITS.items()}
_TYPES: Final = {"A": Tag.LONG, "V": Tag.LONG_UNSIGNED}  # the types of currents and voltages of Aidon and EMBRIQ


class Sent(NamedTuple):
    """A `Sent` is the content of a list: its number, the local time, and its values.

    The keys of `values` are OBIS codes without groups A, B and F, such as ``1.7.0``. The values are in W, var, V, A, Wh
    and varh. Manufacturers number their lists: list 1 has the fewest values.
    """

    number: int
    clock: datetime
    values: Mapping[str, float]
    read_at: datetime
    """The local time at which the meter read its registers."""


def _structure(*elements: Data) -> Data:
    return Data(Tag.STRUCTURE, elements)


def _text(text: str) -> Data:
    return Data(Tag.VISIBLE_STRING, text)


def _octets(octets: bytes) -> Data:
    return Data(Tag.OCTET_STRING, octets)


def _number(value: float, exponent: int = 0, tag: Tag = Tag.DOUBLE_LONG_UNSIGNED) -> Data:
    """Return ``value / 10^exponent`` as an integer.

    If `exponent` is 0 or more, the integer is rounded down, because a register counts only complete units. Otherwise
    it is rounded to the nearest integer.
    """
    return Data(tag, int(value / 10**exponent + 1e-6) if exponent >= 0 else round(value * 10**-exponent))


def _date_time(clock: datetime, hundredths: int = NOT_SPECIFIED, deviation: int = NO_DEVIATION) -> DateTime:
    date, time = (clock.year, clock.month, clock.day, clock.isoweekday()), (clock.hour, clock.minute, clock.second)
    return DateTime(*date, *time, hundredths, deviation, 0)


def _unit(code: str) -> str:
    if code in _CURRENTS:
        return "A"
    if code in _VOLTAGES:
        return "V"
    return ("W" if code[0] in "12" else "var") + ("h" if ".8." in code else "")


def _frame(link: Link, body: Data, date_time: DateTime | None, *, tagged: bool = False, invoke_id: int = 0) -> bytes:
    apdu = cosem.build(cosem.DataNotification(invoke_id, date_time, body, tagged))
    return Frame(link.destination, link.source, link.control, LLC[0] + apdu).build()


def _described(sent: Sent, names: tuple[str, str, str], exponents: Mapping[str, int], abstract: str) -> bytes:
    """Return the frame of a list in which each value has a code, a scaler and a unit (Aidon, EMBRIQ).

    `names` are the list identifier, the meter number and the meter type. `exponents` contains the scaler of each unit.
    `abstract` is the text with groups A and B in the codes of energies.
    """

    def entry(code: str, prefix: str = "1-0:") -> Data:
        unit = _unit(code)
        exponent = exponents.get(unit, 0)
        value = _number(sent.values[code], exponent, _TYPES.get(unit, Tag.DOUBLE_LONG_UNSIGNED))
        scaler = _structure(Data(Tag.INTEGER, exponent), Data(Tag.ENUM, _CODES_OF_UNITS[unit]))
        return _structure(_octets(bytes(Obis.parse(prefix + code))), value, scaler)

    def named(code: str, value: Data) -> Data:
        return _structure(_octets(bytes(Obis.parse(code))), value)

    elements = [entry("1.7.0")]
    if sent.number > 1:
        codes = ("1-1:0.2.129", "0-0:96.1.0", "0-0:96.1.7")
        elements = [named(code, _text(name)) for code, name in zip(codes, names, strict=True)]
        elements += [entry(code) for code in (*_POWERS, *_CURRENTS, *_VOLTAGES)]
    if sent.number > 2:  # noqa: PLR2004  the list with the registers
        clock = DATE_TIME_FORMAT.pack(*_date_time(sent.read_at, deviation=0))
        elements.append(named("0-0:1.0.0", _octets(clock)))
        elements += [entry(code, abstract) for code in _ENERGIES]
    return _frame(_AIDON_LINK, Data(Tag.ARRAY, tuple(elements)), None, invoke_id=_INVOKE_ID)


def aidon(sent: Sent) -> bytes:
    """Return the frame of a list of Aidon. Each value has a code, a scaler and a unit.

    List 3 also contains the time at which the meter read its registers.
    """
    exponents = {"A": -1, "V": -1, "Wh": 1, "varh": 1}
    return _described(sent, ("AIDON_V0001", "7359992890000017", "6534"), exponents, "1-0:")


def embriq(sent: Sent) -> bytes:
    """Return the frame of a list in the format of `aidon`, but with the codes and scalers of Landis+Gyr and Nuri."""
    return _described(sent, ("EMBRIQ_V1_1", "12000017".ljust(16), "ZMF100AC"), {"A": -2, "V": -1}, "0-0:")


def kaifa(sent: Sent) -> bytes:
    """Return the frame of a list of Kaifa. The list has no codes; the position of a value determines its meaning."""
    clock = _date_time(sent.clock)
    elements = [_number(sent.values["1.7.0"])]
    if sent.number > 1:
        elements = [_octets(name) for name in (b"KFM_001", b"6970631400000017", b"MA304H4")]
        elements += [_number(sent.values[code]) for code in _POWERS]
        elements += [_number(sent.values[code], -3) for code in _CURRENTS]
        elements += [_number(sent.values[code], -1) for code in _VOLTAGES]
    if sent.number > 2:  # noqa: PLR2004  the list with the registers
        elements.append(_octets(DATE_TIME_FORMAT.pack(*clock)))
        elements += [_number(sent.values[code]) for code in _ENERGIES]
    return _frame(_KAIFA_LINK, _structure(*elements), clock, tagged=True, invoke_id=_INVOKE_ID)


def kamstrup(sent: Sent) -> bytes:
    """Return the frame of a list of Kamstrup. The list has codes and values, but no scalers and units."""

    def pair(code: str, value: Data) -> tuple[Data, Data]:
        return _octets(bytes(Obis.parse(code))), value

    clock = _date_time(sent.clock)
    pairs = [pair("1-1:0.0.5", _text("5706567000000000")), pair("1-1:96.1.1", _text("000000000000000000"))]
    pairs += [pair(f"1-1:{code}", _number(sent.values[code])) for code in _POWERS]
    pairs += [pair(f"1-1:{code}", _number(sent.values[code], -2)) for code in _CURRENTS]
    pairs += [pair(f"1-1:{code}", _number(round(sent.values[code]), 0, Tag.LONG_UNSIGNED)) for code in _VOLTAGES]
    if sent.number > 1:
        pairs.append(pair("0-1:1.0.0", _octets(DATE_TIME_FORMAT.pack(*clock))))
        pairs += [pair(f"1-1:{code}", _number(sent.values[code], 1)) for code in _ENERGIES]
    elements = [element for both in pairs for element in both]
    return _frame(_KAMSTRUP_LINK, _structure(_text("Kamstrup_V0001"), *elements), clock)


def p1(sent: Sent) -> bytes:
    """Return a P1 telegram with the 27 lines that recommendation 2.0 of Energiföretagen demands in Sweden."""
    lines = ["/LGF5E360", "", f"0-0:1.0.0({sent.clock:%y%m%d%H%M%S}W)"]
    lines += [f"1-0:{code}({int(sent.values[code]) / 1000:012.3f}*k{_kilo(code)}h)" for code in _ENERGIES]
    phases = [
        f"{20 * phase + quantity}.7.0" for pair in ((21, 22), (23, 24)) for phase in range(3) for quantity in pair
    ]
    lines += [f"1-0:{code}({sent.values[code] / 1000:08.3f}*k{_kilo(code)})" for code in (*_POWERS, *phases)]
    lines += [f"1-0:{code}({sent.values[code]:05.1f}*V)" for code in _VOLTAGES]
    lines += [f"1-0:{code}({sent.values[code]:05.1f}*A)" for code in _CURRENTS]
    telegram = "".join(f"{line}\r\n" for line in lines).encode() + b"!"
    return telegram + b"%04X\r\n" % arc(telegram)


def _kilo(code: str) -> str:
    quantity = int(code.partition(".")[0]) % 20
    return "W" if quantity in (1, 2) else "VAr"
