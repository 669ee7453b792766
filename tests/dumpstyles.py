"""Bytes -> text as tools and people write it, apart from hanparse: one small writer for each style of dump."""

from __future__ import annotations

import base64
import json
import textwrap
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Writer = Callable[[bytes], str]


class Line(NamedTuple):
    """One line of a table; `repeated` if it says the same as the line above it."""

    offset: int
    data: bytes
    repeated: bool = False


def lines(data: bytes, width: int = 16) -> Iterator[Line]:
    """`data` in lines of `width`."""
    above = None
    for offset in range(0, len(data), width):
        part = data[offset : offset + width]
        yield Line(offset, part, part == above)
        above = part


def printable(data: bytes) -> str:
    """The text column: a dot for what cannot be printed."""
    return "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in data)


# --- tables ----------------------------------------------------------------------------------------------------------


def xxd(data: bytes) -> str:
    return "\n".join(f"{line.offset:08x}: {line.data.hex(' ', -2):<39}  {printable(line.data)}" for line in lines(data))


def hexdump(data: bytes) -> str:
    rows = []
    for line in lines(data):
        hexes = f"{line.data[:8].hex(' '):<23}  {line.data[8:].hex(' '):<23}"
        rows.append("*" if line.repeated else f"{line.offset:08x}  {hexes}  |{printable(line.data)}|")
    return _with_end(rows, f"{len(data):08x}")


def od(data: bytes, base: str = "07o") -> str:
    rows = ["*" if line.repeated else f"{line.offset:{base}} {line.data.hex(' ')}" for line in lines(data)]
    return _with_end(rows, f"{len(data):{base}}")


def words(data: bytes) -> str:
    rows = []
    for line in lines(data):
        padded = line.data + bytes(len(line.data) % 2)
        pairs = " ".join(padded[at : at + 2][::-1].hex() for at in range(0, len(padded), 2))
        rows.append("*" if line.repeated else f"{line.offset:07x} {pairs}")
    return _with_end(rows, f"{len(data):07x}")


def _with_end(rows: list[str], end: str) -> str:
    once = [row for row, above in zip(rows, ["", *rows], strict=False) if row != "*" or above != "*"]
    return "\n".join([*once, end])


def wireshark(data: bytes) -> str:
    return "\n".join(f"{line.offset:04x}  {line.data.hex(' '):<47}   {printable(line.data)}" for line in lines(data))


def esp_idf(data: bytes) -> str:
    """As `ESP_LOG_BUFFER_HEXDUMP` logs it, with addresses of memory."""
    return "\n".join(
        f"I (321) han: {line.offset + 0x3FFB4280:#010x}   {line.data.hex(' '):<48}  |{printable(line.data)}|"
        for line in lines(data)
    )


# --- program text ----------------------------------------------------------------------------------------------------


def escaped(data: bytes) -> str:
    """As Wireshark copies it for C."""
    return " \\\n".join('"' + "".join(f"\\x{byte:02x}" for byte in line.data) + '"' for line in lines(data))


def c_string(data: bytes) -> str:
    """With printable characters as they are, as ESPHome logs it."""
    special = dict(zip(b"\"\\'\a\b\t\n\v\f\r", ('\\"', "\\\\", "\\'", *map("\\{}".format, "abtnvfr")), strict=True))
    parts = [special.get(byte) or (chr(byte) if 0x20 <= byte < 0x7F else f"\\x{byte:02X}") for byte in data]
    return f'[20:41:49][D][uart_debug:152]: <<< "{"".join(parts)}"'


def c_array(data: bytes) -> str:
    rows = [f"  {', '.join(f'0x{byte:02X}' for byte in line.data)},  /* {line.offset:3} */" for line in lines(data, 8)]
    return "\n".join([f"static const uint8_t frame[{len(data)}] = {{  // a push", *rows, "};", ""])


def octal_string(data: bytes) -> str:
    return '"' + "".join(f"\\{byte:03o}" for byte in data) + '"'


# --- text ------------------------------------------------------------------------------------------------------------


def log(data: bytes) -> str:
    """Wrapped over lines of a log, as Tasmota does."""
    return "\n".join(f"15:19:51.{line.offset % 1000:03} RX:>{line.data.hex(' ').upper()} " for line in lines(data))


def home_assistant(data: bytes) -> str:
    head = "2022-10-03 15:23:00.486 DEBUG (MainThread) [custom_components.han.meter]"
    return f"{head} Got {len(data)} bytes: {data.hex()} (checked)\n{head.replace('00.', '02.')} Sent nothing 12 times\n"


def esphome(data: bytes) -> str:
    return f"[20:41:49][D][uart_debug:114]: <<< {data.hex(':').upper()}\n[20:41:50][E][han:12]: 12 frames so far, bad 3"


def esphome_pretty(data: bytes) -> str:
    return f"[20:41:49][V][dlms_meter:529]: {data.hex('.').upper()} ({len(data)})"


def annotated(data: bytes) -> str:
    rows = [f"{line.data.hex(' ').upper():<24} : {line.offset} Field (0x7E)" for line in lines(data, 5)]
    return "\n".join(["My meter says", *rows])


ANY: Final[dict[str, Writer]] = {
    "hex": bytes.hex,
    "upper-case hex": lambda data: data.hex(" ").upper(),
    "hex with colons": lambda data: data.hex(":"),
    "hex with dashes": lambda data: data.hex("-"),
    "hex with commas": lambda data: data.hex(",").replace(",", ", "),
    "hex in groups": lambda data: data.hex(" ", -4),
    "hex in lines": lambda data: "\r\n".join(line.data.hex(" ") for line in lines(data)),
    "hex wrapped at an odd width": lambda data: "\n".join(textwrap.wrap(data.hex(), 63)),
    "hex in an e-mail": lambda data: "\n".join(f"> > {line.data.hex(' ')}" for line in lines(data)),
    "hex with comments": lambda data: "\n".join(f"{line.data.hex()}  # {line.offset} 0x7E" for line in lines(data)),
    "0x": lambda data: ", ".join(f"0x{byte:02X}" for byte in data),
    "0x without zeros": lambda data: " ".join(f"{byte:#x}" for byte in data),
    "h": lambda data: " ".join(f"{byte:02X}h" for byte in data),
    "\\x": lambda data: "".join(f"\\x{byte:02x}" for byte in data),
    "Wireshark, C escaped": escaped,
    "C array": c_array,
    "octal escapes": octal_string,
    "Java array": lambda data: "byte[] b = {" + ", ".join(f"(byte)0x{byte:02X}" for byte in data) + "};",
    "JSON": lambda data: json.dumps(list(data)),
    "JSON of hex": lambda data: json.dumps([f"{byte:02x}" for byte in data]),
    "Java signed": lambda data: str([byte - 256 if byte > 127 else byte for byte in data]),
    "Go": lambda data: f"[{' '.join(map(str, data))}]",
    "hexlify": lambda data: repr(data.hex().encode()),
    "xxd": xxd,
    "hexdump -C": hexdump,
    "hexdump": words,
    "od": od,
    "od -A d": lambda data: od(data, "07d"),
    "od -A x": lambda data: od(data, "06x"),
}
"""Writers that any bytes, but none at all, can be read back from."""

AMONG_TEXT: Final[dict[str, Writer]] = {
    "C string in a log": c_string,
    "log": log,
    "Home Assistant": home_assistant,
    "ESPHome": esphome,
    "ESPHome, with dots": esphome_pretty,
    "annotated": annotated,
    "base64": lambda data: base64.b64encode(data).decode(),
    "base64 in MIME": lambda data: base64.encodebytes(data).decode(),
    "base64 in JSON": lambda data: json.dumps({"id": 12, "payload": base64.b64encode(data).decode()}),
    "JSON with hex": lambda data: json.dumps({"id": 12, "payload": data.hex(), "rssi": -64}),
    "Node.js": lambda data: f"<Buffer {data.hex(' ')}>",
    "Wireshark": wireshark,
    "ESP-IDF": esp_idf,
    "repr": repr,
    "repr of bytearray": lambda data: repr(bytearray(data)),
    "repr in a log": lambda data: f"DEBUG:han:received {data!r} ({len(data)})",
    "decimal": lambda data: ", ".join(map(str, data)),
}
"""Writers whose text says too little of a few bytes; a frame in front is enough."""
