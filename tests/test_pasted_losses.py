from __future__ import annotations

from framefiles import named

from hanparse import HanParseError, HexDumpError, decode_all, pasted
from hanparse.pasted.losses import losses

PUSH = named("kaifa/list1-no").data.hex()


def log(*lines: str) -> str:
    return "\n".join(f"2024-03-01 12:00:0{at} {line}" for at, line in enumerate(lines))


def test_a_line_that_is_cut_inside_a_byte_is_a_loss_with_its_line_and_reason() -> None:
    [error] = losses(pasted.dump(log(PUSH, PUSH[:61], PUSH)))
    assert error.line == 2
    assert "passed over: expected two hex digits per byte, found an odd number, 61" in str(error)


def test_a_log_whose_lines_are_whole_or_prose_has_no_losses() -> None:
    assert not [*losses(pasted.dump(log(PUSH, "the meter was silent", PUSH)))]


def test_decode_all_calls_on_error_with_the_cut_line_of_a_log() -> None:
    errors: list[HanParseError] = []
    assert len(decode_all(log(PUSH, PUSH[:61], PUSH), on_error=errors.append)) == 2
    assert [(type(error), getattr(error, "line", None)) for error in errors] == [(HexDumpError, 2)]
