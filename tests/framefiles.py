"""Frame files -> what tests need: bytes and expectations; and checksums made bit by bit, apart from hanparse."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "frames"
TRANSPORTS = ("ciphered", "mbus", "gbt", "segments", "p1", "bare")
"""Folders of frames that come in another way than plain in one HDLC frame; tests ask for them by `folder`."""
_LINE_ENDS = {"lf": "\n", "cr": "\r", "crnul": "\r\0"}


@dataclass(frozen=True)
class FrameFile:
    """One file of tests/frames."""

    name: str
    data: bytes
    expect: dict[str, Any] | None
    """The fields of the only measurement; `None` where there are none, or several."""
    expect_error: str | None
    known_by_wire: bool = False
    """Whether the payload alone does not say what its numbers mean."""
    measurements: tuple[dict[str, Any], ...] = ()
    """The fields of every measurement, in order."""
    options: dict[str, str] = field(default_factory=dict)
    """`key`, `auth_key` and `system_title`, as given to `Decoder`."""
    verified: bool | None = None
    """Whether a tag was checked; `None` for pushes that are not ciphered."""
    cause: str | None = None
    """What the error makes clear, in a word."""
    plaintext: bytes | None = None
    """The APDU that is ciphered, where it is no push."""
    proposed: dict[str, Any] = field(default_factory=dict)
    """Values of fields that `Measurement` does not have."""

    @property
    def apdu(self) -> bytes:
        """What stands between the LLC header and the FCS; the headers of frame files have one destination byte."""
        start = self.data.index(b"\xe6\xe7\x00") + 3
        return self.data[start:-3]


@cache
def load(path: Path) -> FrameFile:
    """The frame file at `path`."""
    content = tomllib.loads(path.read_text("utf-8"))
    expect = content.get("expect")
    return FrameFile(
        name=path.relative_to(FOLDER).with_suffix("").as_posix(),
        data=_data(content),
        expect=expect if isinstance(expect, dict) else None,
        expect_error=content.get("expect_error"),
        known_by_wire="known_by_wire" in content,
        measurements=tuple(expect) if isinstance(expect, list) else (expect,) if expect else (),
        options={name: content[name] for name in ("key", "auth_key", "system_title") if name in content},
        verified=content.get("verified"),
        cause=content.get("cause"),
        plaintext=bytes.fromhex(content["plaintext"]) if "plaintext" in content else None,
        proposed=content.get("proposed", {}),
    )


def _data(content: dict[str, Any]) -> bytes:
    """The bytes on the wire: of a text with its line ends, or of hex digits."""
    if "text" in content:
        end = _LINE_ENDS.get(content.get("eol", ""), "\r\n")
        return str(content["text"]).replace("\n", end).encode("ascii")
    return bytes.fromhex("".join(line.partition("#")[0] for line in content["frame"].splitlines()))


def folder(name: str) -> list[FrameFile]:
    """Every frame file in a folder of tests/frames."""
    return [load(path) for path in sorted((FOLDER / name).rglob("*.toml"))]


ALL = [file for each in sorted(FOLDER.iterdir()) if each.name not in TRANSPORTS for file in folder(each.name)]
SOUND = [file for file in ALL if file.expect is not None]
REFUSED = [file for file in ALL if file.expect_error is not None]


def named(name: str) -> FrameFile:
    """The frame file with this name, such as ``aidon/list1-no``."""
    return load(FOLDER / f"{name}.toml")


def check_sequence(data: bytes) -> bytes:
    """CRC-16/X-25 by its definition: polynomial 1021 reflected, all ones before and after, low byte first."""
    return (reflected_crc(data, 0x8408, 0xFFFF) ^ 0xFFFF).to_bytes(2, "little")


def reflected_crc(data: bytes, polynomial: int, register: int) -> int:
    """The register of a CRC of 16 bits that takes the lowest bit of each byte first, after `data`."""
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ polynomial if register & 1 else register >> 1
    return register


def sealed(information: bytes, header: bytes = b"\x01\x02\x01\x10", segmentation: int = 0) -> bytes:
    """A frame around `information`, by IEC 62056-46; `header` is addresses and control as sent."""
    length = 2 + len(header) + 2 + len(information) + 2
    head = (0xA000 | segmentation << 11 | length).to_bytes(2, "big") + header
    head += check_sequence(head)
    return b"\x7e" + head + information + check_sequence(head + information) + b"\x7e"
