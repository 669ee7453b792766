"""What explain and report make of every carrier: M-Bus, blocks, segments, P1, ciphered pushes, sound and damaged."""

from __future__ import annotations

import pytest
from framefiles import TRANSPORTS, folder
from telegrams import sealed, swedish

from hanparse import decode_all, explain
from hanparse.support.anonymise import anonymise

FILES = [file for name in TRANSPORTS for file in folder(name)]
P1 = [file for file in folder("p1") if file.measurements and "key" not in file.options and file.data.isascii()]

every = pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)


def test_every_byte_is_in_one_leaf_of_the_explanation() -> None:
    for file in FILES:
        explanation = explain(file.data)
        assert b"".join(leaf.raw for leaf in explanation.leaves) == file.data
        assert str(explanation)


def test_every_byte_of_a_damaged_input_is_in_one_leaf_too() -> None:
    for file in FILES:
        for place in (3, len(file.data) // 2, len(file.data) - 2):
            damaged = file.data[:place] + bytes([file.data[place] ^ 0x55]) + file.data[place + 1 :]
            for data in (damaged, file.data[:place]):
                assert b"".join(leaf.raw for leaf in explain(data).leaves) == data


def test_a_report_keeps_the_length_of_what_it_anonymises() -> None:
    for file in FILES:
        assert len(anonymise(file.data)) == len(file.data)


def test_the_lines_of_a_telegram_are_named_and_its_text_decodes_when_pasted() -> None:
    for file in P1:
        labels = [leaf.label for leaf in explain(file.data).leaves if leaf.layer == "p1"]
        assert labels[0] == "identification"
        assert labels[-1] == "end"
        assert len(decode_all(file.data.decode("ascii"))) == len(file.measurements)


def explained(data: bytes) -> list[tuple[str, bytes, str]]:
    """Return label, bytes and error of every leaf that has an error, after a check that the leaves hold every byte."""
    leaves = list(explain(data).leaves)
    assert b"".join(leaf.raw for leaf in leaves) == data
    return [(leaf.label, leaf.raw, leaf.error) for leaf in leaves if leaf.error]


def test_a_line_of_a_telegram_that_cannot_be_read_is_named() -> None:
    data = sealed("/KAM5\n\n1-0:1.7.0(1*kW)\n1-0:4:24.7.0(0000.208*kVAr)\n")
    assert [(label, raw) for label, raw, _ in explained(data)] == [("lost line", b"1-0:4:24.7.0(0000.208*kVAr)\r\n")]
    assert "1 line cannot be read" in str(explain(data))


CUT = swedish()[:70]


@pytest.mark.parametrize(
    ("data", "label", "error"),
    [
        (swedish().replace(b"2.301", b"2.302"), "end", "CRC 321B does not fit its 114 bytes, expected 305B"),
        (CUT, "missing", "the P1 telegram is incomplete: it ends after 70 bytes"),
        (CUT + b"\r\n" + swedish(), "missing", "expected the end line (!) of a telegram, found the header of the next"),
        (CUT + swedish(), "missing", "the P1 telegram is incomplete: it ends after 70 bytes"),
        (CUT + b"\xff" + swedish(), "missing", "expected text, found FF"),
    ],
)
def test_a_damaged_telegram_is_explained_up_to_its_damage(data: bytes, label: str, error: str) -> None:
    found = [text for name, _, text in explained(data) if name == label]
    assert [text[: len(error)] for text in found] == [error]
    assert "1-0:1.8.0(00010501.076*kWh)" in [leaf.raw.decode("latin-1").strip() for leaf in explain(data).leaves]
    assert str(explain(data)).count("the CRC fits") == data.count(swedish())
