"""Texts that people paste, made from frames with known truth: frames x notations x surroundings x damage.

``python tests/texts.py 20000 [seed]`` prints how many were read right, were named errors, or were wrong in silence.
"""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

import dumpstyles
import framefiles
from framefiles import named
from wire import seeded

from hanparse import HanParseError, HexDumpError, decode_all

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

FRAMES: Final = [
    file.name
    for file in framefiles.ALL
    if file.expect
    and not file.options
    and not file.known_by_wire
    and file.name.split("/")[0] not in framefiles.TRANSPORTS
    and file.data[:1] == b"~"
]


class Text(NamedTuple):
    """A text, the names of the frames in it, and how it was made."""

    text: str
    frames: tuple[str, ...]
    made: str


def rows(words: list[str], width: int, join: str = " ") -> str:
    """The words in lines of `width`."""
    return "\n".join(join.join(words[at : at + width]) for at in range(0, len(words), width))


NOTATIONS: Final[dict[str, Callable[[bytes], str]]] = {
    "pairs": lambda data: data.hex(" "),
    "pairs in lines": lambda data: rows(data.hex(" ").split(), 16),
    "one word": lambda data: data.hex().upper(),
    "groups": lambda data: rows(data.hex(" ", 2).split(), 8),
    "groups with gaps": lambda data: rows(data.hex(" ", 4).split(), 4, "     "),
    "colons and blanks": lambda data: rows(data.hex(":", 4).replace(":", " ").split(), 5, ": "),
    "decimal commas": lambda data: ", ".join(map(str, data)),
    "decimal lines": lambda data: rows([*map(str, data)], 12),
    "decimal a line": lambda data: rows([*map(str, data)], 1),
    "no leading zeros": lambda data: " ".join(f"{byte:X}" for byte in data),
    "braces": lambda data: "".join(f"{{{byte:02X}}}" for byte in data),
    "0x a line": lambda data: rows([f"0x{byte:02X}" for byte in data], 1),
    "log": lambda data: "\n".join(f"[D][uart:012] RX 0x{byte:02X}" for byte in data),
    "analyser": lambda data: "\n".join(f"{at * 0.00458:.9f},0x{byte:02X},," for at, byte in enumerate(data)),
    "arrows": lambda data: "\n".join(f"{line.data.hex(' ')} <-- a field" for line in dumpstyles.lines(data, 7)),
    "labels": lambda data: "\n".join(
        f"Field {line.offset}x:     {line.data.hex(' ')}" for line in dumpstyles.lines(data, 9)
    ),
    "labels above": lambda data: "\n".join(f"The field:\n{line.data.hex(' ')}" for line in dumpstyles.lines(data, 9)),
    "no flags": lambda data: data[1:-1].hex().upper(),
    "gateway": lambda data: f"RX: FRAME,53,{len(data)},{data.hex().upper()}",
    "json": lambda data: '{"payload": "' + "".join(f"\\u{byte:04x}" for byte in data) + '"}',
    "xxd": dumpstyles.xxd,
    "hexdump -C": dumpstyles.hexdump,
}
SURROUNDINGS: Final[dict[str, tuple[str, str]]] = {
    "alone": ("", ""),
    "a sentence above": ("My meter sends this:\n", ""),
    "sentences": ("Hello,\n\nsince 3 days I get this from the HAN port:\n\n", "\n\nwhat does it mean?\n"),
    "a log": ("[12:01:02][I] connected to 10.0.0.7\n", "\n[12:01:05][I] Power 1.1 kW\n"),
    "a label": ("Serial monitor:\n", ""),
}
DAMAGE: Final = ("none", "none", "none", "cut", "typed over", "masked")


def make(rng: Random) -> Text:
    """One text."""
    first = rng.choice(FRAMES)
    makers = [name for name in FRAMES if name.startswith(first.partition("/")[0])]  # a port has one meter
    frames = (first, *(rng.choice(makers) for _ in range(rng.choice((0, 0, 0, 1)))))
    notation, surrounding = rng.choice([*NOTATIONS]), rng.choice([*SURROUNDINGS])
    notations = [notation if rng.random() < 0.7 else rng.choice([*NOTATIONS]) for _ in frames[1:]] + [notation]
    dumps = [NOTATIONS[name](named(frame).data) for name, frame in zip(notations, frames, strict=True)]
    damage = rng.choice(DAMAGE)
    if damage != "none":
        dumps[-1] = damaged(rng, notation, named(frames[-1]).data, damage)
        frames = frames[:-1]
    before, behind = SURROUNDINGS[surrounding]
    between = "\n\nand the next one:\n\n" if before else "\n"
    return Text(before + between.join(dumps) + behind, frames, f"{' and '.join(notations)}, {surrounding}, {damage}")


def damaged(rng: Random, notation: str, data: bytes, damage: str) -> str:
    """A dump in which one byte cannot be told any more: where the dump of other bytes begins to differ."""
    index = rng.randrange(len(data) // 2, len(data) - 3)
    dump = NOTATIONS[notation](data)
    other = NOTATIONS[notation](data[:index] + bytes([data[index] ^ 0x11]) + data[index + 1 :])
    at = next(at for at, (one, two) in enumerate(zip(dump, other, strict=False)) if one != two)
    if damage == "cut":
        return dump[:at]
    return dump[:at] + {"typed over": "g", "masked": "XX"}[damage] + dump[at + (2 if damage == "masked" else 1) :]


def verdict(made: Text) -> str:
    """``right``, ``named error``, or ``wrong``: a push too many or too few, and nobody said so."""
    truth = [named(frame).expect or {} for frame in made.frames]
    try:
        found = [measurement.to_dict() for measurement in decode_all(made.text)]
    except HanParseError as error:
        if truth:
            return "named error" if isinstance(error, HexDumpError) else "wrong"
        return "right"
    if len(found) != len(truth):
        return "wrong"
    is_right = all(one.get(name) == fields[name] for one, fields in zip(found, truth, strict=True) for name in fields)
    return "right" if is_right else "wrong"


def main(count: int, seed: int) -> None:
    """Print the counts, and what was not right."""
    rng = seeded(seed)
    counts: Counter[str] = Counter()
    made_of: Counter[str] = Counter()
    for _ in range(count):
        made = make(rng)
        answer = verdict(made)
        counts[answer] += 1
        if answer != "right":
            made_of[f"{answer}: {len(made.frames)} of {made.made}"] += 1
    print(dict(counts))  # noqa: T201
    for what, number in made_of.most_common(60):
        print(number, what)  # noqa: T201


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1)
