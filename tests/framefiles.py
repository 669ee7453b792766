"""Frame files -> what tests need: bytes and expectations; and checksums made bit by bit, apart from hanparse."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "frames"


@dataclass(frozen=True)
class FrameFile:
    """One file of tests/frames."""

    name: str
    data: bytes
    expect: dict[str, Any] | None
    expect_error: str | None
    known_by_wire: bool = False
    """Whether the payload alone does not say what its numbers mean."""

    @property
    def apdu(self) -> bytes:
        """What stands between the LLC header and the FCS; the headers of frame files have one destination byte."""
        start = self.data.index(b"\xe6\xe7\x00") + 3
        return self.data[start:-3]


def load(path: Path) -> FrameFile:
    """The frame file at `path`."""
    content = tomllib.loads(path.read_text("utf-8"))
    digits = "".join(line.partition("#")[0] for line in content["frame"].splitlines())
    name = path.relative_to(FOLDER).with_suffix("").as_posix()
    return FrameFile(
        name, bytes.fromhex(digits), content.get("expect"), content.get("expect_error"), "known_by_wire" in content
    )


ALL = [load(path) for path in sorted(FOLDER.rglob("*.toml"))]
SOUND = [file for file in ALL if file.expect is not None]
REFUSED = [file for file in ALL if file.expect_error is not None]


def named(name: str) -> FrameFile:
    """The frame file with this name, such as ``aidon/list1-no``."""
    return next(file for file in ALL if file.name == name)


def check_sequence(data: bytes) -> bytes:
    """CRC-16/X-25 by its definition: polynomial 1021 reflected, all ones before and after, low byte first."""
    register = 0xFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ 0x8408 if register & 1 else register >> 1
    return (register ^ 0xFFFF).to_bytes(2, "little")


def sealed(information: bytes, header: bytes = b"\x01\x02\x01\x10", segmentation: int = 0) -> bytes:
    """A frame around `information`, by IEC 62056-46; `header` is addresses and control as sent."""
    length = 2 + len(header) + 2 + len(information) + 2
    head = (0xA000 | segmentation << 11 | length).to_bytes(2, "big") + header
    head += check_sequence(head)
    return b"\x7e" + head + information + check_sequence(head + information) + b"\x7e"
