"""What a decoder has seen is said in a few lines, and an error is kept where it says more than the findings."""

from __future__ import annotations

from framefiles import SOUND, folder, named
from telegrams import swedish

from hanparse import Decoder, FrameError
from hanparse.cli.verdict import findings


def fed(data: bytes) -> Decoder:
    decoder = Decoder()
    decoder.feed(data)
    decoder.flush()
    return decoder


def test_of_a_sound_wire_nothing_is_wrong() -> None:
    for file in SOUND:
        (finding,) = findings(fed(file.data * 3))
        assert finding == "no fault was found that needs an action"


def test_a_finding_is_what_was_seen_what_it_means_and_what_to_do() -> None:
    (finding,) = findings(fed(named("refused/ciphered-glo").data))
    seen, means, action = finding.splitlines()
    assert seen.startswith("1 push of KAM4500000017 is ciphered")
    assert (means, action[:9]) == ("  the connection is good", "  ask the")


def test_an_error_of_a_push_stands_in_front_of_a_finding_that_points_at_it() -> None:
    (push,) = (file for file in folder("refused") if file.name == "refused/unknown-list")
    error, finding = findings(fed(push.data))
    assert "no profile" in error or "expected" in error
    assert finding.startswith("1 push in 1 sound frame contains a list that no profile reads")


def test_a_damaged_frame_gives_its_check_sequence_alone_and_half_a_frame_too_few_bytes() -> None:
    whole = {"FCS": named("refused/wrong-fcs").data, "CRC": swedish()[:-6] + b"0000\r\n"}
    for check, data in whole.items():
        (finding,) = findings(fed(data))
        assert check in finding
    error, advice = findings(fed(whole["FCS"][:40]))
    assert "83 are missing" in error
    assert "too few bytes" in advice


def test_where_too_few_bytes_came_the_best_error_is_given() -> None:
    assert "too few bytes" in findings(fed(b"\x00" * 10))[-1]
    why = FrameError("expected an APDU")
    assert findings(fed(b"\x00" * 10), why)[0] == str(why)
