from __future__ import annotations

from base64 import urlsafe_b64encode

import pytest
from framefiles import named, sealed
from hypothesis import given, settings
from hypothesis import strategies as st
from sweeps import cases
from telegrams import swedish
from texts import NOTATIONS, ONLY_FRAMES

from hanparse import DecodeError, FrameError, HanParseError, HexDumpError, decode, decode_all, pasted
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


def test_the_error_of_a_text_without_a_sound_frame_names_the_place_of_its_last_byte() -> None:
    with pytest.raises(FrameError, match=r"\(line 2, column 79\): .* 11 are missing") as caught:
        decode_all(log("connected", PUSH[:60]))
    assert caught.value.place == (2, 79)


def test_an_error_in_the_content_of_a_frame_has_the_place_of_the_wrong_byte() -> None:
    content = b"\xe6\xe7\x00" + named("kaifa/list2-ma304h3e-it-b").apdu
    at = content.index(b"\x06", 60)  # the tag of a value
    pushes = [sealed(content[:at] + bytes([tag]) + content[at + 1 :]) for tag in (0xEE, 0x11)]
    wrong = pushes[0].index(b"\xee")
    places = []
    for notation in sorted(NOTATIONS.keys() - ONLY_FRAMES):
        texts = [f"My meter sends this:\n{NOTATIONS[notation](push)}\nWhy?\n" for push in pushes]
        differs = next(at for at, pair in enumerate(zip(*texts, strict=False)) if pair[0] != pair[1])
        line, column = texts[0].count("\n", 0, differs) + 1, differs - texts[0].rfind("\n", 0, differs)
        with pytest.raises(DecodeError) as caught:
            decode_all(texts[0])
        assert caught.value.offset == wrong
        assert caught.value.place
        places.append((line - caught.value.place[0], abs(caught.value.place[1] - column) <= len("hex")))
    lines = [distance for distance, _ in places]
    assert min(lines) == 0
    assert lines.count(0) > 0.9 * len(places)
    assert places.count((0, True)) > 0.6 * len(places)


def test_decode_all_calls_on_error_with_the_cut_line_of_a_log() -> None:
    errors: list[HanParseError] = []
    assert len(decode_all(log(PUSH, PUSH[:61], PUSH), on_error=errors.append)) == 2
    assert [(type(error), getattr(error, "line", None)) for error in errors] == [(HexDumpError, 2)]


def said(text: str) -> tuple[list[float | None], list[HanParseError]]:
    """Return the power of each push that is read, and the errors."""
    errors: list[HanParseError] = []
    return [found.active_power_import for found in decode_all(text, on_error=errors.append)], errors


@settings(max_examples=cases(30))
@given(
    st.lists(st.sampled_from(sorted(set(NOTATIONS) - ONLY_FRAMES)), min_size=2, max_size=2),
    st.booleans(),
    st.integers(14, 118),
    st.sampled_from(["\n", "\n\n", "\nand:\n"]),
)
def test_a_damaged_frame_beside_a_sound_one_is_an_error_in_any_two_notations(
    names: list[str],
    is_first: bool,
    at: int,
    between: str,
) -> None:
    sound, damaged = named("aidon/list2-6515-1phase"), bytearray.fromhex(OTHER)
    damaged[at] ^= 1
    parts = [NOTATIONS[names[0]](sound.data), NOTATIONS[names[1]](bytes(damaged))]
    powers, errors = said(between.join(reversed(parts) if is_first else parts))
    assert powers == [1362]
    assert errors


@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.parametrize("front", ["", "[09:12:26] RX: "])
def test_a_damaged_telegram_beside_a_sound_one_is_an_error_with_its_line(
    front: str,
    is_first: bool,
) -> None:
    lines = swedish().decode().split("\r\n")[:-1]
    damaged = [line.replace("0002.301", "0002.311") for line in lines]
    assert damaged != lines
    both = [damaged, lines] if is_first else [lines, damaged]
    powers, [error] = said("\n".join(front + line for part in both for line in part))
    assert len(powers) == 1
    assert isinstance(error, HexDumpError)
    assert error.line == (1 if is_first else len(lines) + 1)
    assert "CRC" in str(error)


def test_a_damaged_telegram_beside_a_sound_frame_is_an_error() -> None:
    lines = swedish().decode().split("\r\n")
    for sent in (lines[:-2], [line.replace("0002.301", "0002.311") for line in lines]):
        powers, [error] = said("\n".join([*sent, "", PUSH]))
        assert powers == [5852]
        assert str(error).startswith("line 1, column 1: ")


def test_an_apdu_beside_a_frame_of_another_push_is_an_error() -> None:
    apdu = named("kaifa/list2-ma304h3e-it-b").apdu
    for text in (f"{PUSH}\n{apdu.hex()}", f"a\n{apdu.hex(' ')}\nb\n{PUSH}"):
        powers, [error] = said(text)
        assert powers == [5852]
        assert f"{len(apdu)} bytes are in no sound frame" in str(error)


@pytest.mark.parametrize("written", [r"\xG6", r"\x1"])
def test_a_mistyped_escape_in_a_second_apdu_is_an_error(written: str) -> None:
    first, second = named("aidon/list1-no").apdu, named("kaifa/list1-no").apdu
    damaged = repr(second).replace(r"\xff", written)
    powers, errors = said(f"got {first!r}\ngot {damaged}")
    assert len(powers) == 1
    assert "line 2" in str(errors[0])


def test_a_mistyped_byte_in_a_second_apdu_with_one_byte_a_line_is_an_error() -> None:
    first, second = ([f"RX 0x{byte:02X}" for byte in named(name).apdu] for name in ("aidon/list1-no", "kaifa/list1-no"))
    second[20] = "RX 0xl6"
    powers, errors = said("\n".join(["First:", *first, "Second:", *second]))
    assert len(powers) == 1
    assert f"line {len(first) + 3}" in str(errors[0])


def test_masked_bytes_beside_a_sound_frame_are_an_error_that_names_them() -> None:
    masked = bytes.fromhex(OTHER).hex(" ")
    powers, errors = said(f"{masked[:132]}?? ?? ??{masked[140:]}\n{PUSH}")
    assert powers == [5852]
    assert any("3 bytes are masked" in str(error) for error in errors)


def test_a_short_apdu_in_base64_for_urls_below_another_apdu_is_not_lost() -> None:
    first, short = named("aidon/list2-6515-1phase").apdu, named("aidon/list1-no").apdu
    assert len(urlsafe_b64encode(short).rstrip(b"=")) < 40
    text = f"<pre>{first.hex(' ')}</pre>\n\nand the next one:\n\n{urlsafe_b64encode(short).decode().rstrip('=')}\n"
    expected = [decode(apdu).active_power_import for apdu in (first, short)]
    assert [measurement.active_power_import for measurement in decode_all(text)] == expected


@pytest.mark.parametrize(
    "other",
    [
        f"RX{PUSH}",  # a sound frame glued to its label is no word of hex digits
        f"RX_{PUSH}",
        f"{PUSH[:10]}XXXXXXXX{PUSH[18:]}",
        f"{'30' * 6}1{PUSH[-41:]}",  # the first letter is behind the twelfth digit
        "126\t160\t39\t1\t2\t1\t16\t90\t13?\t230\t231\t0\t15\t64\t0\t0\t0\t9\t12\t7\t227\t2\t4\t1\t23\t52\t22\t255",
    ],
)
@pytest.mark.parametrize("is_first", [True, False])
def test_a_line_that_cannot_be_read_is_named_beside_a_sound_frame(other: str, is_first: bool) -> None:
    lines = [f"RX:{PUSH}", f"RX:{other}"]
    powers, errors = said("\n".join(lines[:: -1 if is_first else 1]))
    assert len(powers) == 1
    assert {getattr(error, "line", 0) for error in errors} == {1 if is_first else 2}


@pytest.mark.parametrize(("damaged", "column"), [(f"7e30{PUSH[4:]}", 4), (f"7e40{PUSH[4:]}", 4), (f"{OTHER[40:]}", 4)])
def test_bytes_in_no_frame_are_named_on_the_line_of_a_sound_one(damaged: str, column: int) -> None:
    powers, errors = said(f"RX {bytes.fromhex(damaged + PUSH).hex(' ')}\nRX {PUSH}")
    assert len(powers) == 2
    [error] = errors
    assert isinstance(error, HexDumpError)
    assert (error.line, error.column) == (1, column)
    assert f"{len(damaged) // 2} bytes are in no sound frame" in str(error)
