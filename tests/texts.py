"""Texts that people paste, made from frames with known truth: frames x notations x surroundings x damage.

``python tests/texts.py 20000 [seed [processes [1]]]`` prints the texts that were not read right, and counts them: read
right, a named error, or wrong in silence. With the 1, each text has two pushes without damage, mostly in two notations.
"""

from __future__ import annotations

import base64
import json
import re
import sys
from collections import Counter
from functools import partial
from multiprocessing import Pool
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import dumpstyles
import framefiles
from wire import seeded

from hanparse import HanParseError, decode_all

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random


class Push(NamedTuple):
    """Bytes of one push with known fields. Pushes of one `port` may be in one text."""

    name: str
    data: bytes
    fields: dict[str, object]
    port: str
    kind: str
    options: dict[str, Any]


_BY_ADDRESS: Final = ("kaifa/list1-no", "iskraemeco/si-4")
"""Files whose maker is known by the addresses of its frame alone."""


def pushes() -> list[Push]:
    """One push of each frame file: in HDLC, M-Bus and P1, in blocks and segments, ciphered, and as bare APDUs."""
    found = []
    for file in [*framefiles.ALL, *(file for name in framefiles.TRANSPORTS for file in framefiles.folder(name))]:
        if not file.expect or file.known_by_wire:
            continue
        folder = file.name.partition("/")[0]
        kind = "ciphered" if file.options else folder if folder in framefiles.TRANSPORTS else "hdlc"
        if kind == "p1" and not file.data.rstrip()[-4:].isalnum():
            continue  # without a CRC a telegram counts only as it stands
        if (kind == "hdlc" and file.data[:1] != b"~") or (file.options and file.data[:1] == b"/"):
            continue
        port = file.name if kind == "ciphered" else folder + " of Sweden" * ("full-se" in file.name)
        if file.data[:1] == b"\xe0" or kind == "bare":
            port, kind = f"{port} APDU", "apdu"  # blocks and APDUs beside a frame do not count
        found.append(Push(file.name, file.data, file.expect, port, kind, file.options))
        if kind == "hdlc" and file.data.count(b"~\xa0") == 1 and file.name not in _BY_ADDRESS:
            found.append(Push(file.name, file.apdu, file.expect, f"{port} APDU", "apdu", {}))
    return found


PUSHES: Final = pushes()
PORTS: Final = sorted({push.port for push in PUSHES})


class Text(NamedTuple):
    """A text, the pushes in it, and how it was made."""

    text: str
    pushes: tuple[Push, ...]
    made: str
    options: dict[str, Any]


def rows(words: list[str], width: int, join: str = " ") -> str:
    """The words in lines of `width`."""
    return "\n".join(join.join(words[at : at + width]) for at in range(0, len(words), width))


def octal_escapes(data: bytes) -> str:
    """The bytes as strace prints them: as few octal digits as possible, and three in front of a digit."""
    names = {9: r"\t", 10: r"\n", 11: r"\v", 12: r"\f", 13: r"\r", 34: r"\"", 92: r"\\"}
    following = [*data[1:], 0]
    return "".join(
        names.get(byte) or (chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}" if 48 <= then < 56 else f"\\{byte:o}")
        for byte, then in zip(data, following, strict=True)
    )


def wrapped(text: str, width: int, mark: str = "") -> str:
    """The text in lines of `width` characters, wherever a line then ends."""
    return f"{mark}\n".join(text[at : at + width] for at in range(0, len(text), width))


def full_width(text: str) -> str:
    """The text in the characters of an input method for Chinese or Japanese."""
    return "".join([chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign.replace(" ", "\u3000") for sign in text])


def each(data: bytes, width: int, line: str) -> str:
    """A line for each `width` bytes: their number, offset, hex digits and text."""
    return "\n".join(
        line.format(
            n=n, at=part.offset, size=len(part.data), hex=part.data.hex(" "), text=dumpstyles.printable(part.data)
        )
        for n, part in enumerate(dumpstyles.lines(data, width))
    )


NOTATIONS: Final[dict[str, Callable[[bytes], str]]] = {
    "pairs": lambda data: data.hex(" "),
    "pairs in lines": lambda data: rows(data.hex(" ").split(), 16),
    "thin blanks": lambda data: rows(data.hex(" ").split(), 16, "\u2009"),
    "ideographic commas": lambda data: rows([f"0x{byte:02X}" for byte in data], 16, "\u3001"),
    "middle dots": lambda data: "\xb7".join(f"{byte:02X}" for byte in data),
    "full width": lambda data: full_width(rows(data.hex(" ").upper().split(), 16)),
    "curly quotes": lambda data: rows([f"\u201c{byte:02X}\u201d" for byte in data], 16, ", "),
    "HTML with emphasis": lambda data: (
        f"<b>{data[:9].hex(' ')}</b> <em>{data[9:13].hex(' ')}</em> {data[13:].hex(' ')}"
    ),
    "PHP": lambda data: (
        "array(9) {\n" + "\n".join(f"  [{at}]=>\n  int({byte})" for at, byte in enumerate(data)) + "\n}"
    ),
    "text column": lambda data: each(data, 16, "{hex:<47}  {text}"),
    "tabs": lambda data: rows(data.hex(" ").split(), 16, "\t"),
    "one word": lambda data: data.hex().upper(),
    "groups": lambda data: rows(data.hex(" ", 2).split(), 8),
    "groups with gaps": lambda data: rows(data.hex(" ", 4).split(), 4, "     "),
    "colons and blanks": lambda data: rows(data.hex(":", 4).replace(":", " ").split(), 5, ": "),
    "dashes": lambda data: data.hex("-"),
    "decimal commas": lambda data: ", ".join(map(str, data)),
    "decimal lines": lambda data: rows([*map(str, data)], 12),
    "decimal a line": lambda data: rows([*map(str, data)], 1),
    "decimal with zeros": lambda data: rows([f"{byte:03}" for byte in data], 16),
    "JSON list": lambda data: json.dumps({"ts": 1700000000, "data": list(data)}),
    "JSON lists": lambda data: "\n".join(
        json.dumps({"n": line.offset, "d": [*line.data]}) for line in dumpstyles.lines(data, 5)
    ),
    "JSON in lines": lambda data: json.dumps([*data], indent=2),
    "Node.js JSON": lambda data: json.dumps({"type": "Buffer", "data": list(data)}),
    "Java signed": lambda data: str([byte - 256 if byte > 127 else byte for byte in data]),
    "no leading zeros": lambda data: " ".join(f"{byte:X}" for byte in data),
    "no leading zeros in lines": lambda data: rows([f"{byte:X}" for byte in data], 16),
    "braces": lambda data: "".join(f"{{{byte:02X}}}" for byte in data),
    "angles": lambda data: "".join(f"<{byte:02X}>" for byte in data),
    "0x a line": lambda data: rows([f"0x{byte:02X}" for byte in data], 1),
    "C array": dumpstyles.c_array,
    "Kotlin": lambda data: "byteArrayOf(" + ", ".join(f"0x{byte:02X}.toByte()" for byte in data) + ")",
    "Java": dumpstyles.ANY["Java array"],
    "C#": lambda data: "new byte[] { " + rows([f"0x{byte:02X}," for byte in data], 16) + " };",
    "Rust": lambda data: f"let f: [u8; {len(data)}] = [" + ", ".join(f"0x{byte:02x}" for byte in data) + "];",
    "Visual Basic": lambda data: "Dim f() As Byte = {" + ", ".join(f"&H{byte:02X}" for byte in data) + "}",
    "Pascal": lambda data: "const Frame = (" + ", ".join(f"${byte:02X}" for byte in data) + ");",
    "assembler": lambda data: rows([f"0{byte:02X}h" for byte in data], 8, ", "),
    "log": lambda data: "\n".join(f"[D][uart:012] RX 0x{byte:02X}" for byte in data),
    "log of pairs": lambda data: "\n".join(f"UART: {byte:02X}" for byte in data),
    "log in binary": lambda data: "\n".join(f"<<< 0b{byte:08b} (0x{byte:02X})" for byte in data),
    "log of integers": lambda data: f"[20:41:49][D][uart_debug:176]: <<< {':'.join(map(str, data))}",
    "log with milliseconds": lambda data: each(data, 16, "2024-01-02 10:20:30.{at:03} RX: {hex}"),
    "Docklight": lambda data: each(data, 20, "21.03.2023 12:34:56.{at:03} [RX] - {hex} "),
    "candump": lambda data: each(data, 8, "  can0  7A1   [{size}]  {hex}"),
    "ESP-IDF": dumpstyles.esp_idf,
    "ESPHome": lambda data: f"[20:41:49][V][dlms_meter:529]: {data.hex('.').upper()} ({len(data)})",
    "analyser": lambda data: "\n".join(f"{at * 0.00458:.9f},0x{byte:02X},," for at, byte in enumerate(data)),
    "analyser in decimal": lambda data: "\n".join(f"{at * 0.00458:.9f},{byte},," for at, byte in enumerate(data)),
    "PulseView": lambda data: "\n".join(
        f"{at * 350}-{at * 350 + 340} UART: RX data: {byte:02X}" for at, byte in enumerate(data)
    ),
    "arrows": lambda data: each(data, 7, "{hex} <-- a field"),
    "remarks": lambda data: each(data, 7, "{hex}  # field {n}"),
    "brackets": lambda data: each(data, 7, "{hex} (field {n})"),
    "labels": lambda data: each(data, 9, "Field {at}x:     {hex}"),
    "labels with values": lambda data: each(data, 9, "Power {n} = 13{at} W     {hex}"),
    "labels above": lambda data: each(data, 9, "The field:\n{hex}"),
    "a table": lambda data: "| what | bytes | note |\n|---|---|---|\n" + each(data, 8, "| field | {hex} | x{n} |"),
    "last column": lambda data: each(data, 8, "{n};field;{hex}"),
    "tabs and commas": lambda data: each(data, 8, "{n}\tformat, length {size}\t{hex}\t{size}"),
    "numbered": lambda data: each(data, 7, "{n}. {hex}  a field, 12 bytes"),
    "offsets with remarks": lambda data: each(data, 7, " {at}: {hex:<40} A FIELD, 12 bytes"),
    "a byte a line with its index": lambda data: "\n".join(f"{at}: {byte}" for at, byte in enumerate(data)),
    "a console": lambda data: f"Uint8Array({len(data)})\n" + "\n".join(f"{at}\n: \n{b}" for at, b in enumerate(data)),
    "Node-RED": lambda data: "\n".join(
        f"[{line.offset} … {line.offset + len(line.data) - 1}]\n"
        + "\n".join(f"{at}: {byte}" for at, byte in enumerate(line.data, line.offset))
        for line in dumpstyles.lines(data, 10)
    ),
    "no flags": lambda data: data[1:-1].hex().upper(),
    "gateway": lambda data: f"RX: FRAME,53,{len(data)},{data.hex().upper()}",
    "json": lambda data: '{"payload": "' + "".join(f"\\u{byte:04x}" for byte in data) + '"}',
    "URL": lambda data: "data=" + "".join(f"%{byte:02X}" for byte in data),
    "repr": repr,
    "C string": dumpstyles.c_string,
    "JSON object": lambda data: json.dumps({str(at): byte for at, byte in enumerate(data)}),
    "JSON objects": lambda data: "\n".join(json.dumps({"t": at, "byte": byte}) for at, byte in enumerate(data)),
    "Verilog": lambda data: "{" + ", ".join(f"8'h{byte:02X}" for byte in data) + "}",
    "VHDL": lambda data: "(" + ", ".join(f'x"{byte:02X}"' for byte in data) + ");",
    "Lisp": lambda data: "#(" + " ".join(f"#x{byte:02X}" for byte in data) + ")",
    "Erlang": lambda data: "<<" + ",".join(f"16#{byte:02X}" for byte in data) + ">>",
    "JavaScript": lambda data: "'" + "".join(f"\\u{byte:04X}" for byte in data) + "'",
    "Lua": lambda data: '"' + "".join(f"\\{byte}" for byte in data) + '"',
    "octal": lambda data: "\n".join(
        f"{line.offset:07o} " + " ".join(f"{byte:03o}" for byte in line.data) for line in dumpstyles.lines(data)
    ),
    "binary": lambda data: rows([f"0b{byte:08b}" for byte in data], 4),
    "bare binary": lambda data: rows([f"{byte:08b}" for byte in data], 8),
    "halves in binary": lambda data: rows([f"{byte >> 4:04b} {byte & 15:04b}" for byte in data], 1),
    "slashes": lambda data: data.hex("/").upper(),
    "equals": lambda data: "".join(f"={byte:02X}" for byte in data),
    "numbers of a terminal": lambda data: "".join(f"#{byte:03}" for byte in data),
    "a terminal": lambda data: "".join(chr(byte) if 48 <= byte < 123 else f"{{{byte:02X}}}" for byte in data),
    "Format-Hex": lambda data: each(data, 16, "{at:016X} {hex:<47} {text}"),
    "gdb": lambda data: "\n".join(
        f"0x{0x7FFE0000 + line.offset:x}:\t" + "\t".join(f"0x{byte:02x}" for byte in line.data)
        for line in dumpstyles.lines(data, 8)
    ),
    "HTML": lambda data: "<pre>" + rows(data.hex(" ").split(), 16, "&nbsp;").replace("\n", "<br>\n") + "</pre>",
    "numbers of HTML": lambda data: "".join(f"&#{byte};" for byte in data),
    "hex numbers of HTML": lambda data: rows([f"&#x{byte:X};" for byte in data], 16),
    "an analyser with bits": lambda data: "\n".join(
        f"{at * 0.00458:.9f},0b{byte >> 4:04b} {byte & 15:04b},," for at, byte in enumerate(data)
    ),
    "base64": lambda data: base64.b64encode(data).decode(),
    "base64 for URLs": lambda data: base64.urlsafe_b64encode(data).decode().rstrip("="),
    "base64 in MIME": lambda data: base64.encodebytes(data).decode().strip(),
    "octal escapes": lambda data: f'"{octal_escapes(data)}"',
    "strace": lambda data: "\n".join(
        f'read(3, "{octal_escapes(line.data)}", 1024) = {len(line.data)}' for line in dumpstyles.lines(data, 20)
    ),
    "wrapped": lambda data: wrapped(data.hex(), 71),
    "wrapped pairs": lambda data: wrapped(data.hex(" "), 49),
    "a wrapped log": lambda data: "\n".join(
        f"12:01:0{at % 10} rx {line}" for at, line in enumerate(wrapped(data.hex(), 33).split("\n"))
    ),
    "quoted-printable": lambda data: wrapped(data.hex(" ").upper(), 73, "="),
    "xxd": dumpstyles.xxd,
    "hexdump -C": dumpstyles.hexdump,
    "od -x": dumpstyles.words,
    "Wireshark": dumpstyles.wireshark,
    "tcpdump": lambda data: "\n".join(
        f"\t0x{line.offset:04x}:  {line.data.hex(' ', -2)}" for line in dumpstyles.lines(data)
    ),
}
ONLY_FRAMES: Final = {"octal escapes", "strace", "wrapped", "wrapped pairs", "a wrapped log", "quoted-printable"}
"""A digit that is missing changes other bytes of these notations. So only bytes with check sequences are read."""
SURROUNDINGS: Final[dict[str, tuple[str, str]]] = {
    "alone": ("", ""),
    "a sentence above": ("My meter sends this:\n", ""),
    "sentences": ("Hello,\n\nsince 3 days I get this from the HAN port:\n\n", "\n\nwhat does it mean?\n"),
    "a log": ("[12:01:02][I] connected to 10.0.0.7\n", "\n[12:01:05][I] Power 1.1 kW\n"),
    "a label": ("Serial monitor:\n", ""),
    "a fence": ("It says:\n\n```\n", "\n```\n\nAny idea?\n"),
}
SHAPES: Final[dict[str, Callable[[str], str]]] = {
    "": str,
    "CRLF": lambda text: text.replace("\n", "\r\n"),
    "quoted": lambda text: "".join(f"> {line}\n" for line in text.split("\n")),
    "indented": lambda text: "".join(f"    {line}\n" for line in text.split("\n")),
}
DAMAGE: Final = ("none", "none", "none", "none", "cut", "typed over", "masked")


def make(rng: Random, *, pairs: bool = False) -> Text:
    """One text. With `pairs`, it has two pushes without damage, mostly in two notations."""
    port = rng.choice(PORTS)
    count = 2 if pairs else rng.choice((1, 1, 1, 2))
    chosen = [rng.choice([push for push in PUSHES if push.port == port]) for _ in range(count)]
    if port == "bare APDU":
        del chosen[1:]  # the meters of these pushes are of several manufacturers
    is_sealed = chosen[0].kind != "apdu" and chosen[0].data[:1] in b"~/h"  # HDLC, P1 or M-Bus
    if not is_sealed:
        chosen = [*{push.name: push for push in chosen}.values()]  # shown twice it may be a layer of the other one
    possible = [name for name in NOTATIONS if name != "no flags" or chosen[0].kind == "hdlc"]
    possible = [name for name in possible if is_sealed or name not in ONLY_FRAMES]
    notation, surrounding = rng.choice(possible), rng.choice([*SURROUNDINGS])
    same = 0.0 if pairs else 0.7
    notations = [notation if rng.random() < same else rng.choice(possible) for _ in chosen[1:]] + [notation]
    dumps = [NOTATIONS[name](push.data) for name, push in zip(notations, chosen, strict=True)]
    damage = "none" if notation == "log in binary" else rng.choice(DAMAGE)  # it says every byte twice
    if pairs or any(word in chosen[-1].name for word in ("duplicated", "foreign", "between")):
        damage = "none"  # a telegram that is there twice or not part of the push may be damaged
    is_text = any(word in notation for word in ("base64", "C string", "repr", "a terminal"))
    if damage in {"typed over", "masked"} and not is_sealed and is_text:
        damage = "cut"  # g and X are digits or characters of these notations, and nothing seals an APDU
    if damage != "none":
        dumps[-1] = damaged(rng, notation, chosen.pop().data, damage)
    shape = rng.choice([*SHAPES, "", ""])
    before, behind = SURROUNDINGS[surrounding]
    between = "\n\nand the next one:\n\n" if before else "\n"
    made = f"{' and '.join(notations)} of {port}, {surrounding}, {shape}, {damage}"
    text = SHAPES[shape](before + between.join(dumps) + behind)
    return Text(text, tuple(chosen), made, chosen[0].options if chosen else {})


def damaged(rng: Random, notation: str, data: bytes, damage: str) -> str:
    """A dump in which one byte is unknown: the dump of other bytes begins to differ there.

    It is no line end of a telegram, because a CRC verifies a telegram with restored line ends. It is no flag
    between two frames either: without it, all bytes of the push are still known.
    """
    flags = {at for found in re.finditer(rb"~+(?=[\xa0-\xaf])", data) for at in range(*found.span())}
    indexes = [at for at in range(len(data) // 2, len(data) - 3) if at not in flags]
    index = rng.choice([at for at in indexes if b"\n!" not in data or data[at] not in b"\r\n"])
    dump = NOTATIONS[notation](data)
    other = NOTATIONS[notation](data[:index] + bytes([data[index] ^ 0x11]) + data[index + 1 :])
    at = next(at for at, (one, two) in enumerate(zip(dump, other, strict=False)) if one != two)
    if damage == "cut":
        return dump[:at]
    if damage == "masked":
        return f"{dump[:at]}XX{dump[at + 2 :]}"
    return dump[:at] + ("h" if dump[at] == "g" else "g") + dump[at + 1 :]


def verdict(made: Text) -> str:
    """``right``, ``named error``, or ``wrong``: a push too many or too few, and nobody said so."""
    try:
        found = [measurement.to_dict() for measurement in decode_all(made.text, **made.options)]
    except HanParseError:
        return "named error" if made.pushes else "right"
    if len(found) != len(made.pushes):
        return "wrong"
    pairs = zip(found, made.pushes, strict=True)
    is_right = all(one.get(name) == push.fields[name] for one, push in pairs for name in push.fields)
    return "right" if is_right else "wrong"


def numbered(seed: int, number: int, *, pairs: bool = False) -> Text:
    """The text with this number. Texts with other numbers need not be made for it."""
    return make(seeded(seed << 32 | number), pairs=pairs)


def judged(seed: int, pairs: int, number: int) -> tuple[str, str]:
    """The verdict on the text with this number, and how it was made."""
    made = numbered(seed, number, pairs=bool(pairs))
    return verdict(made), f"text {number}: {len(made.pushes)} of {made.made}"


def main(count: int, seed: int = 1, processes: int = 1, pairs: int = 0) -> None:
    """Print the counts, and what was not right. Fails under 99.5 % right, and for anything that is wrong."""
    counts: Counter[str] = Counter()
    with Pool(processes) as pool:
        for answer, made in pool.imap(partial(judged, seed, pairs), range(count), chunksize=50):
            counts[answer] += 1
            if answer != "right":
                print(f"{answer}: {made}", flush=True)  # noqa: T201
    print(dict(counts))  # noqa: T201
    if counts["wrong"] or counts["right"] < LEAST_RIGHT * count:
        sys.exit(1)


LEAST_RIGHT: Final = 0.995

if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
