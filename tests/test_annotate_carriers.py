"""What explain and report make of every carrier: M-Bus, blocks, segments, P1, ciphered pushes, sound and damaged."""

from __future__ import annotations

import pytest
from framefiles import TRANSPORTS, FrameFile, folder

from hanparse import decode_all, explain
from hanparse.support.anonymise import anonymise

FILES = [file for name in TRANSPORTS for file in folder(name)]
P1 = [file for file in folder("p1") if file.measurements and "key" not in file.options and file.data.isascii()]

every = pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)


@every
def test_every_byte_is_in_one_leaf_of_the_explanation(file: FrameFile) -> None:
    explanation = explain(file.data)
    assert b"".join(leaf.raw for leaf in explanation.leaves) == file.data
    assert str(explanation)


@every
def test_every_byte_of_a_damaged_input_is_in_one_leaf_too(file: FrameFile) -> None:
    for place in (3, len(file.data) // 2, len(file.data) - 2):
        damaged = file.data[:place] + bytes([file.data[place] ^ 0x55]) + file.data[place + 1 :]
        for data in (damaged, file.data[:place]):
            assert b"".join(leaf.raw for leaf in explain(data).leaves) == data


@every
def test_a_report_keeps_the_length_of_what_it_anonymises(file: FrameFile) -> None:
    assert len(anonymise(file.data)) == len(file.data)


@pytest.mark.parametrize("file", P1, ids=lambda file: file.name)
def test_the_lines_of_a_telegram_are_named_and_its_text_decodes_when_pasted(file: FrameFile) -> None:
    labels = [leaf.label for leaf in explain(file.data).leaves if leaf.layer == "p1"]
    assert labels[0] == "identification"
    assert labels[-1] == "end"
    assert len(decode_all(file.data.decode("ascii"))) == len(file.measurements)
