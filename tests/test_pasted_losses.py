from __future__ import annotations

import pytest
from framefiles import named

from hanparse import FrameError, HanParseError, HexDumpError, decode_all, pasted
from hanparse.pasted.losses import losses

PUSH = named("kaifa/list1-no").data.hex()
OTHER = named("kaifa/list2-ma304h3e-it-b").data.hex()


def log(*lines: str) -> str:
    return "\n".join(f"2024-03-01 12:00:0{at} {line}" for at, line in enumerate(lines))


def test_a_line_that_is_cut_inside_a_byte_is_a_loss_with_its_line_and_reason() -> None:
    [error] = losses(pasted.dump(log(PUSH, PUSH[:61], PUSH)))
    assert error.line == 2
    assert "passed over: expected two hex digits per byte, found an odd number, 61" in str(error)


def test_a_log_whose_lines_are_whole_or_prose_has_no_losses() -> None:
    assert not [*losses(pasted.dump(log(PUSH, "the meter was silent", PUSH)))]


def test_a_line_that_is_cut_behind_a_byte_is_a_loss_with_its_line_and_the_reason() -> None:
    errors: list[HanParseError] = []
    assert len(decode_all(log(PUSH, OTHER[:60], PUSH), on_error=errors.append)) == 2
    assert list(map(str, errors)) == ["line 2, column 21: the frame ends after 30 of 123 bytes, 93 are missing"]


def test_the_error_of_a_text_without_a_sound_frame_names_the_line_of_the_frame() -> None:
    with pytest.raises(FrameError, match=r"11 are missing \(line 2, column 21 of the text\)"):
        decode_all(log("connected", PUSH[:60]))


def test_decode_all_calls_on_error_with_the_cut_line_of_a_log() -> None:
    errors: list[HanParseError] = []
    assert len(decode_all(log(PUSH, PUSH[:61], PUSH), on_error=errors.append)) == 2
    assert [(type(error), getattr(error, "line", None)) for error in errors] == [(HexDumpError, 2)]
