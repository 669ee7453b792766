from __future__ import annotations

import copy
import pickle

import pytest

from hanparse import errors

EXAMPLES = [
    errors.HexDumpError("no hex", line=3, column=7),
    errors.FrameError("no frame", offset=5),
    errors.ChecksumError("wrong", offset=5, field="HCS", expected=1, found=2),
    errors.DecodeError("no value", offset=9),
    errors.CipherError("no key", offset=9, cause="no key", system_title=b"KAM45678", invocation_counter=7),
    errors.UnknownMeterError("nobody", report="| a |"),
]


def test_the_tree_is_the_one_that_is_drawn() -> None:
    assert errors.HanParseError.__mro__[1] is ValueError
    parents = {errors.ChecksumError: errors.FrameError, errors.CipherError: errors.DecodeError}
    for error in EXAMPLES:
        assert type(error).__bases__ == (parents.get(type(error), errors.HanParseError),)
        assert type(error).__name__ in (errors.__doc__ or "")


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: type(error).__name__)
def test_errors_survive_copying_and_pickling(error: errors.HanParseError) -> None:
    for twin in (copy.copy(error), pickle.loads(pickle.dumps(error))):
        assert type(twin) is type(error)
        assert vars(twin) == vars(error)
        assert str(twin) == str(error)


def test_the_place_stands_in_front_of_the_message() -> None:
    assert str(errors.FrameError("no frame", offset=5)) == "byte 5: no frame"
    assert str(errors.DecodeError("no value", offset=9)) == "byte 9: no value"
    assert errors.DecodeError("no value", offset=9).reason == "no value"
